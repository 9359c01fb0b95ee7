//! `multi`: all operations or none, each seeing what those before it did.

use crate::command::{Asker, Op};
use crate::response::{Done, MultiFailure};
use crate::work::Work;

impl Work<'_> {
    pub(super) fn multi(&mut self, by: &Asker, ops: &[Op]) -> Result<Vec<Done>, MultiFailure> {
        self.begin();
        let mut done = Vec::with_capacity(ops.len());
        for (index, op) in ops.iter().enumerate() {
            match self.apply(by, op) {
                Ok(one) => done.push(one),
                Err(error) => {
                    self.roll_back();
                    return Err(MultiFailure { index, error });
                }
            }
        }
        Ok(done)
    }
}
