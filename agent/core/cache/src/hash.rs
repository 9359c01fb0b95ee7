//! Hashes: fields, each with a value.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::collection::{Closed, Collection, Kept, Limits, Object, PACKED_BYTES_MAX};
use crate::keyspace::Kind;
use crate::packed::{Packed, Strings, packed_bytes};
use crate::table::Table;
use crate::wire::{Corrupt, Reader, Writer};

/// A hash while it is changed.
#[derive(Debug)]
pub(crate) struct Hash {
    fields: Fields,
    /// See [`LISTPACK`].
    shown: u8,
}

/// As which encoding Redis shows a hash that never had many fields, or a long one.
const LISTPACK: u8 = 0;
/// And any other one.
const HASHTABLE: u8 = 1;

#[derive(Debug)]
enum Fields {
    /// A field and its value, and so on, in the order in which the fields came.
    Packed(Packed),
    Large(Box<LargeHash>),
}

/// Fields of a large hash, in a table.
#[derive(Clone, Debug)]
pub(crate) struct LargeHash {
    table: Table,
    seed: u64,
}

/// What can be done to a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashChange<'a> {
    /// The field has this value; whether it is new.
    Put { field: &'a [u8], value: &'a [u8] },
    /// The field goes; whether it was there.
    Remove { field: &'a [u8] },
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
            Fields::Packed(packed) => HashView::Packed(packed.bytes()),
            Fields::Large(large) => HashView::Large(large),
        }
    }

    fn put(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        if field.len().max(value.len()) > limits.hash_value {
            self.shown = HASHTABLE;
        }
        let is_new = match &mut self.fields {
            Fields::Large(large) => large.put(field, value),
            Fields::Packed(packed) => {
                let found = position(packed.bytes(), field);
                let range = found
                    .clone()
                    .unwrap_or(packed.bytes().len()..packed.bytes().len());
                let more = packed_bytes(field.len()) + packed_bytes(value.len());
                if packed.bytes().len() - range.len() + more > PACKED_BYTES_MAX {
                    let mut large = LargeHash::of(packed.bytes(), limits.seed);
                    large.put(field, value);
                    self.fields = Fields::Large(Box::new(large));
                } else {
                    packed.splice(range, &[field, value]);
                }
                found.is_none()
            }
        };
        if self.view().len() > limits.hash_entries {
            self.shown = HASHTABLE;
        }
        is_new
    }

    fn remove(&mut self, field: &[u8]) -> bool {
        match &mut self.fields {
            Fields::Large(large) => large.remove(field),
            Fields::Packed(packed) => {
                let found = position(packed.bytes(), field);
                let is_there = found.is_some();
                found
                    .into_iter()
                    .for_each(|range| packed.splice(range, &[]));
                is_there
            }
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
        self.view().len() == 0
    }

    fn view_packed(bytes: &[u8]) -> HashView<'_> {
        HashView::Packed(bytes)
    }

    fn view_object(object: &Object) -> HashView<'_> {
        match object {
            Object::Hash(large) => HashView::Large(large),
            _ => unreachable!("its header says what it is"),
        }
    }

    fn apply(&mut self, change: &HashChange<'_>, limits: &Limits) -> bool {
        match *change {
            HashChange::Put { field, value } => self.put(field, value, limits),
            HashChange::Remove { field } => self.remove(field),
        }
    }

    fn write(change: &HashChange<'_>, out: &mut Writer<'_>) {
        match *change {
            HashChange::Put { field, value } => {
                out.byte(1);
                out.bytes(field);
                out.bytes(value);
            }
            HashChange::Remove { field } => {
                out.byte(2);
                out.bytes(field);
            }
        }
    }

    fn read<'a>(from: &mut Reader<'a>) -> Result<HashChange<'a>, Corrupt> {
        match from.byte()? {
            1 => Ok(HashChange::Put {
                field: from.bytes()?,
                value: from.bytes()?,
            }),
            2 => Ok(HashChange::Remove {
                field: from.bytes()?,
            }),
            _ => Err(Corrupt),
        }
    }
}

impl LargeHash {
    fn of(packed: &[u8], seed: u64) -> Self {
        let mut large = Self {
            table: Table::default(),
            seed,
        };
        for (field, value) in pairs(packed) {
            large.put(field, value);
        }
        large
    }

    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        self.table.allocated() + size_of::<Self>()
    }

    fn hash(&self, field: &[u8]) -> u64 {
        xxh3_64_with_seed(field, self.seed)
    }

    fn put(&mut self, field: &[u8], value: &[u8]) -> bool {
        let hash = self.hash(field);
        let found = self.table.find(hash, field);
        let room = match found {
            None => self.table.insert(hash, field, value.len()),
            Some(at) => {
                let length = self.table.value(at).len();
                self.table.splice(at, hash, 0..length, value.len())
            }
        };
        room.copy_from_slice(value);
        let seed = self.seed;
        while self.table.grow(|field| xxh3_64_with_seed(field, seed)) {}
        found.is_none()
    }

    fn remove(&mut self, field: &[u8]) -> bool {
        let Some(at) = self.table.find(self.hash(field), field) else {
            return false;
        };
        self.table.remove(at);
        let seed = self.seed;
        while self.table.shrink(|field| xxh3_64_with_seed(field, seed)) {}
        true
    }
}

/// A hash as it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HashView<'a> {
    Packed(&'a [u8]),
    Large(&'a LargeHash),
}

impl<'a> HashView<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Packed(bytes) => Strings::of(bytes).count() / 2,
            Self::Large(large) => large.table.len(),
        }
    }

    pub(crate) fn get(self, field: &[u8]) -> Option<&'a [u8]> {
        match self {
            Self::Packed(bytes) => {
                pairs(bytes).find_map(|(own, value)| (own == field).then_some(value))
            }
            Self::Large(large) => large.table.get(large.hash(field), field),
        }
    }

    /// Fields and values.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let (packed, large) = match self {
            Self::Packed(bytes) => (Some(pairs(bytes)), None),
            Self::Large(large) => (None, Some(&large.table)),
        };
        let large = large.into_iter().flat_map(Table::iter);
        packed
            .into_iter()
            .flatten()
            .chain(large.map(|(_, field, value)| (field, value)))
    }
}

fn pairs(packed: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut strings = Strings::of(packed);
    std::iter::from_fn(move || Some((strings.next()?.1, strings.next()?.1)))
}

/// Where a field and its value are.
fn position(packed: &[u8], field: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut strings = Strings::of(packed);
    loop {
        let (start, own) = strings.next()?;
        let (end, _) = strings.next()?;
        if own == field {
            return Some(start.start..end.end);
        }
    }
}
