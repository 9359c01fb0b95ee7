//! `XDEL key id [id ...]`

use std::borrow::Cow;

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::stream::{Id, Stream, StreamChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, ids @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let Some(stream) = call.keys.view::<Stream>(key)? else {
        call.reply.integer(0);
        return Ok(());
    };
    let ids: Result<Vec<_>, _> = ids.iter().map(|id| Id::parse(id, 0)).collect();
    let mut ids = ids?;
    ids.retain(|id| stream.entries().get(*id).is_some());
    ids.sort_unstable();
    ids.dedup();
    if !ids.is_empty() {
        call.keys.edit::<Stream, _>(key, |stream| {
            let ids = Cow::Borrowed(ids.as_slice());
            stream.apply(&StreamChange::Remove { ids });
            stream.notify(Class::STREAM, "xdel");
        })?;
    }
    call.reply.count(ids.len());
    Ok(())
}
