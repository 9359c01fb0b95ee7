//! `XGROUP CREATE key group id | $ [MKSTREAM] [ENTRIESREAD count]`

use super::{Options, stream};
use crate::command::{Call, Error};
use crate::notice::Class;
use crate::stream::{Contents, GroupChange, Id, Stream, StreamChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let args = call.args;
    let [_, _, key, group, last, ..] = args else {
        unreachable!("its arity says so");
    };
    let options = Options::parse(args, true)?;
    let found = if options.is_made {
        call.keys.view::<Stream>(key)?
    } else {
        Some(stream(call)?)
    };
    if args.len() > 8 {
        return Err(Error::subcommand_syntax(args));
    }
    let last = match *last {
        b"$" => found.map_or(Id::MIN, Contents::last),
        id => Id::parse(id, 0)?,
    };
    if found.is_some_and(|stream| stream.group(group).is_some()) {
        return Err(Error::text("BUSYGROUP Consumer Group name already exists"));
    }
    let read = options.read;
    call.keys.edit::<Stream, _>(key, |stream| {
        if stream.now().contents().is_none() {
            stream.apply(&StreamChange::Make);
        }
        stream.apply_untold(&StreamChange::of(group, GroupChange::Set { last, read }));
        stream.notify(Class::STREAM, "xgroup-create");
    })?;
    call.reply.ok();
    Ok(())
}
