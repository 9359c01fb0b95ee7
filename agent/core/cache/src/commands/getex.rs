//! `GETEX key [EX seconds | PX milliseconds | EXAT second | PXAT millisecond | PERSIST]`

use crate::command::{Call, Error, Unit};
use crate::notice::Class;

/// What becomes of the key's expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change<'a> {
    None,
    Persist,
    To(Unit, &'a [u8]),
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let key = call.args[1];
    let change = parse(&call.args[2..])?;
    call.keys.set_reads(true);
    if !call.answer_string(key)? {
        return Ok(());
    }
    match change {
        Change::None => {}
        Change::Persist => {
            let found = call.keys.find(key);
            if found.is_some_and(|found| found.header.expiry.is_some()) {
                call.keys.expire_at(key, None);
                call.keys.notify(Class::GENERIC, "persist", key);
            }
        }
        Change::To(unit, number) => {
            let now = call.keys.now();
            let at = unit.positive(number, now, "getex")?;
            if at <= now {
                call.keys.remove(key);
                call.keys.notify(Class::GENERIC, "del", key);
            } else {
                call.keys.expire_at(key, Some(at));
                call.keys.notify(Class::GENERIC, "expire", key);
            }
        }
    }
    Ok(())
}

fn parse<'a>(mut words: &[&'a [u8]]) -> Result<Change<'a>, Error> {
    let mut change = Change::None;
    while let [word, rest @ ..] = words {
        words = rest;
        if word.eq_ignore_ascii_case(b"persist") && !matches!(change, Change::To(..)) {
            change = Change::Persist;
        } else if let Some(unit) = Unit::named(word)
            && let [number, rest @ ..] = words
            && match change {
                Change::None => true,
                Change::Persist => false,
                Change::To(before, _) => before == unit,
            }
        {
            change = Change::To(unit, number);
            words = rest;
        } else {
            return Err(Error::Syntax);
        }
    }
    Ok(change)
}
