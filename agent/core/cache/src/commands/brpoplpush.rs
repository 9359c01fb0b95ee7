//! `BRPOPLPUSH source destination timeout`

use crate::command::{Call, Error, timeout};
use crate::list::moving::Ends;
use crate::list::waiting;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let at_most = timeout(call.args[3], call.keys.now())?;
    waiting::move_or_wait(call, Ends::AROUND, at_most)
}
