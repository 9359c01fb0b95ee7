//! Hashes: fields, each with a value; a field may expire.

mod change;
mod expiring;
mod large;
mod page;
mod pages;
mod small;
#[cfg(test)]
mod tests;
pub(crate) mod time;
mod view;

pub(crate) use change::HashChange;
pub(crate) use large::LargeHash;
pub(crate) use small::{due, soonest};

pub(crate) use view::HashView;

use crate::collection::{Closed, Collection, Kept, Limits, Object, PACKED_BYTES_MAX};
use crate::keyspace::Kind;
use crate::packed::Packed;
use crate::wire::{Corrupt, Reader, Writer};

/// A hash while it is changed.
#[derive(Clone, Debug)]
pub(crate) struct Hash {
    fields: Fields,
    /// See [`LISTPACK`].
    shown: u8,
}

/// As which encoding Redis shows a hash that never had many fields, or a long one.
const LISTPACK: u8 = 0;
/// And any other one.
const HASHTABLE: u8 = 1;
/// And one that would be [`LISTPACK`], but had a field that expires; Redis does so since 7.4.
const LISTPACK_EX: u8 = 2;

#[derive(Clone, Debug)]
enum Fields {
    /// See [`small`].
    Packed(Packed),
    Large(Box<LargeHash>),
}

impl Default for Hash {
    fn default() -> Self {
        Self {
            fields: Fields::Packed(Packed::default()),
            shown: LISTPACK,
        }
    }
}

impl Hash {
    pub(crate) fn view(&self) -> HashView<'_> {
        match &self.fields {
            Fields::Packed(packed) => HashView::packed(packed.bytes()),
            Fields::Large(large) => HashView::large(large),
        }
    }

    fn put(&mut self, field: &[u8], value: &[u8], expiry: Option<i64>, limits: &Limits) -> bool {
        if field.len().max(value.len()) > limits.hash_value {
            self.shown = HASHTABLE;
        }
        if field.len() + value.len() > PACKED_BYTES_MAX {
            self.enlarge(limits.seed);
        }
        let is_new = match &mut self.fields {
            Fields::Large(large) => large.put(field, value, expiry, limits.seed),
            Fields::Packed(packed) => small::put(packed, field, value, expiry),
        };
        self.fit(limits);
        if self.view().len() > limits.hash_entries {
            self.shown = HASHTABLE;
        }
        self.show_expiry(expiry);
        is_new
    }

    fn remove(&mut self, field: &[u8]) -> bool {
        match &mut self.fields {
            Fields::Large(large) => large.remove(field),
            Fields::Packed(packed) => small::remove(packed, field),
        }
    }

    fn expire(&mut self, field: &[u8], expiry: Option<i64>, limits: &Limits) -> bool {
        let is_there = match &mut self.fields {
            Fields::Large(large) => large.expire(field, expiry, limits.seed),
            Fields::Packed(packed) => small::expire(packed, field, expiry),
        };
        self.fit(limits);
        self.show_expiry(expiry);
        is_there
    }

    fn show_expiry(&mut self, expiry: Option<i64>) {
        if expiry.is_some() && self.shown == LISTPACK {
            self.shown = LISTPACK_EX;
        }
    }

    /// What is packed is small.
    fn fit(&mut self, limits: &Limits) {
        if matches!(&self.fields, Fields::Packed(packed) if packed.bytes().len() > PACKED_BYTES_MAX)
        {
            self.enlarge(limits.seed);
        }
    }

    fn enlarge(&mut self, seed: u64) {
        if let Fields::Packed(packed) = &self.fields {
            let large = LargeHash::of(packed.bytes(), seed);
            self.fields = Fields::Large(Box::new(large));
        }
    }
}

impl Collection for Hash {
    const KIND: Kind = Kind::Hash;
    type View<'a> = HashView<'a>;
    type Change<'a> = HashChange<'a>;
    type Outcome = bool;

    fn open_packed(bytes: Vec<u8>, shown: u8) -> Self {
        let fields = Fields::Packed(Packed::from_bytes(bytes));
        Self { fields, shown }
    }

    fn open_object(object: Object, shown: u8) -> Self {
        let Object::Hash(large) = object else {
            unreachable!("its header says what it is");
        };
        let fields = Fields::Large(large);
        Self { fields, shown }
    }

    fn close(self) -> Closed {
        let kept = match self.fields {
            Fields::Packed(packed) => Kept::Packed(packed.into_bytes()),
            Fields::Large(large) => Kept::Object(Object::Hash(large)),
        };
        Closed {
            kept,
            shown: self.shown,
        }
    }

    fn is_empty(&self) -> bool {
        self.view().is_empty()
    }

    fn view_packed(bytes: &[u8]) -> HashView<'_> {
        HashView::packed(bytes)
    }

    fn view_object(object: &Object) -> HashView<'_> {
        let Object::Hash(large) = object else {
            unreachable!("its header says what it is");
        };
        HashView::large(large)
    }

    fn at(view: Self::View<'_>, now: i64) -> Self::View<'_> {
        view.at(now)
    }

    fn apply(&mut self, change: &HashChange<'_>, limits: &Limits) -> bool {
        match *change {
            HashChange::Put {
                field,
                value,
                expiry,
            } => self.put(field, value, expiry, limits),
            HashChange::Remove { field } => self.remove(field),
            HashChange::Expire { field, expiry } => self.expire(field, expiry, limits),
        }
    }

    fn write(change: &HashChange<'_>, out: &mut Writer<'_>) {
        change.write(out);
    }

    fn read<'a>(from: &mut Reader<'a>) -> Result<HashChange<'a>, Corrupt> {
        HashChange::read(from)
    }
}
