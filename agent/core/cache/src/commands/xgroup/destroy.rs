//! `XGROUP DESTROY key group`

use super::stream;
use crate::command::{Call, Error};
use crate::notice::Class;
use crate::stream::{GroupChange, Stream, StreamChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, _, key, name] = call.args else {
        unreachable!("its arity says so");
    };
    let is_there = stream(call)?.group(name).is_some();
    if is_there {
        call.keys.edit::<Stream, _>(key, |stream| {
            // Those who wait for entries of the group are told that there is none any more.
            stream.apply(&StreamChange::of(name, GroupChange::Remove));
            stream.notify(Class::STREAM, "xgroup-destroy");
        })?;
    }
    call.reply.integer(is_there.into());
    Ok(())
}
