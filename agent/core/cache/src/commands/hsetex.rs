//! `HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL] FIELDS
//! numfields field value [field value ...]`
//!
//! <https://redis.io/docs/latest/commands/hsetex/>

use crate::command::shown;
use crate::command::{Call, Error, Unit};
use crate::hash::time::time;
use crate::hash::{Hash, HashChange, HashView};
use crate::notice::Class;
use crate::number::integer;
use crate::partition::{Edit, Expiry};

#[derive(Clone, Copy)]
struct Options<'a> {
    /// Only if none of the fields is there, or only if all are.
    condition: Option<Condition>,
    expiry: Expiry,
    /// Fields and values.
    pairs: &'a [&'a [u8]],
}

#[derive(Clone, Copy)]
enum Condition {
    None,
    All,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, words @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let now = call.keys.now();
    let options = Options::parse(words, now)?;
    let hash = call.keys.view::<Hash>(key)?;
    let was_there = hash.is_some();
    if !options.may(hash) {
        call.reply.integer(0);
        return Ok(());
    }
    call.keys.edit::<Hash, _>(key, |hash| {
        hash.notify(Class::HASH, "hset");
        match options.expiry {
            Expiry::At(at) if at <= now => {
                options.remove(hash);
                hash.notify(Class::HASH, "hdel");
                if !was_there {
                    hash.notify(Class::GENERIC, "del");
                }
            }
            Expiry::At(_) => {
                options.put(hash);
                hash.notify(Class::HASH, "hexpire");
            }
            _ => options.put(hash),
        }
    })?;
    call.reply.integer(1);
    Ok(())
}

impl<'a> Options<'a> {
    fn parse(mut words: &'a [&'a [u8]], now: i64) -> Result<Self, Error> {
        let mut condition = None;
        let mut expiry = None;
        while let [word, rest @ ..] = words {
            words = rest;
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            if is("fields") {
                return Ok(Self {
                    condition,
                    expiry: expiry.unwrap_or(Expiry::None),
                    pairs: pairs(words)?,
                });
            } else if is("fnx") || is("fxx") {
                if condition.is_some() {
                    let text = "ERR Only one of FXX or FNX arguments can be specified";
                    return Err(Error::text(text));
                }
                condition = Some(if is("fnx") {
                    Condition::None
                } else {
                    Condition::All
                });
            } else if is("keepttl") {
                only_one(expiry)?;
                expiry = Some(Expiry::Keep);
            } else if let Some(unit) = Unit::named(word) {
                only_one(expiry)?;
                let [number, rest @ ..] = words else {
                    return Err(Error::text("ERR missing expire time"));
                };
                expiry = Some(Expiry::At(time(unit, number, now, "hsetex")?));
                words = rest;
            } else {
                let word = shown(word);
                return Err(Error::Other(format!("ERR unknown argument: {word}").into()));
            }
        }
        Err(Error::text("ERR missing FIELDS argument"))
    }

    /// Whether the condition holds.
    fn may(&self, hash: Option<HashView<'_>>) -> bool {
        let mut fields = self.pairs.iter().step_by(2);
        let is_there = |field: &&[u8]| hash.is_some_and(|hash| hash.get(field).is_some());
        match self.condition {
            None => true,
            Some(Condition::None) => !fields.any(is_there),
            Some(Condition::All) => fields.all(is_there),
        }
    }

    fn put(&self, hash: &mut Edit<'_, Hash>) {
        for pair in self.pairs.chunks_exact(2) {
            let (field, value) = (pair[0], pair[1]);
            let expiry = match self.expiry {
                Expiry::None => None,
                Expiry::At(at) => Some(at),
                Expiry::Keep => {
                    let before = hash.now().view().entry(field);
                    before.and_then(|(_, expiry)| expiry)
                }
            };
            hash.apply(&HashChange::Put {
                field,
                value,
                expiry,
            });
        }
    }

    /// What would have expired already is not put.
    fn remove(&self, hash: &mut Edit<'_, Hash>) {
        for field in self.pairs.iter().step_by(2) {
            hash.try_apply(&HashChange::Remove { field }, |was_there| *was_there);
        }
    }
}

/// Fields and values, as many as is said.
fn pairs<'a>(words: &'a [&'a [u8]]) -> Result<&'a [&'a [u8]], Error> {
    let [count, pairs @ ..] = words else {
        return Err(Error::Arity("hsetex"));
    };
    if pairs.len() < 2 {
        return Err(Error::Arity("hsetex"));
    }
    match integer(count) {
        None | Some(..=0) | Some(0x8000_0000..) => Err(Error::text("ERR invalid number of fields")),
        Some(count) if pairs.len() % 2 == 0 && count as usize == pairs.len() / 2 => Ok(pairs),
        Some(_) => Err(Error::Arity("hsetex")),
    }
}

fn only_one(expiry: Option<Expiry>) -> Result<(), Error> {
    if expiry.is_none() {
        return Ok(());
    }
    let text = "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
    Err(Error::text(text))
}
