//! Bytes of a snapshot.
//!
//! A file is a row of blocks: kind (1 byte), length (4 bytes), CRC-32C of kind, length and contents (4 bytes), contents. The first one
//! is the header, then come pieces, each a partition's number and effects, then the footer: the first group commit of the log that is
//! needed, a transaction's and an epoch's last number, the number of its sequence that each partition had, and how many pieces there
//! are. Nothing follows it. Numbers within blocks are LEB128.

use bytes::Bytes;
use synod_replica::framing::Owner;

use crate::record::{number, put_number};

/// The newest version of the file.
pub(crate) const VERSION: u64 = 1;
const MAGIC: &[u8; 8] = b"SYNODCSN";
pub(super) const BLOCK_HEADER: usize = 9;
/// No contents are longer: their length is written in four bytes. A key may have 512 MiB, and so may each of what is under it.
const BLOCK_BYTES_MAX: usize = u32::MAX as usize;

pub(super) const HEADER: u8 = 1;
pub(super) const PIECE: u8 = 2;
pub(super) const FOOTER: u8 = 3;

/// The file of a snapshot; names sort as numbers do.
pub(crate) fn snapshot_file(number: u64) -> String {
    format!("snapshot-{number:016x}")
}

/// The number of a snapshot's file: of the first segment of the log that is needed beside it.
pub(crate) fn snapshot_number(file: &str) -> Option<u64> {
    let digits = file.strip_prefix("snapshot-")?;
    if digits.len() != 16 {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

/// What a snapshot says last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Footer {
    /// The number of the first group commit of the log that is needed beside it.
    pub(crate) first_commit: u64,
    pub(crate) transaction: u64,
    pub(crate) epoch: u64,
    /// The number of each partition's last effects that are in it.
    pub(crate) sequences: Vec<u64>,
    pub(crate) pieces: u64,
}

/// A block, in parts; nothing, if its contents are longer than [`BLOCK_BYTES_MAX`].
pub(super) fn block(kind: u8, contents: Bytes) -> Option<[Bytes; 2]> {
    if contents.len() > BLOCK_BYTES_MAX {
        return None;
    }
    let length = contents.len() as u32;
    let mut head = Vec::with_capacity(BLOCK_HEADER);
    head.push(kind);
    head.extend_from_slice(&length.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&head), &contents);
    head.extend_from_slice(&crc.to_le_bytes());
    Some([head.into(), contents])
}

pub(super) fn header(owner: &Owner, partitions: u32) -> Bytes {
    let mut out = MAGIC.to_vec();
    put_number(&mut out, VERSION);
    out.extend_from_slice(&owner.disk_id.to_le_bytes());
    put_number(&mut out, u64::from(partitions));
    out.into()
}

/// What a header says.
pub(super) enum Head {
    Partitions(u64),
    Newer(u64),
    None,
}

pub(super) fn read_header(owner: &Owner, contents: &[u8]) -> Head {
    let read = || {
        let mut rest = contents.strip_prefix(MAGIC.as_slice())?;
        let version = number(&mut rest)?;
        if version > VERSION {
            return Some(Head::Newer(version));
        }
        let (disk_id, mut rest) = rest.split_first_chunk()?;
        let partitions = number(&mut rest)?;
        let is_own = u128::from_le_bytes(*disk_id) == owner.disk_id;
        is_own.then_some(Head::Partitions(partitions))
    };
    read().unwrap_or(Head::None)
}

pub(super) fn piece(partition: u32, effects: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(effects.len() + 5);
    put_number(&mut out, u64::from(partition));
    out.extend_from_slice(effects);
    out.into()
}

/// A piece's partition, and its effects.
pub(super) fn read_piece(mut contents: &[u8]) -> Option<(usize, &[u8])> {
    let partition = usize::try_from(number(&mut contents)?).ok()?;
    Some((partition, contents))
}

impl Footer {
    pub(super) fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_number(&mut out, self.first_commit);
        put_number(&mut out, self.transaction);
        put_number(&mut out, self.epoch);
        put_number(&mut out, self.pieces);
        self.sequences
            .iter()
            .for_each(|sequence| put_number(&mut out, *sequence));
        out.into()
    }

    pub(super) fn decode(mut contents: &[u8], partitions: usize) -> Option<Self> {
        let from = &mut contents;
        let footer = Self {
            first_commit: number(from)?,
            transaction: number(from)?,
            epoch: number(from)?,
            pieces: number(from)?,
            sequences: (0..partitions)
                .map(|_| number(from))
                .collect::<Option<_>>()?,
        };
        from.is_empty().then_some(footer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_a_block_is_none() {
        // Nothing is written to it, so it takes no memory.
        let contents = vec![0; BLOCK_BYTES_MAX + 1];
        assert_eq!(block(PIECE, contents.into()), None);
        assert!(block(PIECE, Bytes::from_static(b"effects")).is_some());
    }
}
