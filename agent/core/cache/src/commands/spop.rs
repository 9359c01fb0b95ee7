//! `SPOP key [count]`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::number::integer;
use crate::packed::Packed;
use crate::set::{Members, Set, SetChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    match *call.args {
        [_, key] => one(call, key),
        [_, key, count] => several(call, key, count),
        _ => Err(Error::Syntax),
    }
}

fn one(call: &mut Call<'_>, key: &[u8]) -> Result<(), Error> {
    let mut random = call.keys.random(key);
    let set = call.keys.view::<Set>(key)?;
    let Some((member, _)) = set.and_then(|set| set.source().one(&mut random)) else {
        call.reply.null();
        return Ok(());
    };
    call.reply.bulk(member);
    let mut chosen = Packed::default();
    chosen.push(member);
    remove(call, key, &chosen)
}

fn several(call: &mut Call<'_>, key: &[u8], count: &[u8]) -> Result<(), Error> {
    let count = integer(count).and_then(|count| usize::try_from(count).ok());
    let count = count.ok_or(Error::text("ERR value is out of range, must be positive"))?;
    let mut random = call.keys.random(key);
    let set = call.keys.view::<Set>(key)?;
    let Some(set) = set.filter(|_| count > 0) else {
        call.reply.set(0);
        return Ok(());
    };
    if count >= set.len() {
        call.reply.set(set.len());
        set.iter().for_each(|member| call.reply.bulk(member));
        call.keys.remove(key);
        call.keys.notify(Class::SET, "spop", key);
        call.keys.notify(Class::GENERIC, "del", key);
        return Ok(());
    }
    call.reply.set(count);
    let mut chosen = Packed::default();
    for (member, _) in set.source().different(count, &mut random) {
        call.reply.bulk(member);
        chosen.push(member);
    }
    remove(call, key, &chosen)
}

/// Who does the same removes these, whatever is chosen there.
fn remove(call: &mut Call<'_>, key: &[u8], chosen: &Packed) -> Result<(), Error> {
    call.keys.edit::<Set, _>(key, |set| {
        let members = Members::Packed(chosen.bytes());
        set.apply(&SetChange::Remove { members });
        set.notify(Class::SET, "spop");
    })?;
    Ok(())
}
