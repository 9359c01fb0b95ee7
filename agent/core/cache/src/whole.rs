//! Values as wholes: what is under a key as plain elements, and back.
//!
//! One line in each of the two functions here joins a kind of collection to all that takes values whole: `DUMP` and `RESTORE`,
//! `RENAME` and `COPY` from one partition to another, `SORT`, files of Redis. In effects, a whole value is what it is shown as, in
//! one byte, and then type and body as in the files of Redis.

mod streams;

use std::borrow::Cow;

use crate::collection::{Closed, Collection, Kept, Limits};
use crate::hash::{Hash, HashChange};
use crate::keyspace::{Found, Keyspace, Kind};
use crate::list::{Elements, End, List, ListChange};
use crate::rdb::{self, Field, Value};
use crate::set::{Members, Set, SetChange};
use crate::sorted_set::{SortedSet, SortedSetChange};
use crate::stream::Stream;

/// It is not a value, or none that can be under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfit;

impl From<rdb::Error> for Unfit {
    fn from(_: rdb::Error) -> Self {
        Self
    }
}

/// A value that is to be put under a key.
pub(crate) struct Built {
    pub(crate) kind: Kind,
    pub(crate) kept: Kept,
    /// As which of the encodings of Redis it is shown.
    pub(crate) shown: u8,
}

/// What is under a key.
pub(crate) fn value<'a>(keyspace: &'a Keyspace, found: &Found) -> Value<'a> {
    match found.header.kind {
        Kind::String => Value::String(Cow::Borrowed(keyspace.value(found))),
        Kind::Hash => {
            let hash = keyspace.view::<Hash>(found);
            let fields = hash.iter().map(|(name, value)| Field {
                name: name.into(),
                value: value.into(),
                expiry: hash.entry(name).and_then(|(_, expiry)| expiry),
            });
            Value::Hash(fields.collect())
        }
        Kind::List => {
            let list = keyspace.view::<List>(found);
            let elements = list.run_from(End::Head);
            Value::List(elements.map(|it| Cow::Borrowed(it.bytes())).collect())
        }
        Kind::Set => {
            let members = keyspace.view::<Set>(found).iter();
            Value::Set(members.map(Cow::Borrowed).collect())
        }
        Kind::SortedSet => {
            let elements = keyspace.view::<SortedSet>(found).iter();
            let scored = elements.map(|it| (Cow::Borrowed(it.member), it.score()));
            Value::SortedSet(scored.collect())
        }
        Kind::Stream => Value::Stream(streams::value(keyspace.view::<Stream>(found))),
    }
}

