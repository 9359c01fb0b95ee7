//! `XADD key [NOMKSTREAM] [MAXLEN | MINID [= | ~] threshold [LIMIT count]] * | id field value [field value ...]`

use std::borrow::Cow;

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::partition::Edit;
use crate::stream::{AddOptions, Contents, Id, New, Stream, StreamChange};

/// So many bytes are too many for the fields of an entry and their values.
const ENTRY_BYTES_MAX: usize = 1 << 30;

const NOT_ABOVE: Error =
    Error::text("ERR The ID specified in XADD is equal or smaller than the target stream top item");

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, words @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let limits = &call.keys.partition(key).limits;
    let options = AddOptions::parse(words, limits.stream_node_entries)?;
    let (new, fields) = options.entry.ok_or(Error::Arity("xadd"))?;
    if fields.is_empty() || fields.len() % 2 == 1 {
        return Err(Error::Arity("xadd"));
    }
    if new == New::Whole(Id::MIN) {
        return Err(Error::text(
            "ERR The ID specified in XADD must be greater than 0-0",
        ));
    }
    if call.keys.view::<Stream>(key)?.is_none() && options.only_known {
        call.reply.null();
        return Ok(());
    }
    let now = call.keys.now();
    let id = call.keys.edit::<Stream, _>(key, |stream| {
        let last = stream.now().contents().map_or(Id::MIN, Contents::last);
        let id = choose(new, last, now)?;
        if fields.iter().map(|part| part.len()).sum::<usize>() > ENTRY_BYTES_MAX {
            return Err(Error::text("ERR Elements are too large to be stored"));
        }
        add(stream, id, fields, &options);
        Ok(id)
    })??;
    id.answer(call.reply);
    Ok(())
}

/// The id of the entry that comes after the one with id `last`.
fn choose(new: New, last: Id, now: i64) -> Result<Id, Error> {
    let next = last.next().ok_or(Error::text(
        "ERR The stream has exhausted the last possible ID, unable to add more items",
    ))?;
    let id = match new {
        New::Whole(id) => id,
        New::Of(milliseconds) if milliseconds == last.milliseconds() => {
            if next.milliseconds() != milliseconds {
                return Err(NOT_ABOVE);
            }
            next
        }
        New::Of(milliseconds) => Id::new(milliseconds, 0),
        New::Next => next.max(Id::new(u64::try_from(now).unwrap_or(0), 0)),
    };
    if id <= last {
        return Err(NOT_ABOVE);
    }
    Ok(id)
}

fn add(stream: &mut Edit<'_, Stream>, id: Id, fields: &[&[u8]], options: &AddOptions<'_>) {
    let fields = Cow::Borrowed(fields);
    stream.apply(&StreamChange::Add { id, fields });
    stream.notify(Class::STREAM, "xadd");
    let contents = stream.now().contents();
    let trim = options.trim.zip(contents);
    let count = trim.map_or(0, |(trim, contents)| trim.count(contents));
    if count > 0 {
        stream.apply(&StreamChange::Trim { count });
        stream.notify(Class::STREAM, "xtrim");
    }
}
