//! `BLMOVE source destination LEFT | RIGHT LEFT | RIGHT timeout`

use crate::command::{Call, Error, timeout};
use crate::list::moving::Ends;
use crate::list::waiting;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let ends = Ends::named(call.args[3], call.args[4])?;
    let at_most = timeout(call.args[5], call.keys.now())?;
    waiting::move_or_wait(call, ends, at_most)
}
