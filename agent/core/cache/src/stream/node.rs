//! Some entries side by side.

use super::id::Id;
use super::listpack::{self, number_bytes, string_bytes};
use crate::collection::Limits;
use crate::wire::{Reader, Writer};

/// Entries in the order of their ids: the names of the fields of the first one, then each entry, its id as what it is beyond the id of
/// the first, its names only if they are not those of the first. Those that were removed are marked.
///
/// Invariants: 1. ids grow; 2. `live` entries are not marked, and there is at least one of them; 3. `bytes` is whole entries.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) first: Id,
    /// Of the last entry, marked or not.
    pub(super) last: Id,
    pub(super) live: u32,
    marked: u32,
    /// What Redis takes for the same, but for the two counts before the entries.
    listpack: usize,
    bytes: Vec<u8>,
}

/// It was removed.
const MARKED: u8 = 1;
/// Its fields have the names of the first entry's.
const SAME: u8 = 2;
/// Its sequence number is another one than the first entry's.
const SEQUENCE: u8 = 4;

/// No node takes more bytes than this, unless it has but one entry, whatever `stream-node-max-bytes` is.
const NODE_BYTES_MAX: usize = 64 << 10;

/// An entry's fields, each with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) id: Id,
    count: usize,
    /// The names, if they are not between the values.
    names: Option<Reader<'a>>,
    rest: Reader<'a>,
}

/// An entry where it is in the node.
pub(super) struct Placed<'a> {
    /// Where it begins.
    pub(super) at: usize,
    pub(super) is_marked: bool,
    pub(super) entry: Entry<'a>,
}

impl Node {
    /// Of one entry. `fields` are names and values.
    pub(super) fn of(id: Id, fields: &[&[u8]]) -> Self {
        let mut node = Self {
            first: id,
            last: id,
            live: 0,
            marked: 0,
            listpack: listpack::EMPTY,
            bytes: Vec::new(),
        };
        node.bytes.reserve_exact(written_bytes(fields));
        let mut out = Writer(&mut node.bytes);
        out.size(fields.len() / 2);
        node.listpack += number_bytes(fields.len() as i64 / 2) + number_bytes(0);
        for name in fields.iter().step_by(2) {
            out.bytes(name);
            node.listpack += string_bytes(name);
        }
        node.push(id, fields);
        node.bytes.shrink_to_fit();
        node
    }

    /// Whether it has room for one more entry, by the rules of Redis.
    pub(super) fn has_room(&self, fields: &[&[u8]], limits: &Limits) -> bool {
        let more: usize = fields.iter().map(|part| part.len()).sum();
        let counts = number_bytes(self.live.into()) + number_bytes(self.marked.into());
        let bytes_max = match limits.stream_node_bytes {
            0 => NODE_BYTES_MAX,
            most => most.min(NODE_BYTES_MAX),
        };
        let entries = (self.live + self.marked) as usize;
        self.listpack + counts + more < bytes_max
            && (limits.stream_node_entries == 0 || entries < limits.stream_node_entries)
    }

    /// Adds an entry behind the last one.
    pub(super) fn push(&mut self, id: Id, fields: &[&[u8]]) {
        let is_same = self.has_names(fields);
        self.make_room(written_bytes(fields));
        let milliseconds = id.milliseconds().wrapping_sub(self.first.milliseconds());
        let sequence = id.sequence().wrapping_sub(self.first.sequence());
        let same = if is_same { SAME } else { 0 };
        let others = if sequence == 0 { 0 } else { SEQUENCE };
        let mut out = Writer(&mut self.bytes);
        out.byte(same | others);
        out.number(milliseconds);
        if sequence != 0 {
            out.signed(sequence.cast_signed());
        }
        self.listpack += number_bytes(i64::from(same))
            + number_bytes(milliseconds.cast_signed())
            + number_bytes(sequence.cast_signed());
        let mut elements = 3 + fields.len();
        if is_same {
            elements -= fields.len() / 2;
        } else {
            out.size(fields.len() / 2);
            self.listpack += number_bytes(fields.len() as i64 / 2);
            elements += 1;
        }
        for part in fields
            .iter()
            .skip(usize::from(is_same))
            .step_by(1 + usize::from(is_same))
        {
            out.bytes(part);
            self.listpack += string_bytes(part);
        }
        self.listpack += number_bytes(elements as i64);
        self.live += 1;
        self.last = id;
    }

