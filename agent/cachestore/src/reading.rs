//! Reading the log at recovery, a segment at a time: where it ends, and whether anything is gone that had been durable.
//!
//! A segment's header proves that all commits before its first one were durable, and so does each commit for those up to its marker.
//! Commits of that number or above in an earlier segment are superseded: recovery wrote them anew. What is damaged, or missing, though
//! something proves that it was there, is damage; else it is where a crash cut the log short. Several commits may have been on their
//! way at once, so whole ones may lie behind one that is missing; they are given up with it.

use bytes::Bytes;
use synod_replica::framing::{
    Found, HeaderFault, Owner, SEGMENT_HEADER, SegmentBytes, SegmentHeader, VERSION, batch_bytes,
    segment_file, segment_number,
};
use synod_replica::{Disk, DiskError};

use crate::recovery::OpenError;

/// The log as it was found, but for its records.
#[derive(Debug, Default)]
pub(crate) struct ReadLog {
    /// Segments that hold something which counts, and the first commit of the first one.
    pub(crate) segments: Vec<u64>,
    pub(crate) first_commit: Option<u64>,
    /// Segments that hold nothing that counts.
    pub(crate) superseded: Vec<u64>,
    /// The number that the next segment is to have.
    pub(crate) next_segment: u64,
    /// The number of the first commit that nothing proves to be durable.
    pub(crate) next_commit: u64,
    /// The bodies of those commits, to be written anew.
    pub(crate) unproven: Vec<Bytes>,
    /// Whether the log ended in the middle of a write.
    pub(crate) is_torn: bool,
    /// How many bytes were read.
    pub(crate) bytes: u64,
}

pub(crate) fn unreadable(file: &str, error: &DiskError) -> OpenError {
    let why = match error {
        DiskError::Full => "no space left".to_owned(),
        DiskError::NotFound => "not found".to_owned(),
        DiskError::Failed(why) => why.clone(),
    };
    let file = file.to_owned();
    OpenError::Unreadable { file, why }
}

pub(crate) fn read_whole(disk: &impl Disk, file: &str) -> Result<Bytes, OpenError> {
    let read = || {
        let length = disk.length(file)?;
        disk.read(file, 0, usize::try_from(length).unwrap_or(usize::MAX))
    };
    read().map_err(|error| unreadable(file, &error))
}

/// A segment, of which only the header was read.
struct Headed {
    number: u64,
    header: Result<SegmentHeader, HeaderFault>,
}

/// Reads segments from this number on, and gives their bodies to `visit` in order.
///
/// # Errors
/// If a segment cannot be read, is of a newer version or damaged, or `visit` fails.
pub(crate) fn read_log(
    disk: &impl Disk,
    owner: &Owner,
    from: u64,
    mut visit: impl FnMut(&Bytes) -> Result<(), OpenError>,
) -> Result<ReadLog, OpenError> {
    let files = disk.list().map_err(|error| unreadable(".", &error))?;
    let mut numbers: Vec<_> = files.iter().filter_map(|it| segment_number(it)).collect();
    numbers.sort_unstable();
    let mut log = ReadLog {
        next_segment: numbers.last().map_or(1, |last| last + 1),
        next_commit: 1,
        ..ReadLog::default()
    };
    let before = numbers.partition_point(|number| *number < from);
    log.superseded = numbers[..before].to_vec();
    let headed = numbers[before..]
        .iter()
        .map(|number| head(disk, owner, *number));
    let headed = headed.collect::<Result<Vec<_>, _>>()?;
    let stillborn = without_stillborn(disk, owner, &headed, &mut log)?;
    let (headed, through) = (stillborn.before, stillborn.through);
    let mut proven = through;
    for (index, segment) in headed.iter().enumerate() {
        let later = headed[index + 1..].iter().filter_map(|it| it.header.ok());
        let next = later.map(|header| header.first_batch).min();
        let Ok(header) = segment.header else {
            // If what it held is missing, the numbers of what follows tell.
            if next.is_some() {
                log.superseded.push(segment.number);
                continue;
            }
            return Err(damage(segment.number, 0, "the header is damaged"));
        };
        if next.is_some_and(|next| next <= header.first_batch) {
            log.superseded.push(segment.number);
            continue;
        }
        if log.first_commit.is_none() {
            log.first_commit = Some(header.first_batch);
            log.next_commit = header.first_batch;
        }
        proven = proven.max(header.first_batch.saturating_sub(1));
        log.segments.push(segment.number);
        let bytes = load(disk, owner, segment.number)?;
        read_segment(&bytes, next, &mut log, &mut proven, &mut visit)?;
    }
    for number in stillborn.headless {
        let bytes = load(disk, owner, number)?;
        if bytes.follows(SEGMENT_HEADER, log.next_commit) {
            return Err(damage(
                number,
                0,
                "the header is missing though it had been synced",
            ));
        }
    }
    if log.next_commit <= through {
        let last = headed.last().map_or(0, |last| last.number);
        let what = format!(
            "group commit {} is missing though it had been synced",
            log.next_commit
        );
        return Err(damage(last, 0, &what));
    }
    Ok(log)
}

