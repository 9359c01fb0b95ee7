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

/// A value, to be put under a key.
///
/// # Errors
/// If it has no elements, or one of them twice.
pub(crate) fn build(value: Value<'_>, limits: &Limits) -> Result<Built, Unfit> {
    match value {
        Value::String(bytes) => Ok(Built {
            kind: Kind::String,
            kept: Kept::Packed(bytes.into_owned()),
            shown: 0,
        }),
        Value::Hash(fields) => {
            let puts = fields.iter().map(|field| HashChange::Put {
                field: &field.name,
                value: &field.value,
                expiry: field.expiry,
            });
            of_changes::<Hash>(puts, |is_new| is_new, limits)
        }
        Value::List(elements) => {
            let elements: Vec<&[u8]> = elements.iter().map(|it| &**it).collect();
            let push = ListChange::Push {
                end: End::Tail,
                elements: Elements::Given(&elements),
            };
            of_changes::<List>([push].into_iter(), |_| true, limits)
        }
        Value::SortedSet(scored) => {
            let puts = scored.iter().map(|(member, score)| SortedSetChange::Put {
                member,
                score: *score,
            });
            of_changes::<SortedSet>(puts, |is_new| is_new, limits)
        }
        Value::Stream(stream) => streams::build(&stream, limits),
        Value::Set(members) => {
            let members: Vec<&[u8]> = members.iter().map(|it| &**it).collect();
            let add = SetChange::Add {
                members: Members::Named(&members),
                expecting: 0,
            };
            let all_new = |count| count == members.len();
            of_changes::<Set>(std::iter::once(add), all_new, limits)
        }
    }
}

/// A collection that these changes make of an empty one, if each finds what it should.
fn of_changes<'a, C: Collection>(
    changes: impl Iterator<Item = C::Change<'a>>,
    is_fine: impl Fn(C::Outcome) -> bool,
    limits: &Limits,
) -> Result<Built, Unfit> {
    let mut built = C::default();
    for change in changes {
        if !is_fine(built.apply(&change, limits)) {
            return Err(Unfit);
        }
    }
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
