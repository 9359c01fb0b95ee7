//! Segments and group commits of a write-ahead log, whatever it is about: segment headers, group commits ("batches"); and how a
//! write that a crash cut short is told from bytes that rotted.
//!
//! A segment is a file of zeros that is written once from front to back. It begins with a header; batches follow, each
//! at a multiple of eight bytes:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | magic |
//! | 4 | length of the body |
//! | 8 | number of the batch: grows by one, across segments |
//! | 8 | synced-through marker: the last batch known to be durable when this one was written |
//! | 4 | CRC-32C of the body |
//! | 4 | CRC-32C of the header, seeded with disk, segment and offset, so that no stored value looks like a header |
//! | 8 | mark |
//! | n | body: what the log is about |
//! | 0–7 | filling |
//! | 8 | end mark |
//!
//! All numbers here are little-endian.

use bytes::{Buf, BufMut, Bytes, BytesMut};
pub use synod_paxos::Node;

pub use super::finding::{Found, SegmentBytes};
use crate::ClusterUid;

/// The newest version of segments, batches and records.
pub const VERSION: u32 = 1;
/// Bytes of a segment's header.
pub const SEGMENT_HEADER: usize = 80;
/// Bytes of a batch's header.
pub const BATCH_HEADER: usize = 40;

const SEGMENT_MAGIC: [u8; 8] = *b"SYNODWAL";
const BATCH_MAGIC: u32 = 0x5AB7_C0DE;
const HEADER_MARK: u64 = 0xD1CE_BA7C_4EAD_E4D5;
const END_MARK: u64 = 0xE4D0_FBA7_C4A5_5A7D;
const SEGMENT_MARK: u32 = 0x5E61_4EAD;
const FILLING: u8 = 0xA5;
/// What a disk writes as a whole or not at all.
const SECTOR: usize = 512;

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Of which cluster.
    pub cluster: ClusterUid,
    /// Of which of its members.
    pub node: Node,
    /// On which disk: drawn when it was formatted.
    pub disk_id: u128,
}

/// The file of a segment; names sort as numbers do.
#[must_use]
pub fn segment_file(number: u64) -> String {
    format!("wal-{number:016x}")
}

/// The number of a segment's file, `None` if it is no segment's name.
#[must_use]
pub fn segment_number(file: &str) -> Option<u64> {
    let digits = file.strip_prefix("wal-")?;
    if digits.len() != 16 {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

/// A segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Whose it is.
    pub owner: Owner,
    /// Its number.
    pub segment: u64,
    /// The number of its first batch: proves that all before it were durable.
    pub first_batch: u64,
}

/// Why a segment's header is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// It was not written to its end.
    Missing,
    /// It was, and is something else now.
    Damaged,
    /// It is of a newer version.
    Newer(u32),
}

impl SegmentHeader {
    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut b = BytesMut::with_capacity(SEGMENT_HEADER);
        b.put_slice(&SEGMENT_MAGIC);
        b.put_u32_le(VERSION);
        b.put_u32_le(0);
        b.put_slice(&self.owner.cluster.0);
        b.put_u64_le(self.owner.node.0);
        b.put_u128_le(self.owner.disk_id);
        b.put_u64_le(self.segment);
        b.put_u64_le(self.first_batch);
        let crc = crc32c::crc32c(&b);
        b.put_u32_le(crc);
        b.put_u32_le(SEGMENT_MARK);
        b.freeze()
    }

    /// Decodes the header at the beginning of a segment's bytes. The layout is the same in all versions.
    ///
    /// # Errors
    /// If there is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderFault> {
        let Some(head) = bytes.get(..SEGMENT_HEADER) else {
            return Err(HeaderFault::Missing);
        };
        let (summed, mut tail) = head.split_at(SEGMENT_HEADER - 8);
        let whole = head.starts_with(&SEGMENT_MAGIC)
            && tail.get_u32_le() == crc32c::crc32c(summed)
            && tail.get_u32_le() == SEGMENT_MARK;
        if !whole {
            return Err(if is_unfinished(head, 0) {
                HeaderFault::Missing
            } else {
                HeaderFault::Damaged
            });
        }
        let mut fields = summed;
        fields.advance(SEGMENT_MAGIC.len());
        let version = fields.get_u32_le();
        if version > VERSION {
            return Err(HeaderFault::Newer(version));
        }
        fields.advance(4);
        let mut cluster = [0; 16];
        fields.copy_to_slice(&mut cluster);
        Ok(Self {
            owner: Owner {
                cluster: ClusterUid(cluster),
                node: Node(fields.get_u64_le()),
                disk_id: fields.get_u128_le(),
            },
            segment: fields.get_u64_le(),
            first_batch: fields.get_u64_le(),
        })
    }
}

