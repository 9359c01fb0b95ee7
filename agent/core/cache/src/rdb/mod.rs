//! Values and files in the format of Redis: what `DUMP` answers and `RESTORE` takes, and what `SAVE` writes.
//!
//! All versions are read up to [`VERSION_MAX`], that of Redis 7.4; what is dumped is of [`VERSION_WRITTEN`], that of 7.0, so that all
//! of them can restore it, unless it is a hash with fields that expire, which only the newest knows. Whatever the bytes are, nothing
//! here panics, and nothing takes more memory than a small multiple of what is there of them (of what is compressed, of what it is
//! when it is not).
//!
//! It knows nothing of keyspaces. <https://rdb.fnordig.de/file_format.html>, and `rdb.c` of Redis, are the only specifications.

mod chunks;
mod crc64;
mod error;
mod file;
mod functions;
mod hash;
mod input;
mod intset;
mod listpack;
mod lzf;
mod output;
mod payload;
mod read;
mod save;
mod stream;
mod value;
mod write;
mod ziplist;
mod zipmap;

pub use chunks::Chunks;
pub use error::{Error, Wrong};
pub use file::{Record, Records};
pub use functions::{Unreadable, opened_functions, sealed_functions};
pub use payload::{opened, sealed};
pub use read::read;
pub use save::{About, File};
pub use value::{Bytes, Consumer, Field, Group, Pending, Stream, StreamEntry, StreamId, Value};
pub use write::{Form, write};

/// The newest version that is read.
pub const VERSION_MAX: u16 = 12;
/// The version of what `DUMP` answers.
pub const VERSION_WRITTEN: u16 = 10;

/// Types of values.
mod kind {
    pub(super) const STRING: u8 = 0;
    pub(super) const LIST: u8 = 1;
    pub(super) const SET: u8 = 2;
    /// Scores are text.
    pub(super) const SORTED_SET_TEXT: u8 = 3;
    pub(super) const HASH: u8 = 4;
    pub(super) const SORTED_SET: u8 = 5;
    pub(super) const HASH_ZIPMAP: u8 = 9;
    pub(super) const LIST_ZIPLIST: u8 = 10;
    pub(super) const SET_INTSET: u8 = 11;
    pub(super) const SORTED_SET_ZIPLIST: u8 = 12;
    pub(super) const HASH_ZIPLIST: u8 = 13;
    /// Nodes are ziplists.
    pub(super) const QUICKLIST: u8 = 14;
    pub(super) const STREAM: u8 = 15;
    pub(super) const HASH_LISTPACK: u8 = 16;
    pub(super) const SORTED_SET_LISTPACK: u8 = 17;
    /// Nodes are listpacks, or single elements.
    pub(super) const QUICKLIST_2: u8 = 18;
    /// With what was ever added and deleted.
    pub(super) const STREAM_2: u8 = 19;
    pub(super) const SET_LISTPACK: u8 = 20;
    /// With when consumers were active.
    pub(super) const STREAM_3: u8 = 21;
    /// Fields, some of which expire.
    pub(super) const HASH_EXPIRING: u8 = 24;
    pub(super) const HASH_EXPIRING_LISTPACK: u8 = 25;
}
