//! `SET key value [NX | XX | IFEQ value] [GET] [EX seconds | PX milliseconds | EXAT second | PXAT millisecond | KEEPTTL]`
//!
//! `IFEQ` is of Valkey 8.1.

use crate::command::{Call, Error, Unit};
use crate::notice::Class;
use crate::partition::Expiry;

/// What must be under the key, or nothing is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Condition<'a> {
    #[default]
    None,
    New,
    Known,
    Equal(&'a [u8]),
}

#[derive(Default)]
struct Options<'a> {
    condition: Condition<'a>,
    get: bool,
    keep: bool,
    time: Option<(Unit, &'a [u8])>,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, value, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let options = Options::parse(options)?;
    let expiry = options.expiry(call.keys.now())?;
    let is_met = options.condition.is_met(call, key);
    if options.get {
        call.keys.set_reads(true);
        call.answer_string(key)?;
        call.keys.set_reads(false);
    }
    if !is_met? {
        if !options.get {
            call.reply.null();
        }
        return Ok(());
    }
    call.keys.put_string(key, &[value], expiry);
    call.keys.notify(Class::STRING, "set", key);
    if options.time.is_some() {
        call.keys.notify(Class::GENERIC, "expire", key);
    }
    if !options.get {
        call.reply.ok();
    }
    Ok(())
}

impl Condition<'_> {
    fn is_met(self, call: &mut Call<'_>, key: &[u8]) -> Result<bool, Error> {
        Ok(match self {
            Self::None => true,
            Self::New => call.keys.find(key).is_none(),
            Self::Known => call.keys.find(key).is_some(),
            Self::Equal(value) => call.keys.string(key)? == Some(value),
        })
    }
}

impl<'a> Options<'a> {
    fn parse(mut words: &[&'a [u8]]) -> Result<Self, Error> {
        let mut options = Self::default();
        while let [word, rest @ ..] = words {
            words = rest;
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            let is_none_or = |condition| [Condition::None, condition].contains(&options.condition);
            if is("nx") && is_none_or(Condition::New) {
                options.condition = Condition::New;
            } else if is("xx") && is_none_or(Condition::Known) {
                options.condition = Condition::Known;
            } else if is("ifeq")
                && let [value, rest @ ..] = words
                && options.condition == Condition::None
            {
                options.condition = Condition::Equal(value);
                words = rest;
            } else if is("get") {
                options.get = true;
            } else if is("keepttl") && options.time.is_none() {
                options.keep = true;
            } else if let Some(unit) = Unit::named(word)
                && let [number, rest @ ..] = words
                && options.time.is_none_or(|(before, _)| before == unit)
                && !options.keep
            {
                options.time = Some((unit, number));
                words = rest;
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }

    fn expiry(&self, now: i64) -> Result<Expiry, Error> {
        match self.time {
            Some((unit, number)) => Ok(Expiry::At(unit.positive(number, now, "set")?)),
            None if self.keep => Ok(Expiry::Keep),
            None => Ok(Expiry::None),
        }
    }
}
