//! Bytes of the write-ahead log: segment headers, group commits ("batches"), records; and how a write that a crash cut
//! short is told from bytes that rotted.
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
//! | n | body: records, each group, kind, fields |
//! | 0–7 | filling |
//! | 8 | end mark |
//!
//! All numbers here are little-endian.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use synod_paxos::{Node, Record, Slot};

use crate::ClusterUid;
use crate::codec::{
    DecodeError, Reader, Writer, ballot, entries, put_ballot, put_entries, put_slot, slot,
};

/// The newest version of segments, batches and records.
pub(crate) const VERSION: u32 = 1;
pub(crate) const SEGMENT_HEADER: usize = 80;
pub(crate) const BATCH_HEADER: usize = 40;

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
pub(crate) struct Owner {
    pub(crate) cluster: ClusterUid,
    pub(crate) node: Node,
    pub(crate) disk_id: u128,
}

/// The file of a segment; names sort as numbers do.
pub(crate) fn segment_file(number: u64) -> String {
    format!("wal-{number:016x}")
}

/// The number of a segment's file, `None` if it is no segment's name.
pub(crate) fn segment_number(file: &str) -> Option<u64> {
    let digits = file.strip_prefix("wal-")?;
    if digits.len() != 16 {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

/// A segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) owner: Owner,
    pub(crate) segment: u64,
    /// The number of its first batch: proves that all before it were durable.
    pub(crate) first_batch: u64,
}

/// Why a segment's header is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    /// It was not written to its end.
    Missing,
    /// It was, and is something else now.
    Damaged,
    /// It is of a newer version.
    Newer(u32),
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Bytes {
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
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, HeaderFault> {
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
pub(crate) struct Place {
    pub(crate) disk_id: u128,
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// A batch's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    /// Length of the body.
    pub(crate) length: u32,
    pub(crate) number: u64,
    pub(crate) synced: u64,
    body_crc: u32,
}

/// Bytes that a batch with a body of `length` takes.
pub(crate) const fn batch_bytes(length: usize) -> usize {
    BATCH_HEADER + length.next_multiple_of(8) + 8
}

/// Puts header and trailer around a body.
pub(crate) fn encode_batch(place: Place, number: u64, synced: u64, body: Vec<Bytes>) -> Vec<Bytes> {
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
pub(crate) fn decode_header(place: Place, bytes: &[u8]) -> Option<BatchHeader> {
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
pub(crate) fn body(header: &BatchHeader, bytes: &Bytes) -> Option<Bytes> {
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
pub(crate) fn is_unfinished(region: &[u8], offset: u64) -> bool {
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

const PROMISE: u8 = 1;
const SYNC: u8 = 2;
const APPEND: u8 = 3;
const LEARN: u8 = 4;

/// Appends a record to a batch's body.
pub(crate) fn put_record(w: &mut Writer, group: u32, record: &Record) {
    w.varint(u64::from(group));
    match record {
        Record::Promise { ballot } => {
            w.u8(PROMISE);
            put_ballot(w, *ballot);
        }
        Record::Sync {
            ballot,
            from,
            entries,
            decided,
        } => {
            w.u8(SYNC);
            put_ballot(w, *ballot);
            put_slot(w, *from);
            put_slot(w, *decided);
            put_entries(w, entries);
        }
        Record::Append {
            ballot,
            from,
            entries,
            decided,
        } => {
            w.u8(APPEND);
            put_ballot(w, *ballot);
            put_slot(w, *from);
            put_slot(w, *decided);
            put_entries(w, entries);
        }
        Record::Learn { from, entries } => {
            w.u8(LEARN);
            put_slot(w, *from);
            put_entries(w, entries);
        }
    }
}

/// Decodes the records of a body.
pub(crate) fn records(body: Bytes, into: &mut Vec<(u32, Record)>) -> Result<(), DecodeError> {
    let mut r = Reader::new(body);
    while r.remaining() > 0 {
        let group = r.varint_u32()?;
        let record = match r.u8()? {
            PROMISE => Record::Promise {
                ballot: ballot(&mut r)?,
            },
            kind @ (SYNC | APPEND) => {
                let (ballot, from, decided) = (ballot(&mut r)?, slot(&mut r)?, slot(&mut r)?);
                let entries = entries(&mut r)?;
                if kind == SYNC {
                    Record::Sync {
                        ballot,
                        from,
                        entries,
                        decided,
                    }
                } else {
                    Record::Append {
                        ballot,
                        from,
                        entries,
                        decided,
                    }
                }
            }
            LEARN => Record::Learn {
                from: slot(&mut r)?,
                entries: entries(&mut r)?,
            },
            _ => return Err(DecodeError::Invalid("a record's kind")),
        };
        into.push((group, record));
    }
    Ok(())
}

/// The last slot that a record says something about, 0 if none.
pub(crate) fn last_slot(record: &Record) -> Slot {
    match record {
        Record::Promise { .. } => Slot(0),
        Record::Sync { from, entries, .. }
        | Record::Append { from, entries, .. }
        | Record::Learn { from, entries } => {
            Slot((from.0 + entries.len() as u64).saturating_sub(1))
        }
    }
}
