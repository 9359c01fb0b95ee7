//! The write-ahead log: one per process, shared by its groups, written by group commit.
//!
//! Records gather while the disk is busy and go out in one vectored write and one sync; the next write is submitted only
//! when this one is durable. What nobody waits for gathers for some milliseconds even while the disk is idle. Every batch
//! carries the synced-through marker, and when the log falls idle an empty batch follows whose only purpose is its marker.
//! `framing` has the layout and the argument that tells a torn tail from damage; `reading` applies it. The log knows nothing
//! of what records mean, except for the last slot each is about.

mod finding;
pub(crate) mod format;
pub mod framing;
mod reading;

use std::collections::VecDeque;

use synod_paxos::{Now, Record, Slot, Span};

pub(crate) use framing::{
    HeaderFault, Owner, SEGMENT_HEADER, SegmentHeader, segment_file, segment_number,
};
pub(crate) use reading::{ReadLog, Unproven, read_log, segment_numbers, unreadable};

use crate::codec::Writer;
use crate::mutation::mutated;
use crate::{Completion, Disk, DiskError, DiskOp, DiskTicket};
use format::{last_slot, put_record};
use framing::{Place, batch_bytes, encode_batch};

/// Records that nobody waits for are written once there are so many bytes of them.
const GATHERED_BYTES_MAX: usize = 64 << 10;

/// A segment that is on the disk.
#[derive(Clone, Debug)]
struct Segment {
    number: u64,
    /// The last slot that a record of the group in it is about.
    last_slot: Slot,
    bytes: u64,
}

/// A group commit that is on its way to the disk.
#[derive(Debug)]
struct Commit {
    /// Kept to be submitted again when the disk was full.
    ops: Vec<DiskOp>,
    tickets: VecDeque<DiskTicket>,
    error: Option<DiskError>,
    through: u64,
    since: Now,
    /// When to submit again, if the disk was full.
    retry_at: Option<Now>,
    number: u64,
}

/// What a completion meant for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It was not the log's.
    Unrelated,
    /// More is to come.
    Pending,
    /// Everything appended through this `Ready` is durable.
    Durable(u64),
    /// No space: the commit is tried again later.
    Full,
    /// The log can be trusted no more.
    Failed(String),
}

/// The log's writing side.
///
/// Invariants:
/// 1. At most one commit is on its way.
/// 2. Batches are numbered without gaps; `synced` is the number of the last durable one.
/// 3. `segments` is never empty; its last one is written to.
#[derive(Debug)]
pub(crate) struct Wal {
    owner: Owner,
    segment_bytes: u64,
    segments: VecDeque<Segment>,
    offset: u64,
    next_batch: u64,
    synced: u64,
    body: Writer,
    /// The last slot that a gathered record is about.
    body_slot: Slot,
    /// When what is gathered must be written at the latest; `None` if nothing is, or if somebody waits for it.
    gathers_until: Option<Now>,
    /// The number of the last `Ready` appended.
    through: u64,
    commit: Option<Commit>,
    /// When to write a marker, if nothing else is written before.
    marker_at: Option<Now>,
    marker_idle: Span,
    /// Begin a new segment with the next batch.
    rotate: bool,
    /// Removals under way.
    removals: VecDeque<DiskTicket>,
    /// Segments to remove once the batch of this number is durable.
    doomed: Option<(u64, Vec<u64>)>,
}

impl Wal {
    /// A log that goes on after `read`, in the segment that recovery began.
    pub(crate) fn new(owner: Owner, read: &ReadLog, segment_bytes: u64, marker_idle: Span) -> Self {
        let mut segments: VecDeque<Segment> = read
            .segments
            .iter()
            .map(|segment| Segment {
                number: segment.number,
                last_slot: segment.last_slot,
                bytes: segment.length,
            })
            .collect();
        let begun = read.unproven.as_ref();
        let bytes = begun.map_or(0, |unproven| batch_bytes(unproven.body.len()));
        let offset = (SEGMENT_HEADER + bytes) as u64;
        segments.push_back(Segment {
            number: read.next_segment,
            last_slot: begun.map_or(Slot(0), |unproven| unproven.last_slot),
            bytes: offset,
        });
        let next_batch = read.next_batch + u64::from(begun.is_some());
        Self {
            owner,
            segment_bytes,
            segments,
            offset,
            next_batch,
            synced: next_batch - 1,
            body: Writer::default(),
            body_slot: Slot(0),
            gathers_until: None,
            through: 0,
            commit: None,
            marker_at: None,
            marker_idle,
            rotate: false,
            removals: VecDeque::new(),
            doomed: None,
        }
    }

    /// Gathers the records of `Ready` number `ready`, if it has some; they are written as soon as the disk is free, with all before.
    pub(crate) fn append(&mut self, group: u32, records: &[Record], ready: u64) {
        self.gathers_until = None;
        self.gather(group, records, ready);
    }

