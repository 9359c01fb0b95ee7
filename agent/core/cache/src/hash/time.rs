//! When fields expire: what the commands about that have in common. Their syntax, replies and errors are those of Redis 8.2.
//!
//! <https://redis.io/docs/latest/commands/hexpire/>, <https://redis.io/docs/latest/commands/httl/>; for errors and notices, and what
//! comes before what, <https://github.com/redis/redis/blob/8.2/src/t_hash.c>.

use super::{Hash, HashChange};
use crate::command::{Call, Error, Unit};
use crate::notice::Class;
use crate::number::integer;

/// No field expires later, in Unix milliseconds.
const TIME_MAX: i64 = (1 << 46) - 1;

/// What is answered for a field that is not there.
const NO_FIELD: i64 = -2;
/// And for one that does not expire.
const NO_EXPIRY: i64 = -1;
/// And for one for which the condition does not hold.
const NOT_MET: i64 = 0;
/// And for one that expires then from now on.
const SET: i64 = 1;
/// And for one that went, since that is over.
const REMOVED: i64 = 2;

/// When that is, in Unix milliseconds; it may be over.
pub(crate) fn time(
    unit: Unit,
    number: &[u8],
    now: i64,
    command: &'static str,
) -> Result<i64, Error> {
    let number = integer(number).ok_or(Error::NotInteger)?;
    if number < 0 {
        return Err(Error::text("ERR invalid expire time, must be >= 0"));
    }
    let scale = match unit {
        Unit::Seconds | Unit::AtSecond => 1000,
        Unit::Milliseconds | Unit::AtMillisecond => 1,
    };
    let since = match unit {
        Unit::Seconds | Unit::Milliseconds => now,
        Unit::AtSecond | Unit::AtMillisecond => 0,
    };
    let number = Some(number).filter(|number| *number <= TIME_MAX / scale);
    let time = number.and_then(|number| (number * scale).checked_add(since));
    time.filter(|time| *time <= TIME_MAX)
        .ok_or(Error::Expiry(command))
}

/// `FIELDS numfields field [field ...]`, to the end: the fields. `few` is said of a number that is none, or not above 0.
pub(crate) fn fields<'a>(
    words: &'a [&'a [u8]],
    few: &'static str,
    command: &'static str,
) -> Result<&'a [&'a [u8]], Error> {
    let [word, count, fields @ ..] = words else {
        return Err(Error::Arity(command));
    };
    if !word.eq_ignore_ascii_case(b"fields") {
        let text = "ERR Mandatory argument FIELDS is missing or not at the right position";
        return Err(Error::text(text));
    }
    match integer(count) {
        None | Some(..=0) => Err(Error::text(few)),
        Some(count) if usize::try_from(count) == Ok(fields.len()) => Ok(fields),
        Some(_) => {
            let text = "ERR The `numfields` parameter must match the number of arguments";
            Err(Error::text(text))
        }
    }
}

/// What is said of a number of fields that is not above 0.
pub(crate) const FEW: &str = "ERR Number of fields must be a positive integer";

/// Of which fields the expiry is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Any,
    /// That have none.
    None,
    /// That have one.
    Some,
    /// That would expire later than before.
    Later,
    /// That would expire earlier than before.
    Earlier,
}

impl Condition {
    /// `[NX | XX | GT | LT]`, and what follows.
    fn parse<'a, 'b>(words: &'a [&'b [u8]]) -> (Self, &'a [&'b [u8]]) {
        let [word, rest @ ..] = words else {
            return (Self::Any, words);
        };
        let condition = match word.to_ascii_lowercase().as_slice() {
            b"nx" => Self::None,
            b"xx" => Self::Some,
            b"gt" => Self::Later,
            b"lt" => Self::Earlier,
            _ => return (Self::Any, words),
        };
        (condition, rest)
    }

    /// A field that does not expire does later than any other one.
    fn holds(self, before: Option<i64>, at: i64) -> bool {
        match self {
            Self::Any => true,
            Self::None => before.is_none(),
            Self::Some => before.is_some(),
            Self::Later => before.is_some_and(|before| at > before),
            Self::Earlier => before.is_none_or(|before| at < before),
        }
    }
}

/// `HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]` and the like.
pub(crate) fn expire(call: &mut Call<'_>, unit: Unit, command: &'static str) -> Result<(), Error> {
    let [_, key, number, words @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    call.keys.view::<Hash>(key)?;
    let now = call.keys.now();
    let at = time(unit, number, now, command)?;
    let (condition, words) = Condition::parse(words);
    let few = "ERR Parameter `numFields` should be greater than 0";
    let fields = fields(words, few, command)?;
    let reply = &mut *call.reply;
    reply.array(fields.len());
    call.keys.edit::<Hash, _>(key, |hash| {
        let mut event = None;
        for field in fields {
            let answer = match hash.now().view().entry(field) {
                None => NO_FIELD,
                Some((_, before)) if !condition.holds(before, at) => NOT_MET,
                Some(_) if at <= now => {
                    hash.apply(&HashChange::Remove { field });
                    event = Some("hdel");
                    REMOVED
                }
                Some(_) => {
                    let expiry = Some(at);
                    hash.apply(&HashChange::Expire { field, expiry });
                    event = event.or(Some("hexpire"));
                    SET
                }
            };
            reply.integer(answer);
        }
        event
            .into_iter()
            .for_each(|event| hash.notify(Class::HASH, event));
    })?;
    Ok(())
}

/// `HTTL key FIELDS numfields field [field ...]` and the like: what `shown` makes of the time of each field, and of what time it is.
pub(crate) fn tell(
    call: &mut Call<'_>,
    command: &'static str,
    shown: fn(i64, i64) -> i64,
) -> Result<(), Error> {
    let now = call.keys.now();
    let hash = call.keys.view::<Hash>(call.args[1])?;
    let fields = fields(&call.args[2..], FEW, command)?;
    call.reply.array(fields.len());
    for field in fields {
        let found = hash.and_then(|hash| hash.entry(field));
        call.reply.integer(match found {
            None => NO_FIELD,
            Some((_, None)) => NO_EXPIRY,
            Some((_, Some(at))) => shown(at, now),
        });
    }
    Ok(())
}

/// `HPERSIST key FIELDS numfields field [field ...]`
pub(crate) fn persist(call: &mut Call<'_>) -> Result<(), Error> {
    let key = call.args[1];
    call.keys.view::<Hash>(key)?;
    let fields = fields(&call.args[2..], FEW, "hpersist")?;
    let reply = &mut *call.reply;
    reply.array(fields.len());
    call.keys.edit::<Hash, _>(key, |hash| {
        let mut is_changed = false;
        for field in fields {
            reply.integer(match hash.now().view().entry(field) {
                None => NO_FIELD,
                Some((_, None)) => NO_EXPIRY,
                Some((_, Some(_))) => {
                    let expiry = None;
                    is_changed |= hash.apply(&HashChange::Expire { field, expiry });
                    SET
                }
            });
        }
        if is_changed {
            hash.notify(Class::HASH, "hpersist");
        }
    })?;
    Ok(())
}
