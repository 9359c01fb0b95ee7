//! `XSETID key last-id [ENTRIESADDED count] [MAXDELETEDID id]`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::number::integer;
use crate::stream::{Contents, Id, Stream, StreamChange};

#[derive(Default)]
struct Options {
    added: Option<u64>,
    removed: Option<Id>,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, last, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let last = Id::parse(last, 0)?;
    let options = Options::parse(options, last)?;
    let stream = call.keys.view::<Stream>(key)?.ok_or(Error::NoSuchKey)?;
    options.check(last, stream)?;
    let change = StreamChange::Set {
        last,
        added: options.added.unwrap_or(stream.added()),
        removed: options.removed.unwrap_or(stream.removed()),
    };
    call.keys.edit::<Stream, _>(key, |stream| {
        stream.apply_untold(&change);
        stream.notify(Class::STREAM, "xsetid");
    })?;
    call.reply.ok();
    Ok(())
}

impl Options {
    fn parse(mut words: &[&[u8]], last: Id) -> Result<Self, Error> {
        let mut options = Self::default();
        while let [word, rest @ ..] = words {
            let [value, rest @ ..] = rest else {
                return Err(Error::Syntax);
            };
            words = rest;
            if word.eq_ignore_ascii_case(b"entriesadded") {
                let added = u64::try_from(integer(value).ok_or(Error::NotInteger)?);
                let added = added.map_err(|_| Error::text("ERR entries_added must be positive"));
                options.added = Some(added?);
            } else if word.eq_ignore_ascii_case(b"maxdeletedid") {
                let removed = Id::parse(value, 0)?;
                if last < removed {
                    return Err(Error::text(
                        "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                    ));
                }
                // As in Redis, this one stands for none.
                options.removed = Some(removed).filter(|it| *it != Id::MIN);
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }

    fn check(&self, last: Id, stream: &Contents) -> Result<(), Error> {
        if last < stream.removed() {
            return Err(Error::text(
                "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id",
            ));
        }
        if stream.entries().last().is_some_and(|top| last < top) {
            return Err(Error::text(
                "ERR The ID specified in XSETID is smaller than the target stream top item",
            ));
        }
        if stream.len() > 0 && self.added.is_some_and(|added| added < stream.len()) {
            return Err(Error::text(
                "ERR The entries_added specified in XSETID is smaller than the target stream length",
            ));
        }
        Ok(())
    }
}