    /// Gathers records that nobody waits for; they are written with what comes after them, or at `until`.
    pub(crate) fn append_at_leisure(
        &mut self,
        group: u32,
        records: &[Record],
        ready: u64,
        until: Now,
    ) {
        if self.body.len() == 0 {
            self.gathers_until = Some(until);
        }
        self.gather(group, records, ready);
    }

    fn gather(&mut self, group: u32, records: &[Record], ready: u64) {
        for record in records {
            put_record(&mut self.body, group, record);
            self.body_slot = self.body_slot.max(last_slot(record));
        }
        self.through = self.through.max(ready);
    }

    /// Whether what is gathered may gather on.
    fn gathers(&self, now: Now) -> bool {
        self.body.len() < GATHERED_BYTES_MAX && self.gathers_until.is_some_and(|until| now < until)
    }

    /// Bytes gathered and on their way.
    pub(crate) fn pending_bytes(&self) -> usize {
        let under_way = self.commit.as_ref().map_or(0, |commit| {
            let writes = commit.ops.iter().filter_map(|op| match op {
                DiskOp::Write { parts, .. } => {
                    Some(parts.iter().map(bytes::Bytes::len).sum::<usize>())
                }
                _ => None,
            });
            writes.sum()
        });
        self.body.len() + under_way
    }

    /// Since when the commit is on its way.
    pub(crate) fn committing_since(&self) -> Option<Now> {
        self.commit.as_ref().map(|commit| commit.since)
    }

    /// True while a commit waits for space.
    pub(crate) fn is_full(&self) -> bool {
        self.commit
            .as_ref()
            .is_some_and(|commit| commit.retry_at.is_some())
    }

    /// Bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Submits what is gathered, if the disk is not busy with the last commit; or a marker, if it is due; or what the disk had
    /// no space for, if its time has come. True if something was submitted.
    pub(crate) fn write<D: Disk>(&mut self, now: Now, disk: &mut D) -> bool {
        if let Some(commit) = &mut self.commit {
            if commit.retry_at.is_some_and(|at| at <= now) {
                commit.retry_at = None;
                commit.error = None;
                commit.tickets = commit
                    .ops
                    .iter()
                    .map(|op| disk.submit(op.clone()))
                    .collect();
                return true;
            }
            return false;
        }
        let marker = self.marker_at.is_some_and(|at| at <= now);
        if (self.body.len() == 0 || self.gathers(now)) && !marker && !self.rotate {
            return false;
        }
        let is_marker = self.body.len() == 0;
        let ops = self.commit_ops();
        let tickets = ops.iter().map(|op| disk.submit(op.clone())).collect();
        self.commit = Some(Commit {
            ops,
            tickets,
            error: None,
            through: self.through,
            since: now,
            retry_at: None,
            number: self.next_batch,
        });
        self.next_batch += 1;
        self.marker_at = (!is_marker).then_some(Now(u64::MAX));
        true
    }

    fn commit_ops(&mut self) -> Vec<DiskOp> {
        let body = std::mem::take(&mut self.body);
        self.gathers_until = None;
        let bytes = batch_bytes(body.len()) as u64;
        let mut ops = Vec::with_capacity(4);
        if self.rotate || self.offset + bytes > self.segment_bytes {
            self.begin_segment(bytes, &mut ops);
        }
        let created = !ops.is_empty();
        let current = self.segments.back_mut().expect("invariant 3");
        let place = Place {
            disk_id: self.owner.disk_id,
            segment: current.number,
            offset: self.offset,
        };
        let mut parts = encode_batch(place, self.next_batch, self.synced, body.parts());
        let mut offset = self.offset;
        if created {
            let header = SegmentHeader {
                owner: self.owner,
                segment: current.number,
                first_batch: self.next_batch,
            };
            parts.insert(0, header.encode());
            offset = 0;
        }
        let file = segment_file(current.number);
        self.offset += bytes;
        current.bytes = self.offset;
        current.last_slot = current.last_slot.max(self.body_slot);
        self.body_slot = Slot(0);
        ops.push(DiskOp::Write {
            file: file.clone(),
            offset,
            parts,
        });
        ops.push(DiskOp::Sync { file });
        if created {
            ops.push(DiskOp::SyncDirectory);
        }
        ops
    }

    fn begin_segment(&mut self, bytes: u64, ops: &mut Vec<DiskOp>) {
        let number = self.segments.back().expect("invariant 3").number + 1;
        self.segments.push_back(Segment {
            number,
            last_slot: Slot(0),
            bytes: SEGMENT_HEADER as u64,
        });
        self.offset = SEGMENT_HEADER as u64;
        self.rotate = false;
        ops.push(DiskOp::Create {
            file: segment_file(number),
            preallocate: self.segment_bytes.max(self.offset + bytes),
        });
    }

