//! Values as plain elements.

use std::borrow::Cow;
use std::sync::Arc;

/// Bytes that are where they were found, or had to be made.
pub type Bytes<'a> = Cow<'a, [u8]>;

/// What can be under a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Bytes.
    String(Bytes<'a>),
    /// Elements from the first to the last.
    List(Vec<Bytes<'a>>),
    /// Members in any order.
    Set(Vec<Bytes<'a>>),
    /// Members with their scores; to be written they are in the order of their scores, and of their bytes.
    SortedSet(Vec<(Bytes<'a>, f64)>),
    /// Fields in any order.
    Hash(Vec<Field<'a>>),
    /// See there.
    Stream(Stream<'a>),
}

/// A field of a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub name: Bytes<'a>,
    /// Its value.
    pub value: Bytes<'a>,
    /// When it expires, in Unix milliseconds: since Redis 7.4.
    pub expiry: Option<i64>,
}

/// The number of an entry of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Milliseconds since the Unix epoch, mostly.
    pub milliseconds: u64,
    /// Among those of the same milliseconds.
    pub sequence: u64,
}

/// A stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream<'a> {
    /// By their numbers.
    pub entries: Vec<StreamEntry<'a>>,
    /// The last number that was given.
    pub last: StreamId,
    /// The largest number of an entry that was deleted.
    pub deleted: StreamId,
    /// How many entries were ever added.
    pub added: u64,
    /// Groups of consumers.
    pub groups: Vec<Group<'a>>,
}

/// An entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEntry<'a> {
    /// Its number.
    pub id: StreamId,
    /// Names of its fields; entries of the same ones share them.
    pub names: Arc<[Bytes<'a>]>,
    /// The value of each field.
    pub values: Vec<Bytes<'a>>,
}

/// A group of consumers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Its name.
    pub name: Bytes<'a>,
    /// The last entry that it was given.
    pub last: StreamId,
    /// How many entries it was given, if that is known.
    pub entries_read: Option<u64>,
    /// What was given to consumers, who have not said that it is done, by number.
    pub pending: Vec<Pending>,
    /// Who reads.
    pub consumers: Vec<Consumer<'a>>,
}

/// An entry that was given to a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which one.
    pub id: StreamId,
    /// To whom: its place among the consumers.
    pub consumer: usize,
    /// When the last time, in Unix milliseconds.
    pub delivered_at: i64,
    /// How often.
    pub deliveries: u64,
}

/// A consumer of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer<'a> {
    /// Its name.
    pub name: Bytes<'a>,
    /// When it asked for something, in Unix milliseconds.
    pub seen_at: i64,
    /// When it was given something, in Unix milliseconds; -1 if never.
    pub active_at: i64,
}
