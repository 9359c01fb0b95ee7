//! Reading the log at recovery: what was written, where it ends, and whether anything that was durable is gone.
//!
//! Every segment's header names its first batch. A batch of that number or above in an *earlier* segment is superseded: it
//! was written anew. Recovery always does that to the last batch, since a sync of it may have failed before a restart
//! and the system may show bytes that never reached the medium (Rebello et al., "Can applications recover from fsync
//! failures?", 2020). So what counts of a segment is its batches up to the next segment's first, and segments need no
//! consecutive numbers. A segment whose own first batch was cut short supersedes nothing: what it was to hold anew is still
//! where it was.

use bytes::Bytes;
use synod_paxos::{Record, Slot};

use super::finding::{Found, SegmentBytes};
use super::format::{last_slot, records};
use super::framing::{
    HeaderFault, Owner, SEGMENT_HEADER, SegmentHeader, VERSION, batch_bytes, segment_file,
    segment_number,
};
use crate::mutation::mutated;
use crate::{Disk, DiskError, OpenError};

/// A segment that holds something which counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadSegment {
    pub(crate) number: u64,
    /// Bytes that hold the header and the batches that count.
    pub(crate) length: u64,
    /// The last slot that a record in it is about.
    pub(crate) last_slot: Slot,
}

/// A batch that no later one proves to be durable: to be written anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unproven {
    pub(crate) body: Bytes,
    pub(crate) last_slot: Slot,
}

/// A log as it was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadLog {
    pub(crate) records: Vec<(u32, Record)>,
    /// What stays, without the unproven batch.
    pub(crate) segments: Vec<ReadSegment>,
    /// Files of segments that hold nothing that counts.
    pub(crate) superseded: Vec<String>,
    /// The number that the next segment is to have.
    pub(crate) next_segment: u64,
    /// The number of the first batch of the next segment: the unproven one, or the next.
    pub(crate) next_batch: u64,
    /// The last batch, whose records are among `records`.
    pub(crate) unproven: Option<Unproven>,
    /// True if there was a segment that could be read.
    pub(crate) exists: bool,
    /// What is damaged, if anything: records after it are missing though they had been durable.
    pub(crate) damage: Option<String>,
}

impl ReadLog {
    /// The records of one group.
    pub(crate) fn of_group(self, group: u32) -> impl Iterator<Item = Record> {
        let own = self.records.into_iter().filter(move |(of, _)| *of == group);
        own.map(|(_, record)| record)
    }
}

/// Reads all segments, in order.
///
/// A write is submitted only when all before it are durable, so anything that is there *after* a place proves that what
/// was at the place had been durable: a later segment, or a later batch by its synced-through marker. Damage that
/// nothing follows is a write cut short if a part of it is missing, and rot if nothing is missing
/// (`is_unfinished`).
///
/// # Errors
/// If a file cannot be read, or is of a newer version.
pub(crate) fn read_log<D: Disk>(disk: &D, owner: &Owner) -> Result<ReadLog, OpenError> {
    let mut found = Vec::new();
    for number in segment_numbers(disk)? {
        let file = segment_file(number);
        let bytes = read_whole(disk, &file)?;
        let header = match SegmentHeader::decode(&bytes) {
            Err(HeaderFault::Newer(found)) => {
                let known = VERSION;
                return Err(OpenError::Newer { file, found, known });
            }
            Ok(header) if header.owner != *owner || header.segment != number => {
                Err(HeaderFault::Damaged)
            }
            other => other,
        };
        let disk_id = owner.disk_id;
        found.push(Segment {
            file,
            bytes: SegmentBytes {
                disk_id,
                number,
                bytes,
            },
            header,
        });
    }
    let mut log = ReadLog {
        next_batch: 1,
        next_segment: found.last().map_or(1, |segment| segment.bytes.number + 1),
        ..ReadLog::default()
    };
    let tail = read_segments(&found, &mut log);
    if log.damage.is_some() && mutated("replica-damage-is-torn-tail") {
        log.damage = None;
    }
    leave_unproven(tail, &mut log);
    let kept = |number| log.segments.iter().any(|kept| kept.number == number);
    let rest = found.iter().filter(|segment| !kept(segment.bytes.number));
    log.superseded = rest.map(|segment| segment.file.clone()).collect();
    Ok(log)
}

