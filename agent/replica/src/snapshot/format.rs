//! Bytes of a snapshot file, and reading one piece by piece with every sum checked.
//!
//! A file is a row of blocks: kind (1 byte), length (4 bytes), CRC-32C (4 bytes), contents. The first block is the header,
//! the second the driver's replicated state, then come the machine's pieces, and last the footer with the number of pieces
//! and a hash of all bytes before it. Nothing follows the footer.

use bytes::Bytes;
use synod_paxos::{Base, Slot};
use xxhash_rust::xxh3::Xxh3;

use crate::codec::{
    DecodeError, Reader, Writer, ballot, configuration, put_ballot, put_configuration, put_slot,
    slot,
};
use crate::mutation::mutated;
use crate::replicated::Shared;
use crate::{ClusterUid, Disk, StateMachine};

/// The newest version of the file.
pub(crate) const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"SYNODSNP";
const BLOCK_HEADER: usize = 9;
/// Larger blocks are not believed.
const BLOCK_BYTES_MAX: usize = 256 << 20;

const HEADER: u8 = 1;
const SHARED: u8 = 2;
const PIECE: u8 = 3;
const FOOTER: u8 = 4;

/// The file of a snapshot; names sort as slots do.
pub(crate) fn snapshot_file(slot: Slot) -> String {
    format!("snapshot-{:016x}", slot.0)
}

/// The slot of a snapshot's file, `None` if it is no snapshot's name.
pub(crate) fn snapshot_slot(file: &str) -> Option<Slot> {
    let digits = file.strip_prefix("snapshot-")?;
    if digits.len() != 16 {
        return None;
    }
    u64::from_str_radix(digits, 16).ok().map(Slot)
}

/// What a snapshot says about itself first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) cluster: ClusterUid,
    pub(crate) group: u32,
    pub(crate) base: Base,
}

impl Header {
    fn encode(&self) -> Bytes {
        let mut w = Writer::with_capacity(512);
        w.raw(MAGIC);
        w.u32_fixed(VERSION);
        w.raw(&self.cluster.0);
        w.u32_fixed(self.group);
        put_slot(&mut w, self.base.slot);
        put_ballot(&mut w, self.base.ballot);
        put_configuration(&mut w, &self.base.configuration);
        w.whole()
    }

    fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        if r.raw(MAGIC.len())? != MAGIC[..] {
            return Err(DecodeError::Invalid("the snapshot's magic"));
        }
        let version = r.u32_fixed()?;
        if version > VERSION {
            return Err(DecodeError::Newer {
                found: version,
                known: VERSION,
            });
        }
        let header = Self {
            cluster: ClusterUid(r.uid()?),
            group: r.u32_fixed()?,
            base: Base {
                slot: slot(&mut r)?,
                ballot: ballot(&mut r)?,
                configuration: configuration(&mut r)?,
            },
        };
        r.end()?;
        Ok(header)
    }
}

/// Encodes a snapshot's blocks in order, keeping the sums.
pub(crate) struct Encoder {
    hash: Xxh3,
    pieces: u64,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            hash: Xxh3::new(),
            pieces: 0,
        }
    }

    /// The first two blocks.
    pub(crate) fn begin(&mut self, header: &Header, shared: Bytes) -> Vec<Bytes> {
        let mut parts = self.block(HEADER, header.encode());
        parts.extend(self.block(SHARED, shared));
        parts
    }

    pub(crate) fn piece(&mut self, piece: Bytes) -> Vec<Bytes> {
        self.pieces += 1;
        self.block(PIECE, piece)
    }

    /// The last block, and the hash of all before it.
    pub(crate) fn end(mut self) -> (Vec<Bytes>, u64) {
        let hash = self.hash.digest();
        let mut w = Writer::with_capacity(16);
        w.u64_fixed(self.pieces);
        w.u64_fixed(hash);
        (self.block(FOOTER, w.whole()), hash)
    }

    fn block(&mut self, kind: u8, contents: Bytes) -> Vec<Bytes> {
        let mut w = Writer::with_capacity(BLOCK_HEADER);
        w.u8(kind);
        w.u32_fixed(u32::try_from(contents.len()).expect("a piece is below 4 GiB"));
        w.u32_fixed(crc32c::crc32c(&contents));
        let parts = vec![w.whole(), contents];
        if kind != FOOTER {
            for part in &parts {
                self.hash.update(part);
            }
        }
        parts
    }
}

/// A snapshot that was read to its end.
pub(crate) struct Loaded<S> {
    pub(crate) base: Base,
    pub(crate) shared: Shared,
    pub(crate) machine: S,
    /// The hash in its footer.
    pub(crate) hash: u64,
}

