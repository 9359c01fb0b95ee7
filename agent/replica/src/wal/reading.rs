//! Reading the log at recovery: what was written, where it ends, and whether anything that was durable is gone.

use bytes::Bytes;
use synod_paxos::{Record, Slot};

use super::format::{
    BATCH_HEADER, BatchHeader, HeaderFault, Owner, Place, SEGMENT_HEADER, SegmentHeader, VERSION,
    batch_bytes, body, decode_header, is_unfinished, last_slot, records, segment_file,
    segment_number,
};
use crate::mutation::mutated;
use crate::{Disk, DiskError, OpenError};

/// A segment that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadSegment {
    pub(crate) number: u64,
    /// Bytes that hold the header and whole batches.
    pub(crate) length: u64,
    /// The last slot that a record in it is about.
    pub(crate) last_slot: Slot,
}

/// A log as it was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadLog {
    pub(crate) records: Vec<(u32, Record)>,
    pub(crate) segments: Vec<ReadSegment>,
    /// The number of the next batch.
    pub(crate) next_batch: u64,
    /// A last segment whose creation was cut short: to be removed.
    pub(crate) unfinished: Option<u64>,
    /// True if a write at the end had been cut short.
    pub(crate) torn: bool,
    /// What is damaged, if anything: records after it are missing though they had been durable.
    pub(crate) damage: Option<String>,
}

impl ReadLog {
    /// The number of the segment after all whole ones.
    pub(crate) fn next_segment(&self) -> u64 {
        self.segments.last().map_or(1, |segment| segment.number + 1)
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
    let numbers = segment_numbers(disk)?;
    let mut log = ReadLog {
        next_batch: 1,
        ..ReadLog::default()
    };
    for (index, number) in numbers.iter().enumerate() {
        let file = segment_file(*number);
        if index > 0 && *number != numbers[index - 1] + 1 {
            log.damage = Some(format!("a log segment before {file} is missing"));
            break;
        }
        let is_last = index + 1 == numbers.len();
        let bytes = read_whole(disk, &file)?;
        let segment = Segment {
            owner,
            number: *number,
            file,
            bytes,
            is_last,
        };
        segment.read(index == 0, &mut log)?;
        if log.damage.is_some() || log.unfinished.is_some() {
            break;
        }
    }
    if let Some(damage) = &log.damage
        && mutated("replica-damage-is-torn-tail")
    {
        let _ = damage;
        log.torn = true;
        log.damage = None;
    }
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

struct Segment<'a> {
    owner: &'a Owner,
    number: u64,
    file: String,
    bytes: Bytes,
    is_last: bool,
}

/// What is at a place where a batch may begin.
enum Found {
    Batch(BatchHeader, Bytes),
    /// Nothing, or the rest of a write cut short.
    End {
        torn: bool,
    },
    Damage,
}

impl Segment<'_> {
    fn read(&self, is_first: bool, log: &mut ReadLog) -> Result<(), OpenError> {
        let header = match SegmentHeader::decode(&self.bytes) {
            Ok(header) => header,
            Err(HeaderFault::Newer(found)) => {
                return Err(OpenError::Newer {
                    file: self.file.clone(),
                    found,
                    known: VERSION,
                });
            }
            Err(HeaderFault::Missing)
                if self.is_last && !self.follows(SEGMENT_HEADER, log.next_batch) =>
            {
                log.unfinished = Some(self.number);
                return Ok(());
            }
            Err(_) => {
                log.damage = Some(format!("the header of {} is damaged", self.file));
                return Ok(());
            }
        };
        if header.owner != *self.owner || header.segment != self.number {
            log.damage = Some(format!("{} belongs to another disk", self.file));
            return Ok(());
        }
        if is_first {
            log.next_batch = header.first_batch;
        } else if header.first_batch != log.next_batch {
            log.damage = Some(format!(
                "group commits from number {} on are missing before {}",
                log.next_batch, self.file
            ));
            return Ok(());
        }
        self.read_batches(log)
    }

    fn read_batches(&self, log: &mut ReadLog) -> Result<(), OpenError> {
        let mut at = SEGMENT_HEADER;
        let mut last = Slot(0);
        loop {
            match self.find(at, log.next_batch) {
                Found::Batch(header, body) => {
                    let from = log.records.len();
                    if records(body, &mut log.records).is_err() {
                        log.records.truncate(from);
                        log.damage = Some(format!(
                            "group commit {} at byte {at} of {} holds a record of an unknown kind",
                            header.number, self.file
                        ));
                        break;
                    }
                    if mutated("replica-batch-lost")
                        && self.is_last
                        && matches!(
                            self.find(at + batch_bytes(header.length as usize), header.number + 1),
                            Found::End { .. }
                        )
                    {
                        log.records.truncate(from);
                    }
                    let slots = log.records[from..]
                        .iter()
                        .map(|(_, record)| last_slot(record));
                    last = slots.fold(last, Slot::max);
                    at += batch_bytes(header.length as usize);
                    log.next_batch = header.number + 1;
                }
                Found::End { torn } => {
                    log.torn |= torn;
                    break;
                }
                Found::Damage => {
                    log.damage = Some(format!(
                        "group commit {} at byte {at} of {} is damaged though it had been synced",
                        log.next_batch, self.file
                    ));
                    break;
                }
            }
        }
        log.segments.push(ReadSegment {
            number: self.number,
            length: at as u64,
            last_slot: last,
        });
        Ok(())
    }

    fn place(&self, at: usize) -> Place {
        Place {
            disk_id: self.owner.disk_id,
            segment: self.number,
            offset: at as u64,
        }
    }

    fn find(&self, at: usize, expected: u64) -> Found {
        let rest = self.bytes.slice(at.min(self.bytes.len())..);
        let Some(header) = decode_header(self.place(at), &rest) else {
            // In a segment that another one follows, what is behind its batches was never used.
            let unused = region(&rest, BATCH_HEADER);
            let unfinished = is_unfinished(&unused, at as u64);
            return if unfinished && !(self.is_last && self.follows(at + 8, expected)) {
                Found::End {
                    torn: self.is_last && rest.iter().any(|byte| *byte != 0),
                }
            } else {
                Found::Damage
            };
        };
        if header.number != expected {
            return Found::Damage;
        }
        if let Some(body) = body(&header, &rest) {
            return Found::Batch(header, body);
        }
        let whole = region(&rest, batch_bytes(header.length as usize));
        if self.is_last && is_unfinished(&whole, at as u64) && !self.follows(at + 8, expected) {
            Found::End { torn: true }
        } else {
            Found::Damage
        }
    }

    /// True if a batch follows somewhere from `at` on whose marker says that batch `number` was durable.
    fn follows(&self, at: usize, number: u64) -> bool {
        let mut at = at.next_multiple_of(8);
        while at + BATCH_HEADER <= self.bytes.len() {
            let found = decode_header(self.place(at), &self.bytes[at..]);
            if found.is_some_and(|header| header.synced >= number) {
                return true;
            }
            at += 8;
        }
        false
    }
}

/// `length` bytes from the beginning of `rest`, zeros where the file ends before.
fn region(rest: &Bytes, length: usize) -> Bytes {
    if rest.len() >= length {
        return rest.slice(..length);
    }
    // A header that says more than a segment holds was written by nobody; its length is not believed.
    const BELIEVED_MAX: usize = 1 << 30;
    let mut region = rest.to_vec();
    region.resize(length.min(BELIEVED_MAX), 0);
    region.into()
}
