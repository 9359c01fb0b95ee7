//! `XACK key group id [id ...]`

use std::borrow::Cow;

use crate::command::{Call, Error};
use crate::stream::{GroupChange, Id, Stream, StreamChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, name, ids @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    call.keys.set_reads(true);
    let stream = call.keys.view::<Stream>(key)?;
    let Some(group) = stream.and_then(|stream| stream.group(name)) else {
        call.reply.integer(0);
        return Ok(());
    };
    let ids: Result<Vec<_>, _> = ids.iter().map(|id| Id::parse(id, 0)).collect();
    let mut ids = ids?;
    ids.retain(|id| group.pending(*id).is_some());
    ids.sort_unstable();
    ids.dedup();
    if !ids.is_empty() {
        call.keys.edit::<Stream, _>(key, |stream| {
            let ids = Cow::Borrowed(ids.as_slice());
            let change = GroupChange::Acknowledge { ids };
            stream.apply_untold(&StreamChange::of(name, change));
        })?;
    }
    call.reply.count(ids.len());
    Ok(())
}
