//! `XGROUP SETID key group id | $ [ENTRIESREAD count]`

use super::{Options, group, stream};
use crate::command::{Call, Error};
use crate::notice::Class;
use crate::stream::{GroupChange, Id, Stream, StreamChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, _, key, name, last, ..] = call.args else {
        unreachable!("its arity says so");
    };
    let read = Options::parse(call.args, false)?.read;
    group(call)?;
    if call.args.len() > 7 {
        return Err(Error::subcommand_syntax(call.args));
    }
    let last = match *last {
        b"$" => stream(call)?.last(),
        id => Id::parse_bound(id, 0)?,
    };
    call.keys.edit::<Stream, _>(key, |stream| {
        stream.apply_untold(&StreamChange::of(name, GroupChange::Set { last, read }));
        stream.notify(Class::STREAM, "xgroup-setid");
    })?;
    call.reply.ok();
    Ok(())
}