/// Where a batch stands: part of its header's checksum.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// On which disk.
    pub disk_id: u128,
    /// In which segment.
    pub segment: u64,
    /// From which byte on.
    pub offset: u64,
}

/// A batch's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Length of the body.
    pub length: u32,
    /// Its number.
    pub number: u64,
    /// The last batch that was known to be durable when this one was written.
    pub synced: u64,
    body_crc: u32,
}

/// Bytes that a batch with a body of `length` takes.
#[must_use]
pub const fn batch_bytes(length: usize) -> usize {
    BATCH_HEADER + length.next_multiple_of(8) + 8
}

/// Puts header and trailer around a body.
///
/// # Panics
/// If the body is 4 GiB or longer.
#[must_use]
pub fn encode_batch(place: Place, number: u64, synced: u64, body: Vec<Bytes>) -> Vec<Bytes> {
    let length: usize = body.iter().map(Bytes::len).sum();
    let body_crc = body
        .iter()
        .fold(0, |crc, part| crc32c::crc32c_append(crc, part));
    let mut head = BytesMut::with_capacity(BATCH_HEADER);
    head.put_u32_le(BATCH_MAGIC);
    head.put_u32_le(u32::try_from(length).expect("a batch is below 4 GiB"));
    head.put_u64_le(number);
    head.put_u64_le(synced);
    head.put_u32_le(body_crc);
    let crc = header_crc(place, &head);
    head.put_u32_le(crc);
    head.put_u64_le(HEADER_MARK);
    let mut tail = BytesMut::with_capacity(16);
    tail.put_bytes(FILLING, length.next_multiple_of(8) - length);
    tail.put_u64_le(END_MARK);
    let mut parts = Vec::with_capacity(body.len() + 2);
    parts.push(head.freeze());
    parts.extend(body);
    parts.push(tail.freeze());
    parts
}

fn header_crc(place: Place, fields: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&place.disk_id.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &place.segment.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &place.offset.to_le_bytes());
    crc32c::crc32c_append(crc, fields)
}

/// Decodes the header of the batch at `place`; `None` if there is none.
#[must_use]
pub fn decode_header(place: Place, bytes: &[u8]) -> Option<BatchHeader> {
    let head = bytes.get(..BATCH_HEADER)?;
    let mut fields = head;
    if fields.get_u32_le() != BATCH_MAGIC {
        return None;
    }
    let header = BatchHeader {
        length: fields.get_u32_le(),
        number: fields.get_u64_le(),
        synced: fields.get_u64_le(),
        body_crc: fields.get_u32_le(),
    };
    let whole =
        fields.get_u32_le() == header_crc(place, &head[..28]) && fields.get_u64_le() == HEADER_MARK;
    whole.then_some(header)
}

/// The body of the batch that begins `bytes`, if all of it is there and is what was written.
#[must_use]
pub fn body(header: &BatchHeader, bytes: &Bytes) -> Option<Bytes> {
    let length = header.length as usize;
    let end = bytes.get(BATCH_HEADER + length..batch_bytes(length))?;
    let (filling, mut mark) = end.split_at_checked(end.len().checked_sub(8)?)?;
    let body = bytes.slice(BATCH_HEADER..BATCH_HEADER + length);
    let whole = mark.get_u64_le() == END_MARK
        && filling.iter().all(|byte| *byte == FILLING)
        && crc32c::crc32c(&body) == header.body_crc;
    whole.then_some(body)
}

/// Judges bytes that are not what was written there, or was about to be: true if a part of them was never written.
///
/// What is written begins and ends with a byte that is not zero, and what was there before is zeros. A disk writes
/// sectors as a whole, perhaps out of order, and a crash may also end a write in the middle of one. So a write that
/// was cut short leaves its first byte, its last byte or a whole sector zero. If nothing is missing the write may have
/// been completed and acknowledged, and its bytes have rotted since.
///
/// What remains: rot that turns a whole sector to zeros in the very last batch, or any rot in a last batch that carries a
/// value with a whole aligned sector of zeros, is taken for a write cut short, unless a later batch or segment proves
/// that it was durable.
#[must_use]
pub fn is_unfinished(region: &[u8], offset: u64) -> bool {
    let (Some(first), Some(last)) = (region.first(), region.last()) else {
        return true;
    };
    if *first == 0 || *last == 0 {
        return true;
    }
    let head = (SECTOR - (offset % SECTOR as u64) as usize) % SECTOR;
    let Some((edge, sectors)) = region.split_at_checked(head) else {
        return false;
    };
    let zero = |piece: &[u8]| !piece.is_empty() && piece.iter().all(|byte| *byte == 0);
    zero(edge) || sectors.chunks(SECTOR).any(zero)
}
