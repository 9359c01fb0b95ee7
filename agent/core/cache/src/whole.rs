//! Values as wholes: what is under a key as plain elements, and back.
//!
//! One line in each of the two functions here joins a kind of collection to all that takes values whole: `DUMP` and `RESTORE`,
//! `RENAME` and `COPY` from one partition to another, `SORT`, files of Redis. In effects, a whole value is what it is shown as, in
//! one byte, and then type and body as in the files of Redis.

use std::borrow::Cow;

use crate::collection::{Closed, Collection, Kept, Limits};
use crate::hash::{Hash, HashChange};
use crate::keyspace::{Found, Keyspace, Kind};
use crate::rdb::{self, Field, Value};

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
                expiry: None,
            });
            Value::Hash(fields.collect())
        }
        Kind::List | Kind::Set | Kind::SortedSet | Kind::Stream => {
            unreachable!("there is none yet")
        }
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
            });
            of_changes::<Hash>(puts, |is_new| is_new, limits)
        }
        Value::List(_) | Value::Set(_) | Value::SortedSet(_) | Value::Stream(_) => Err(Unfit),
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