/// The elements of a large collection in several values, each of about so many bytes. What `give` fails with ends it.
pub(crate) fn parts<'a, E>(
    keyspace: &'a Keyspace,
    found: &Found,
    bytes_max: usize,
    mut give: impl FnMut(Value<'a>) -> Result<(), E>,
) -> Result<(), E> {
    match found.header.kind {
        Kind::String => give(value(keyspace, found)),
        Kind::Hash => {
            let hash = keyspace.view::<Hash>(found);
            let fields = hash.iter().map(|(name, value)| Field {
                name: name.into(),
                value: value.into(),
                expiry: hash.entry(name).and_then(|(_, expiry)| expiry),
            });
            let weigh = |field: &Field<'_>| field.name.len() + field.value.len();
            in_parts(fields, weigh, bytes_max, |part| give(Value::Hash(part)))
        }
        Kind::List => {
            let elements = keyspace.view::<List>(found).run_from(End::Head);
            let elements = elements.map(|it| Cow::Borrowed(it.bytes()));
            in_parts(
                elements,
                |it| it.len(),
                bytes_max,
                |part| give(Value::List(part)),
            )
        }
        Kind::Set => {
            let members = keyspace.view::<Set>(found).iter().map(Cow::Borrowed);
            in_parts(
                members,
                |it| it.len(),
                bytes_max,
                |part| give(Value::Set(part)),
            )
        }
        Kind::SortedSet => {
            let elements = keyspace.view::<SortedSet>(found).iter();
            let scored = elements.map(|it| (Cow::Borrowed(it.member), it.score()));
            let weigh = |one: &(rdb::Bytes<'_>, f64)| one.0.len() + size_of::<f64>();
            in_parts(scored, weigh, bytes_max, |part| {
                give(Value::SortedSet(part))
            })
        }
        Kind::Stream => streams::parts(keyspace.view::<Stream>(found), bytes_max, |part| {
            give(Value::Stream(part))
        }),
    }
}

fn in_parts<T, E>(
    items: impl Iterator<Item = T>,
    weigh: impl Fn(&T) -> usize,
    bytes_max: usize,
    mut give: impl FnMut(Vec<T>) -> Result<(), E>,
) -> Result<(), E> {
    let (mut part, mut bytes) = (Vec::new(), 0);
    for item in items {
        bytes += weigh(&item) + size_of::<u64>();
        part.push(item);
        if bytes >= bytes_max {
            give(std::mem::take(&mut part))?;
            bytes = 0;
        }
    }
    if part.is_empty() { Ok(()) } else { give(part) }
}

/// A value, to be put under a key.
///
/// # Errors
/// If it has no elements, or one of them twice.
pub(crate) fn build(value: Value<'_>, limits: &Limits) -> Result<Built, Unfit> {
    match &value {
        Value::String(_) => {}
        Value::Hash(_) => return built::<Hash>(&value, limits),
        Value::List(_) => return built::<List>(&value, limits),
        Value::SortedSet(_) => return built::<SortedSet>(&value, limits),
        Value::Stream(_) => return built::<Stream>(&value, limits),
        Value::Set(_) => return built::<Set>(&value, limits),
    }
    let Value::String(bytes) = value else {
        unreachable!("all others are collections");
    };
    Ok(Built {
        kind: Kind::String,
        kept: Kept::Packed(bytes.into_owned()),
        shown: 0,
    })
}

fn built<C: Extended>(value: &Value<'_>, limits: &Limits) -> Result<Built, Unfit> {
    let mut built = C::default();
    built.extend(value, limits)?;
    if built.is_empty() {
        return Err(Unfit);
    }
    let Closed { kept, shown } = built.close();
    Ok(Built {
        kind: C::KIND,
        kept,
        shown,
    })
}

/// A collection to which the elements of a value come.
pub(crate) trait Extended: Collection {
    /// They are in it from now on, behind those that were, if they have an order of their own.
    ///
    /// # Errors
    /// If it is no such value, or one of its elements is there already.
    fn extend(&mut self, value: &Value<'_>, limits: &Limits) -> Result<(), Unfit>;
}

impl Extended for Hash {
    fn extend(&mut self, value: &Value<'_>, limits: &Limits) -> Result<(), Unfit> {
        let Value::Hash(fields) = value else {
            return Err(Unfit);
        };
        let puts = fields.iter().map(|field| HashChange::Put {
            field: &field.name,
            value: &field.value,
            expiry: field.expiry,
        });
        change(self, puts, |is_new| is_new, limits)
    }
}

impl Extended for List {
    fn extend(&mut self, value: &Value<'_>, limits: &Limits) -> Result<(), Unfit> {
        let Value::List(elements) = value else {
            return Err(Unfit);
        };
        let elements: Vec<&[u8]> = elements.iter().map(|it| &**it).collect();
        let push = ListChange::Push {
            end: End::Tail,
            elements: Elements::Given(&elements),
        };
        change(self, [push].into_iter(), |_| true, limits)
    }
}

impl Extended for SortedSet {
    fn extend(&mut self, value: &Value<'_>, limits: &Limits) -> Result<(), Unfit> {
        let Value::SortedSet(scored) = value else {
            return Err(Unfit);
        };
        let puts = scored.iter().map(|(member, score)| SortedSetChange::Put {
            member,
            score: *score,
        });
        change(self, puts, |is_new| is_new, limits)
    }
}

impl Extended for Set {
    fn extend(&mut self, value: &Value<'_>, limits: &Limits) -> Result<(), Unfit> {
        let Value::Set(members) = value else {
            return Err(Unfit);
        };
        let members: Vec<&[u8]> = members.iter().map(|it| &**it).collect();
        let add = SetChange::Add {
            members: Members::Named(&members),
            expecting: 0,
        };
        let all_new = |count| count == members.len();
        change(self, std::iter::once(add), all_new, limits)
    }
}

impl Extended for Stream {
    fn extend(&mut self, value: &Value<'_>, limits: &Limits) -> Result<(), Unfit> {
        let Value::Stream(stream) = value else {
            return Err(Unfit);
        };
        change(self, streams::changes(stream)?, |()| true, limits)
    }
}

/// Makes these changes, if each finds what it should.
fn change<'a, C: Collection>(
    of: &mut C,
    changes: impl Iterator<Item = C::Change<'a>>,
    is_fine: impl Fn(C::Outcome) -> bool,
    limits: &Limits,
) -> Result<(), Unfit> {
    for change in changes {
        if !is_fine(of.apply(&change, limits)) {
            return Err(Unfit);
        }
    }
    Ok(())
}
