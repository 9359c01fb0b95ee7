//! `HGETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] FIELDS numfields field
//! [field ...]`
//!
//! <https://redis.io/docs/latest/commands/hgetex/>

use crate::command::{Call, Error, Unit};
use crate::hash::time::{FEW, fields, time};
use crate::hash::{Hash, HashChange};
use crate::notice::Class;
use crate::partition::Edit;

/// What becomes of the expiries of the fields.
#[derive(Clone, Copy)]
enum Expiry {
    Stays,
    Goes,
    At(i64),
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, words @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    call.keys.view::<Hash>(key)?;
    let now = call.keys.now();
    let (expiry, words) = parse(words, now)?;
    let fields = fields(words, FEW, "hgetex")?;
    let reply = &mut *call.reply;
    reply.array(fields.len());
    call.keys.edit::<Hash, _>(key, |hash| {
        let mut event = None;
        for field in fields {
            let Some((value, before)) = hash.now().view().entry(field) else {
                reply.null();
                continue;
            };
            reply.bulk(value);
            event = change(hash, field, before, expiry, now).or(event);
        }
        event
            .into_iter()
            .for_each(|event| hash.notify(Class::HASH, event));
    })?;
    Ok(())
}

/// What is told of it.
fn change(
    hash: &mut Edit<'_, Hash>,
    field: &[u8],
    before: Option<i64>,
    expiry: Expiry,
    now: i64,
) -> Option<&'static str> {
    let (change, event) = match expiry {
        Expiry::Stays => return None,
        Expiry::Goes => {
            before?;
            let expiry = None;
            (HashChange::Expire { field, expiry }, "hpersist")
        }
        Expiry::At(at) if at <= now => (HashChange::Remove { field }, "hdel"),
        Expiry::At(at) => {
            let expiry = Some(at);
            (HashChange::Expire { field, expiry }, "hexpire")
        }
    };
    hash.apply(&change);
    Some(event)
}

/// What becomes of the expiries, and what follows.
fn parse<'a, 'b>(words: &'a [&'b [u8]], now: i64) -> Result<(Expiry, &'a [&'b [u8]]), Error> {
    match words {
        [word, rest @ ..] if word.eq_ignore_ascii_case(b"persist") => Ok((Expiry::Goes, rest)),
        [word, number, rest @ ..] => match Unit::named(word) {
            Some(unit) => Ok((Expiry::At(time(unit, number, now, "hgetex")?), rest)),
            None => Ok((Expiry::Stays, words)),
        },
        _ => Ok((Expiry::Stays, words)),
    }
}