    /// Grows by a quarter, so that little is unused of the one node that a small stream has.
    fn make_room(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() < more {
            self.bytes.reserve_exact(more.max(self.bytes.len() / 4));
        }
    }

    /// Gives back what is unused: nothing is added any more.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    fn has_names(&self, fields: &[&[u8]]) -> bool {
        let mut names = Reader(&self.bytes);
        whole(names.size()) == fields.len() / 2
            && fields
                .iter()
                .step_by(2)
                .all(|name| *name == whole(names.bytes()))
    }

    /// All entries, those that are marked among them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Placed<'_>> {
        let mut rest = Reader(&self.bytes);
        let count = whole(rest.size());
        let names = rest.clone();
        skip(count, &mut rest);
        std::iter::from_fn(move || (!rest.is_empty()).then(|| self.next(&mut rest, count, &names)))
    }

    fn next<'a>(&self, rest: &mut Reader<'a>, count: usize, names: &Reader<'a>) -> Placed<'a> {
        let at = self.bytes.len() - rest.0.len();
        let flags = whole(rest.byte());
        let milliseconds = whole(rest.number());
        let sequence = if flags & SEQUENCE == 0 {
            0
        } else {
            whole(rest.signed())
        };
        let id = Id::new(
            self.first.milliseconds().wrapping_add(milliseconds),
            self.first.sequence().wrapping_add(sequence.cast_unsigned()),
        );
        let is_same = flags & SAME != 0;
        let count = if is_same { count } else { whole(rest.size()) };
        let entry = Entry {
            id,
            count,
            names: is_same.then(|| names.clone()),
            rest: rest.clone(),
        };
        let strings = if is_same { count } else { 2 * count };
        skip(strings, rest);
        Placed {
            at,
            is_marked: flags & MARKED != 0,
            entry,
        }
    }

    /// The entries that are not marked.
    pub(super) fn live(&self) -> impl Iterator<Item = Placed<'_>> {
        self.iter().filter(|placed| !placed.is_marked)
    }

    /// Marks the entry that begins there.
    pub(super) fn mark(&mut self, at: usize) {
        debug_assert!(self.bytes[at] & MARKED == 0, "it was not marked before");
        self.bytes[at] |= MARKED;
        self.live -= 1;
        self.marked += 1;
    }

    /// Bytes that are asked of the allocator.
    pub(super) const fn allocated(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity()
    }

    /// Checks the invariants.
    #[cfg(test)]
    pub(super) fn invariants(&self) {
        let ids: Vec<_> = self.iter().map(|placed| placed.entry.id).collect();
        assert!(ids.is_sorted_by(|one, other| one < other), "ids grow");
        assert_eq!(ids.first(), Some(&self.first));
        assert_eq!(ids.last(), Some(&self.last));
        assert_eq!(self.live().count(), self.live as usize, "live entries");
        assert_eq!(ids.len() as u32, self.live + self.marked, "entries");
        assert!(self.live > 0, "a node has a live entry");
    }
}

impl<'a> Entry<'a> {
    /// How many fields it has.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// Its fields, each with its value.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let (mut names, mut rest) = (self.names.clone(), self.rest.clone());
        (0..self.count).map(move |_| {
            let name = match &mut names {
                Some(names) => whole(names.bytes()),
                None => whole(rest.bytes()),
            };
            (name, whole(rest.bytes()))
        })
    }
}

/// At least what an entry takes, its flags and its id with it.
fn written_bytes(fields: &[&[u8]]) -> usize {
    let length = |part: &&[u8]| part.len() + if part.len() < 128 { 1 } else { 5 };
    24 + fields.iter().map(length).sum::<usize>()
}

fn skip(strings: usize, rest: &mut Reader<'_>) {
    for _ in 0..strings {
        whole(rest.bytes());
    }
}

fn whole<T>(read: Result<T, crate::wire::Corrupt>) -> T {
    read.expect("a node is whole entries")
}