fn head(disk: &impl Disk, owner: &Owner, number: u64) -> Result<Headed, OpenError> {
    let file = segment_file(number);
    let bytes = disk.read(&file, 0, SEGMENT_HEADER);
    let bytes = bytes.map_err(|error| unreadable(&file, &error))?;
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
    Ok(Headed { number, header })
}

fn load(disk: &impl Disk, owner: &Owner, number: u64) -> Result<SegmentBytes, OpenError> {
    Ok(SegmentBytes {
        disk_id: owner.disk_id,
        number,
        bytes: read_whole(disk, &segment_file(number))?,
    })
}

/// Segments at the end of which nothing was there when the log was cut short.
struct Stillborn<'a> {
    before: &'a [Headed],
    /// The last commit that they prove to be durable.
    through: u64,
    /// Those without a header. One who has read what is before them can say whether they had one.
    headless: Vec<u64>,
}

/// Leaves out segments at the end whose first commit was cut short, if others are before them, or whose header was.
fn without_stillborn<'a>(
    disk: &impl Disk,
    owner: &Owner,
    headed: &'a [Headed],
    log: &mut ReadLog,
) -> Result<Stillborn<'a>, OpenError> {
    let mut stillborn = Stillborn {
        before: headed,
        through: 0,
        headless: Vec::new(),
    };
    while let [before @ .., last] = stillborn.before {
        match last.header {
            Ok(header) => {
                let bytes = load(disk, owner, last.number)?;
                let Found::End { torn } = bytes.find(SEGMENT_HEADER, header.first_batch) else {
                    break;
                };
                if !before.iter().any(|segment| segment.header.is_ok()) {
                    break;
                }
                log.is_torn |= torn;
                stillborn.through = stillborn.through.max(header.first_batch - 1);
            }
            Err(HeaderFault::Missing) => stillborn.headless.push(last.number),
            Err(_) => break,
        }
        log.superseded.push(last.number);
        stillborn.before = before;
    }
    Ok(stillborn)
}

/// Reads the commits before number `next`, or to the end of the log if no segment follows.
fn read_segment(
    segment: &SegmentBytes,
    next: Option<u64>,
    log: &mut ReadLog,
    proven: &mut u64,
    visit: &mut impl FnMut(&Bytes) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let mut at = SEGMENT_HEADER;
    while next.is_none_or(|next| log.next_commit < next) {
        match segment.find(at, log.next_commit) {
            Found::Batch(header, body) => {
                visit(&body)?;
                *proven = (*proven).max(header.synced);
                let first = log.next_commit - log.unproven.len() as u64;
                let count = (*proven + 1).saturating_sub(first);
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                log.unproven.drain(..count.min(log.unproven.len()));
                if header.number > *proven {
                    log.unproven.push(body);
                }
                at += batch_bytes(header.length as usize);
                log.bytes += batch_bytes(header.length as usize) as u64;
                log.next_commit = header.number + 1;
            }
            Found::End { torn } if next.is_none() => {
                log.is_torn |= torn;
                return Ok(());
            }
            Found::End { .. } | Found::Damage => {
                let what = format!("group commit {} is damaged", log.next_commit);
                return Err(damage(segment.number, at, &what));
            }
        }
    }
    // The next segment's header proves them.
    *proven = (*proven).max(log.next_commit - 1);
    log.unproven.clear();
    Ok(())
}

fn damage(segment: u64, at: usize, what: &str) -> OpenError {
    OpenError::Damaged {
        file: segment_file(segment),
        what: format!("{what}, at byte {at}"),
    }
}
