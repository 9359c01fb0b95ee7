//! What commands that set expiries have in common, and those that tell them.

use super::error::shown;
use super::{Call, Error, Unit};
use crate::notice::Class;

/// When an expiry is set, and when it is left as it is.
#[derive(Clone, Copy, Debug, Default)]
struct Conditions {
    only_new: bool,
    only_known: bool,
    only_later: bool,
    only_sooner: bool,
}

/// `NAME key time [condition ...]`: one that is over removes the key.
pub(crate) fn expire(call: &mut Call<'_>, unit: Unit, name: &'static str) -> Result<(), Error> {
    let [_, key, time, conditions @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let conditions = Conditions::parse(conditions)?;
    let now = call.keys.now();
    let time = unit.time(time, now, name)?;
    let Some(found) = call.keys.find(key) else {
        call.reply.integer(0);
        return Ok(());
    };
    if !conditions.hold(found.header.expiry, time) {
        call.reply.integer(0);
        return Ok(());
    }
    if time <= now {
        call.keys.remove(key);
        call.keys.notify(Class::GENERIC, "del", key);
    } else {
        call.keys.expire_at(key, Some(time));
        call.keys.notify(Class::GENERIC, "expire", key);
    }
    call.reply.integer(1);
    Ok(())
}

impl Conditions {
    fn parse(words: &[&[u8]]) -> Result<Self, Error> {
        let mut conditions = Self::default();
        for word in words {
            let condition = match word.to_ascii_lowercase().as_slice() {
                b"nx" => &mut conditions.only_new,
                b"xx" => &mut conditions.only_known,
                b"gt" => &mut conditions.only_later,
                b"lt" => &mut conditions.only_sooner,
                _ => {
                    let word = shown(word);
                    return Err(Error::Other(
                        format!("ERR Unsupported option {word}").into(),
                    ));
                }
            };
            *condition = true;
        }
        let compares = conditions.only_later || conditions.only_sooner;
        if conditions.only_new && (conditions.only_known || compares) {
            return Err(Error::text(
                "ERR NX and XX, GT or LT options at the same time are not compatible",
            ));
        }
        if conditions.only_later && conditions.only_sooner {
            return Err(Error::text(
                "ERR GT and LT options at the same time are not compatible",
            ));
        }
        Ok(conditions)
    }

    /// A key that does not expire does so later than any time.
    fn hold(self, expiry: Option<i64>, time: i64) -> bool {
        let is_later = expiry.is_some_and(|at| time > at);
        let is_sooner = expiry.is_none_or(|at| time < at);
        !(self.only_new && expiry.is_some()
            || self.only_known && expiry.is_none()
            || self.only_later && !is_later
            || self.only_sooner && !is_sooner)
    }
}

/// `NAME key`: its expiry as `shown`, or what stands for none.
pub(crate) fn expiry_of(call: &mut Call<'_>, shown: impl FnOnce(i64) -> i64) {
    let found = call.keys.look(call.args[1]);
    call.reply.integer(match found {
        None => -2,
        Some(found) => found.header.expiry.map_or(-1, shown),
    });
}

/// Of milliseconds, to the next whole one.
pub(crate) const fn in_seconds(milliseconds: i64) -> i64 {
    ((milliseconds as i128 + 500) / 1000) as i64
}
