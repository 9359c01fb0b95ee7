//! A hash as it is read.

use super::large::{HashTable, LargeHash};
use super::pages::Pages;
use super::small;
use crate::sample::Source;
use crate::scan::Part;
use crate::table::Table;

/// A hash as it is at some time: fields that have expired by then are not there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashView<'a> {
    fields: Fields<'a>,
    now: i64,
}

#[derive(Clone, Copy, Debug)]
enum Fields<'a> {
    /// See [`small`].
    Packed(&'a [u8]),
    Pages(&'a Pages),
    Large(&'a HashTable),
}

impl<'a> HashView<'a> {
    /// With all fields.
    pub(super) const fn packed(bytes: &'a [u8]) -> Self {
        Self {
            fields: Fields::Packed(bytes),
            now: i64::MIN,
        }
    }

    /// With all fields.
    pub(super) fn large(large: &'a LargeHash) -> Self {
        let fields = match large {
            LargeHash::Pages(pages) => Fields::Pages(pages),
            LargeHash::Table(table) => Fields::Large(table),
        };
        Self {
            fields,
            now: i64::MIN,
        }
    }

    /// Without those that have expired by then.
    pub(super) fn at(self, now: i64) -> Self {
        Self { now, ..self }
    }

    /// Whether there may be fields that have expired.
    fn hides(self) -> bool {
        let soonest = match self.fields {
            Fields::Packed(bytes) => small::soonest(bytes),
            Fields::Pages(_) => None,
            Fields::Large(large) => large.soonest(),
        };
        soonest.is_some_and(|at| at < self.now)
    }

    pub(crate) fn is_empty(self) -> bool {
        match self.fields {
            Fields::Pages(pages) => pages.is_empty(),
            Fields::Large(large) if !self.hides() => large.table().is_empty(),
            _ => self.iter().next().is_none(),
        }
    }

    pub(crate) fn len(self) -> usize {
        match self.fields {
            Fields::Packed(_) => self.iter().count(),
            Fields::Pages(pages) => pages.len(),
            Fields::Large(large) if self.hides() => large.table().len() - large.expired(self.now),
            Fields::Large(large) => large.table().len(),
        }
    }

    pub(crate) fn get(self, field: &[u8]) -> Option<&'a [u8]> {
        self.entry(field).map(|(value, _)| value)
    }

    /// The value of a field, and when it expires.
    pub(crate) fn entry(self, field: &[u8]) -> Option<(&'a [u8], Option<i64>)> {
        let found = match self.fields {
            Fields::Packed(bytes) => small::entries(bytes)
                .find(|entry| entry.field == field)
                .map(|entry| (entry.value, entry.expiry)),
            Fields::Pages(pages) => pages.get(field).map(|value| (value, None)),
            Fields::Large(large) => large.get(field).map(|value| (value, large.expiry(field))),
        };
        found.filter(|(_, expiry)| expiry.is_none_or(|at| at >= self.now))
    }

    /// Fields and values.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let (packed, pages, large) = match self.fields {
            Fields::Packed(bytes) => (Some(small::entries(bytes)), None, None),
            Fields::Pages(pages) => (None, Some(pages.iter()), None),
            Fields::Large(large) => (None, None, Some(large)),
        };
        let packed = packed.into_iter().flatten();
        let packed = packed.filter(move |entry| entry.expiry.is_none_or(|at| at >= self.now));
        let large = large.map(|large| Table::iter(large.table()));
        let large = large.into_iter().flatten();
        let large = large.map(|(_, field, value)| (field, value));
        packed
            .map(|entry| (entry.field, entry.value))
            .chain(pages.into_iter().flatten())
            .chain(self.unexpired(large))
    }

    /// Of the fields of a large hash those that have not expired.
    fn unexpired(
        self,
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let hiding = match self.fields {
            Fields::Large(large) if self.hides() => Some(large),
            _ => None,
        };
        fields.filter(move |(field, _)| {
            let expiry = hiding.and_then(|large| large.expiry(field));
            expiry.is_none_or(|at| at >= self.now)
        })
    }

    /// Where random fields come from.
    pub(crate) fn source(self) -> Source<'a> {
        match self.fields {
            Fields::Large(large) if !self.hides() => Source::Table(large.table()),
            _ => Source::All(self.iter().collect()),
        }
    }

    /// The next part of a walk over a large hash, and where it goes on (see [`Table::walk`]); of a small one there are no parts.
    pub(crate) fn walk(self, cursor: u64) -> Option<Part<'a>> {
        let Fields::Large(large) = self.fields else {
            return None;
        };
        let (bucket, next) = large.table().walk(cursor);
        let fields = large.table().bucket(bucket);
        let fields = fields.map(|(_, field, value)| (field, value));
        Some((self.unexpired(fields).collect(), next))
    }
}
