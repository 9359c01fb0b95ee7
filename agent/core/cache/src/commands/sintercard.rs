//! `SINTERCARD numkeys key [key ...] [LIMIT limit]`

use crate::command::{Call, Error};
use crate::number::integer;
use crate::set::algebra::common;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, number, words @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let number = integer(number).and_then(|number| usize::try_from(number).ok());
    let number = number.filter(|number| *number > 0);
    let number = number.ok_or(Error::text("ERR numkeys should be greater than 0"))?;
    let Some((keys, options)) = words.split_at_checked(number) else {
        let text = "ERR Number of keys can't be greater than number of args";
        return Err(Error::text(text));
    };
    let most = limit(options)?;
    let count = common(&mut call.keys, keys, most)?;
    call.reply.count(count);
    Ok(())
}

/// The most that is counted.
fn limit(mut words: &[&[u8]]) -> Result<usize, Error> {
    let mut limit = 0;
    while let [word, number, rest @ ..] = words
        && word.eq_ignore_ascii_case(b"limit")
    {
        let number = integer(number).and_then(|number| usize::try_from(number).ok());
        limit = number.ok_or(Error::text("ERR LIMIT can't be negative"))?;
        words = rest;
    }
    match words {
        [] if limit == 0 => Ok(usize::MAX),
        [] => Ok(limit),
        _ => Err(Error::Syntax),
    }
}