/// The numbers of all segments on the disk, in order.
pub(crate) fn segment_numbers<D: Disk>(disk: &D) -> Result<Vec<u64>, OpenError> {
    let files = disk.list().map_err(|error| unreadable(".", &error))?;
    let mut numbers: Vec<u64> = files
        .iter()
        .filter_map(|file| segment_number(file))
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

pub(crate) fn unreadable(file: &str, error: &DiskError) -> OpenError {
    OpenError::Unreadable {
        file: file.to_owned(),
        why: match error {
            DiskError::Full => "no space left".to_owned(),
            DiskError::NotFound => "not found".to_owned(),
            DiskError::Failed(why) => why.clone(),
        },
    }
}

fn read_whole<D: Disk>(disk: &D, file: &str) -> Result<Bytes, OpenError> {
    let read = || {
        let length = disk.length(file)?;
        disk.read(file, 0, usize::try_from(length).unwrap_or(usize::MAX))
    };
    read().map_err(|error| unreadable(file, &error))
}

/// The last segment with a header, and the last batch in it.
#[derive(Default)]
struct Tail {
    first_batch: u64,
    torn: bool,
    last: Option<LastBatch>,
}

struct LastBatch {
    at: usize,
    number: u64,
    records_from: usize,
    body: Bytes,
    last_slot: Slot,
    last_slot_before: Slot,
}

/// Reads what counts of each segment; stops at damage.
fn read_segments(found: &[Segment], log: &mut ReadLog) -> Tail {
    let mut tail = Tail::default();
    let (found, through) = without_stillborn(found);
    for (index, segment) in found.iter().enumerate() {
        let next = found[index + 1..]
            .iter()
            .find_map(|later| later.header.ok())
            .map(|header| header.first_batch);
        match (segment.header, next) {
            (Ok(header), next) => {
                if !log.exists {
                    log.exists = true;
                    log.next_batch = header.first_batch;
                }
                tail = segment.read(header, next, log);
            }
            (Err(_), Some(_)) if log.exists => {}
            (Err(HeaderFault::Missing), None)
                if !segment.bytes.follows(SEGMENT_HEADER, log.next_batch) => {}
            (Err(_), _) => log.damage = Some(format!("the header of {} is damaged", segment.file)),
        }
        if log.damage.is_some() {
            return tail;
        }
    }
    if let Some(last) = found.last().filter(|_| log.next_batch < through) {
        let number = log.next_batch;
        let what = format!("group commit {number} of {} is missing", last.file);
        log.damage = Some(format!("{what} though it had been synced"));
    }
    tail
}

/// Leaves out the segments at the end whose first batch was cut short, if others are before them; with the number of the
/// first batch that they do not prove to be durable.
fn without_stillborn(found: &[Segment]) -> (&[Segment], u64) {
    let (mut kept, mut through) = (found, 0);
    while let [before @ .., last] = kept
        && before.iter().any(|segment| segment.header.is_ok())
    {
        match last.header {
            Ok(header) => {
                let Found::End { .. } = last.bytes.find(SEGMENT_HEADER, header.first_batch) else {
                    break;
                };
                through = through.max(header.first_batch);
            }
            Err(HeaderFault::Missing) if !last.bytes.follows(SEGMENT_HEADER, 0) => {}
            _ => break,
        }
        kept = before;
    }
    (kept, through)
}

/// Takes the last batch out of its segment, for it is to be written anew; and the segment, if nothing else is in it.
fn leave_unproven(tail: Tail, log: &mut ReadLog) {
    if tail.torn && mutated("replica-torn-tail-kept") {
        log.next_batch += 1;
        return;
    }
    if let Some(last) = tail.last {
        log.next_batch = last.number;
        if mutated("replica-batch-lost") {
            log.records.truncate(last.records_from);
        } else {
            log.unproven = Some(Unproven {
                body: last.body,
                last_slot: last.last_slot,
            });
        }
        if let Some(segment) = log.segments.last_mut() {
            segment.length = last.at as u64;
            segment.last_slot = last.last_slot_before;
        }
    }
    if tail.first_batch == log.next_batch {
        log.segments.pop();
    }
}

struct Segment {
    file: String,
    bytes: SegmentBytes,
    header: Result<SegmentHeader, HeaderFault>,
}

impl Segment {
    /// Reads the batches before number `next`, or to the end if no segment follows.
    fn read(&self, header: SegmentHeader, next: Option<u64>, log: &mut ReadLog) -> Tail {
        let mut tail = Tail {
            first_batch: header.first_batch,
            ..Tail::default()
        };
        let mut at = SEGMENT_HEADER;
        let mut last = Slot(0);
        while next.is_none_or(|next| log.next_batch < next) {
            match self.bytes.find(at, log.next_batch) {
                Found::Batch(header, body) => {
                    let from = log.records.len();
                    if records(body.clone(), &mut log.records).is_err() {
                        log.records.truncate(from);
                        log.damage = Some(self.damage(at, header.number, "is of an unknown kind"));
                        break;
                    }
                    let slots = log.records[from..]
                        .iter()
                        .map(|(_, record)| last_slot(record));
                    let last_here = slots.max().unwrap_or_default();
                    tail.last = Some(LastBatch {
                        at,
                        number: header.number,
                        records_from: from,
                        body,
                        last_slot: last_here,
                        last_slot_before: last,
                    });
                    last = last.max(last_here);
                    at += batch_bytes(header.length as usize);
                    log.next_batch = header.number + 1;
                }
                Found::End { torn } if next.is_none() => {
                    tail.torn = torn;
                    break;
                }
                Found::End { .. } | Found::Damage => {
                    let what = "is damaged though it had been synced";
                    log.damage = Some(self.damage(at, log.next_batch, what));
                    break;
                }
            }
        }
        if log.next_batch > header.first_batch || next.is_none() {
            log.segments.push(ReadSegment {
                number: self.bytes.number,
                length: at as u64,
                last_slot: last,
            });
        }
        tail
    }

    fn damage(&self, at: usize, number: u64, what: &str) -> String {
        format!("group commit {number} at byte {at} of {} {what}", self.file)
    }
}
