//! `SRANDMEMBER key [count]`

use crate::command::{Call, Error};
use crate::sample::Count;
use crate::set::Set;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, count) = match *call.args {
        [_, key] => return one(call, key),
        [_, key, count] => (key, Count::of(Count::number(count)?)),
        _ => return Err(Error::Syntax),
    };
    let mut random = call.keys.random(key);
    let Some(set) = call.keys.view::<Set>(key)? else {
        call.reply.array(0);
        return Ok(());
    };
    let (length, members) = count.take(set.source(), &mut random)?;
    call.reply.array(length);
    members.for_each(|(member, _)| call.reply.bulk(member));
    Ok(())
}

fn one(call: &mut Call<'_>, key: &[u8]) -> Result<(), Error> {
    let mut random = call.keys.random(key);
    let set = call.keys.view::<Set>(key)?;
    match set.and_then(|set| set.source().one(&mut random)) {
        Some((member, _)) => call.reply.bulk(member),
        None => call.reply.null(),
    }
    Ok(())
}
