//! `XRANGE key start end [COUNT count]`

use crate::command::{Call, Error};
use crate::number::integer;
use crate::stream::{Id, Stream, answer_entries};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    answer(call, false)
}

/// Answers the entries of an interval, backwards the last one first, and the end of the interval is named first.
pub(super) fn answer(call: &mut Call<'_>, is_backwards: bool) -> Result<(), Error> {
    let [_, key, first, second, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let (start, end) = if is_backwards {
        (second, first)
    } else {
        (first, second)
    };
    let (start, end) = (Id::parse_start(start)?, Id::parse_end(end)?);
    let most = count(options)?;
    let Some(stream) = call.keys.view::<Stream>(key)? else {
        call.reply.array(0);
        return Ok(());
    };
    if most == 0 {
        call.reply.null_array();
    } else if is_backwards {
        let entries = stream.entries().backwards(start, end);
        answer_entries(entries.take(most), call.reply);
    } else {
        let entries = stream.entries().range(start, end);
        answer_entries(entries.take(most), call.reply);
    }
    Ok(())
}

fn count(mut options: &[&[u8]]) -> Result<usize, Error> {
    let mut most = usize::MAX;
    while let [option, rest @ ..] = options {
        let [value, rest @ ..] = rest else {
            return Err(Error::Syntax);
        };
        if !option.eq_ignore_ascii_case(b"count") {
            return Err(Error::Syntax);
        }
        let count = integer(value).ok_or(Error::NotInteger)?;
        most = usize::try_from(count).unwrap_or(0);
        options = rest;
    }
    Ok(most)
}
