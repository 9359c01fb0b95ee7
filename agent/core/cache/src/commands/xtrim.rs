//! `XTRIM key MAXLEN | MINID [= | ~] threshold [LIMIT count]`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::stream::{Stream, StreamChange, TrimOptions};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, words @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let limits = &call.keys.partition(key).limits;
    let trim = TrimOptions::parse(words, limits.stream_node_entries)?;
    let count = call.keys.view::<Stream>(key)?;
    let count = count.map_or(0, |stream| trim.count(stream));
    if count > 0 {
        call.keys.edit::<Stream, _>(key, |stream| {
            stream.apply(&StreamChange::Trim { count });
            stream.notify(Class::STREAM, "xtrim");
        })?;
    }
    call.reply.integer(count.cast_signed());
    Ok(())
}
