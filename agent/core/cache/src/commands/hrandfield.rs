//! `HRANDFIELD key [count [WITHVALUES]]`

use crate::command::{Call, Error};
use crate::hash::Hash;
use crate::reply::{Protocol, Reply};
use crate::sample::{Count, Element};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let Some((count, with_values)) = parse(options)? else {
        return one(call, key);
    };
    let mut random = call.keys.random(key);
    let Some(hash) = call.keys.view::<Hash>(key)? else {
        call.reply.array(0);
        return Ok(());
    };
    let fields = count.take(hash.source(), &mut random)?;
    answer(call.reply, fields, with_values);
    Ok(())
}

fn one(call: &mut Call<'_>, key: &[u8]) -> Result<(), Error> {
    let mut random = call.keys.random(key);
    let hash = call.keys.view::<Hash>(key)?;
    match hash.and_then(|hash| hash.source().one(&mut random)) {
        Some((field, _)) => call.reply.bulk(field),
        None => call.reply.null(),
    }
    Ok(())
}

fn answer<'a>(
    reply: &mut Reply,
    (length, fields): (usize, impl Iterator<Item = Element<'a>>),
    with_values: bool,
) {
    let in_pairs = with_values && reply.protocol() == Protocol::Resp3;
    let is_flat = with_values && !in_pairs;
    reply.array(length * if is_flat { 2 } else { 1 });
    for (field, value) in fields {
        if in_pairs {
            reply.array(2);
        }
        reply.bulk(field);
        if with_values {
            reply.bulk(value);
        }
    }
}

/// How many, and whether with their values.
fn parse(options: &[&[u8]]) -> Result<Option<(Count, bool)>, Error> {
    let [count, options @ ..] = options else {
        return Ok(None);
    };
    let number = Count::number(count)?;
    let with_values = match options {
        [] => false,
        [word] if word.eq_ignore_ascii_case(b"withvalues") => true,
        _ => return Err(Error::Syntax),
    };
    if with_values && number.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(Error::text("ERR value is out of range"));
    }
    Ok(Some((Count::of(number), with_values)))
}
