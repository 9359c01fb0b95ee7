//! `SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT second | PXAT millisecond | KEEPTTL]`

use crate::command::{Call, Error, Unit};
use crate::notice::Class;
use crate::partition::Expiry;

#[derive(Default)]
struct Options {
    only_new: bool,
    only_known: bool,
    get: bool,
    keep: bool,
    expiry: Option<i64>,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, value, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let options = Options::parse(options, call.keys.now())?;
    let is_there = if options.get {
        let before = call.keys.string(key)?;
        match before {
            Some(value) => call.reply.bulk(value),
            None => call.reply.null(),
        }
        before.is_some()
    } else {
        (options.only_new || options.only_known) && call.keys.find(key).is_some()
    };
    if options.only_new && is_there || options.only_known && !is_there {
        if !options.get {
            call.reply.null();
        }
        return Ok(());
    }
    let expiry = match options.expiry {
        Some(at) => Expiry::At(at),
        None if options.keep => Expiry::Keep,
        None => Expiry::None,
    };
    call.keys.put_string(key, &[value], expiry);
    call.keys.notify(Class::STRING, "set", key);
    if options.expiry.is_some() {
        call.keys.notify(Class::GENERIC, "expire", key);
    }
    if !options.get {
        call.reply.ok();
    }
    Ok(())
}

impl Options {
    fn parse(mut words: &[&[u8]], now: i64) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut time = None;
        while let [word, rest @ ..] = words {
            words = rest;
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            if is("nx") && !options.only_known {
                options.only_new = true;
            } else if is("xx") && !options.only_new {
                options.only_known = true;
            } else if is("get") {
                options.get = true;
            } else if is("keepttl") && time.is_none() {
                options.keep = true;
            } else if let Some(unit) = Unit::named(word)
                && let [number, rest @ ..] = words
                && time.is_none()
                && !options.keep
            {
                time = Some((unit, *number));
                words = rest;
            } else {
                return Err(Error::Syntax);
            }
        }
        if let Some((unit, number)) = time {
            options.expiry = Some(unit.positive(number, now, "set")?);
        }
        Ok(options)
    }
}