/// Why a snapshot cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoadError {
    /// It does not check.
    Damaged(String),
    /// It is of a newer version.
    Newer { found: u32, known: u32 },
}

impl From<DecodeError> for LoadError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Newer { found, known } => Self::Newer { found, known },
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// Reads a snapshot file into an empty machine, a block at a time.
pub(crate) struct Loading<S> {
    file: String,
    cluster: ClusterUid,
    group: u32,
    offset: u64,
    hash: Xxh3,
    pieces: u64,
    base: Option<Base>,
    shared: Option<Shared>,
    machine: S,
}

impl<S: StateMachine> Loading<S> {
    /// Begins to read `file` into `machine`, which is empty.
    pub(crate) fn new(file: String, cluster: ClusterUid, group: u32, machine: S) -> Self {
        Self {
            file,
            cluster,
            group,
            offset: 0,
            hash: Xxh3::new(),
            pieces: 0,
            base: None,
            shared: None,
            machine,
        }
    }

    /// Reads on for one block. Gives `self` back until the end.
    pub(crate) fn step<D: Disk>(mut self, disk: &D) -> Result<Step<S>, LoadError> {
        let (kind, head, contents) = self.block(disk)?;
        if kind == FOOTER {
            return self.end(disk, contents).map(Step::Done);
        }
        self.hash.update(&head);
        self.hash.update(&contents);
        match (kind, &self.base, &self.shared) {
            (HEADER, None, _) => {
                let header = Header::decode(contents)?;
                if header.cluster != self.cluster || header.group != self.group {
                    return Err(self.damaged("belongs to another cluster"));
                }
                self.base = Some(header.base);
            }
            (SHARED, Some(base), None) => {
                let shared = Shared::decode(contents)?;
                if shared.applied != base.slot {
                    return Err(self.damaged("contradicts itself about its slot"));
                }
                self.shared = Some(shared);
            }
            (PIECE, Some(_), Some(_)) => {
                self.pieces += 1;
                self.machine
                    .restore(&contents)
                    .map_err(|damaged| self.damaged(&damaged.0))?;
            }
            _ => return Err(self.damaged("has a block out of order")),
        }
        Ok(Step::More(Box::new(self)))
    }

    fn damaged(&self, why: &str) -> LoadError {
        LoadError::Damaged(format!("{} {why}, at byte {}", self.file, self.offset))
    }

    fn block<D: Disk>(&mut self, disk: &D) -> Result<(u8, Bytes, Bytes), LoadError> {
        let head = self.read(disk, BLOCK_HEADER)?;
        let mut r = Reader::new(head.clone());
        let (kind, length, crc) = (r.u8()?, r.u32_fixed()? as usize, r.u32_fixed()?);
        if length > BLOCK_BYTES_MAX {
            return Err(self.damaged("has a block of impossible length"));
        }
        let contents = self.read(disk, length)?;
        if crc32c::crc32c(&contents) != crc && !mutated("replica-unverified-snapshot") {
            return Err(self.damaged("has a block whose sum is wrong"));
        }
        Ok((kind, head, contents))
    }

    fn read<D: Disk>(&mut self, disk: &D, length: usize) -> Result<Bytes, LoadError> {
        let bytes = disk
            .read(&self.file, self.offset, length)
            .map_err(|error| self.damaged(&format!("cannot be read: {error:?}")))?;
        if bytes.len() < length {
            return Err(self.damaged("ends too early"));
        }
        self.offset += length as u64;
        Ok(bytes)
    }

    fn end<D: Disk>(mut self, disk: &D, footer: Bytes) -> Result<Loaded<S>, LoadError> {
        let mut r = Reader::new(footer);
        let (pieces, hash) = (r.u64_fixed()?, r.u64_fixed()?);
        r.end()?;
        let more = disk.read(&self.file, self.offset, 1);
        let whole = pieces == self.pieces
            && hash == self.hash.digest()
            && more.is_ok_and(|more| more.is_empty());
        if !whole && !mutated("replica-unverified-snapshot") {
            return Err(self.damaged("does not match its footer"));
        }
        if let Err(damaged) = self.machine.restored() {
            return Err(self.damaged(&damaged.0));
        }
        match (self.base, self.shared) {
            (Some(base), Some(shared)) => Ok(Loaded {
                base,
                shared,
                machine: self.machine,
                hash,
            }),
            _ => Err(LoadError::Damaged(format!("{} has no header", self.file))),
        }
    }
}

/// How far reading has come.
pub(crate) enum Step<S> {
    More(Box<Loading<S>>),
    Done(Loaded<S>),
}