    /// Takes a completion in.
    pub(crate) fn complete<D: Disk>(
        &mut self,
        now: Now,
        completion: &Completion,
        full_retry: Span,
        disk: &mut D,
    ) -> Progress {
        if self.removals.front() == Some(&completion.ticket) {
            self.removals.pop_front();
            return match &completion.result {
                Ok(()) | Err(DiskError::NotFound) => Progress::Pending,
                Err(DiskError::Full) => Progress::Pending,
                Err(DiskError::Failed(why)) => Progress::Failed(why.clone()),
            };
        }
        let Some(commit) = &mut self.commit else {
            return Progress::Unrelated;
        };
        if commit.tickets.front() != Some(&completion.ticket) {
            return Progress::Unrelated;
        }
        let ticket = commit.tickets.pop_front();
        debug_assert!(ticket.is_some());
        if let Err(error) = &completion.result {
            let at = commit.ops.len() - commit.tickets.len() - 1;
            // A sync that fails for want of space has failed: what it leaves behind is unknown.
            let error = match (error, &commit.ops[at]) {
                (DiskError::Full, DiskOp::Sync { .. } | DiskOp::SyncDirectory) => {
                    DiskError::Failed("no space left during sync".to_owned())
                }
                (error, _) => error.clone(),
            };
            commit.error.get_or_insert(error);
        }
        if !commit.tickets.is_empty() {
            return Progress::Pending;
        }
        match commit.error.clone() {
            None => self.committed(now, disk),
            Some(DiskError::Full) => {
                commit.retry_at = Some(now + full_retry);
                Progress::Full
            }
            Some(DiskError::NotFound) => Progress::Failed("a log segment vanished".to_owned()),
            Some(DiskError::Failed(why)) => Progress::Failed(why),
        }
    }

    fn committed<D: Disk>(&mut self, now: Now, disk: &mut D) -> Progress {
        let commit = self.commit.take().expect("a commit is under way");
        self.synced = commit.number;
        if self.marker_at.is_some() {
            self.marker_at = Some(now + self.marker_idle);
        }
        if let Some((batch, segments)) = self.doomed.take_if(|(batch, _)| *batch <= self.synced) {
            debug_assert!(batch <= self.synced);
            self.remove(disk, &segments);
        }
        Progress::Durable(commit.through)
    }

    /// Removes segments one after the other, each durably gone before the next, so that a crash leaves no gap.
    fn remove<D: Disk>(&mut self, disk: &mut D, numbers: &[u64]) {
        for number in numbers {
            let file = segment_file(*number);
            self.removals
                .push_back(disk.submit(DiskOp::Remove { file }));
            self.removals.push_back(disk.submit(DiskOp::SyncDirectory));
        }
        self.segments
            .retain(|segment| !numbers.contains(&segment.number));
    }

    /// True if segments before the current one are about nothing after `through`.
    pub(crate) fn can_forget(&self, through: Slot) -> bool {
        self.doomed.is_none()
            && self.segments.len() > 1
            && self
                .segments
                .front()
                .is_some_and(|first| first.last_slot <= through)
    }

    /// Deletes the segments that are about nothing after `through`, once `durable` (what must outlive them) is written anew
    /// and synced.
    pub(crate) fn forget(&mut self, group: u32, through: Slot, durable: &[Record]) {
        let through = if mutated("replica-segments-deleted-early") {
            Slot(u64::MAX / 2)
        } else {
            through
        };
        let count = self.segments.len() - 1;
        let numbers: Vec<u64> = self
            .segments
            .iter()
            .take(count)
            .take_while(|segment| segment.last_slot <= through)
            .map(|segment| segment.number)
            .collect();
        if numbers.is_empty() {
            return;
        }
        if !mutated("replica-promise-lost-with-segment") {
            self.append(group, durable, self.through);
        }
        self.doomed = Some((self.next_batch, numbers));
        // Even if nothing was appended, the next batch is written soon.
        self.marker_at.get_or_insert(Now(0));
    }

    /// Begins a new segment with `durable` and deletes all before it: after a snapshot replaced the log.
    pub(crate) fn restart(&mut self, group: u32, durable: &[Record]) {
        if !mutated("replica-promise-lost-with-segment") {
            self.append(group, durable, self.through);
        }
        self.rotate = true;
        let numbers = self.segments.iter().map(|segment| segment.number).collect();
        self.doomed = Some((self.next_batch, numbers));
    }

    /// When [`Wal::write`] wants to be called next.
    pub(crate) fn next_deadline(&self) -> Option<Now> {
        match &self.commit {
            Some(commit) => commit.retry_at,
            None => self.marker_at.into_iter().chain(self.gathers_until).min(),
        }
    }
}
