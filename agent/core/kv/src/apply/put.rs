//! `Put`: writes one key.

use synod_machine::Stamp;

use crate::command::Put;
use crate::error::Error;
use crate::fence::Fences;
use crate::mutation::mutated;
use crate::response::{PutResponse, Reply};
use crate::store::Store;
use crate::version::{KeyValue, VERSION_OVERHEAD_BYTES};
use crate::write::Write;

impl Put {
    /// What the put adds to the state's size (a value that is kept counts when it is written).
    pub(super) fn growth(&self) -> u64 {
        (self.key.len() + self.value.len()) as u64 + VERSION_OVERHEAD_BYTES
    }
}

impl Store {
    pub(super) fn put(&mut self, stamp: &Stamp, put: &Put) -> Result<Reply, Error> {
        self.room(put.growth())?;
        if put.lease != 0 && self.state.lease(put.lease).is_none() {
            return Err(Error::LeaseNotFound);
        }
        Fences::at(stamp).admit(&self.state, put)?;
        let mut write = Write::new(self);
        let response = put_within(&mut write, put)?;
        write.finish();
        Ok(Reply::Put(response))
    }
}

/// Puts as part of a command.
pub(super) fn put_within(write: &mut Write<'_>, put: &Put) -> Result<PutResponse, Error> {
    let before = write.put(put)?;
    let prev_kv = before.filter(|_| put.prev_kv).map(KeyValue::new);
    let prev_kv = if mutated("kv.prev_kv.wrong") && prev_kv.is_some() {
        write
            .store
            .state
            .keys
            .get(&put.key)
            .map(|history| KeyValue::new(history.latest().clone()))
    } else {
        prev_kv
    };
    Ok(PutResponse {
        prev_kv,
        revision: write.header(),
    })
}
