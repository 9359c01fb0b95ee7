//! The log's writing side.
//!
//! Group commits are written one after the other, each when the one before is written; syncs come as [`Fsync`] says. Every commit
//! carries the number of the last one that was known to be synced. A new segment is begun only when the one before is synced, so that
//! its header proves that. When all is synced and nothing comes, a commit without records follows, whose only purpose is to say so:
//! from then on a damaged last commit cannot be taken for one that was cut short.

use std::collections::VecDeque;

use bytes::Bytes;
use synod_replica::framing::{
    Owner, Place, SEGMENT_HEADER, SegmentHeader, batch_bytes, encode_batch, segment_file,
};
use synod_replica::{Completion, Disk, DiskError, DiskOp, DiskTicket, Now, Span};

use crate::gather::Gathered;
use crate::progress::{Fsync, Progress};
use crate::record;

#[cfg(test)]
mod tests;

const SYNC_EVERY: Span = Span::from_millis(1000);
/// When the disk had no space, it is asked again after this.
const FULL_RETRY: Span = Span::from_millis(100);
/// When nothing comes for so long, the log says that all is synced.
const MARKER_IDLE: Span = Span::from_millis(1000);

/// Operations on their way, in the order in which they were submitted.
#[derive(Debug)]
struct Flight {
    /// Kept to be submitted again when the disk was full.
    ops: Vec<DiskOp>,
    tickets: VecDeque<DiskTicket>,
    error: Option<DiskError>,
    retry_at: Option<Now>,
    since: Now,
    /// What holds when all are done.
    written: u64,
    /// The last group commit, and the place, that are synced then.
    synced: Option<(u64, u64)>,
    cut: Option<(u64, u64)>,
    cuts: u64,
}

/// The log's writing side.
///
/// Invariants: 1. at most one flight is on its way; 2. commits are numbered without gaps; 3. when a segment is begun, all commits
/// before it are synced.
#[derive(Debug)]
pub struct Log {
    owner: Owner,
    segment_bytes: u64,
    fsync: Fsync,
    epoch: u64,
    /// Where the next commit goes.
    segment: u64,
    offset: u64,
    next_commit: u64,
    synced_commit: u64,
    progress: Progress,
    /// Up to where somebody waits for a sync.
    wanted: u64,
    last_sync: Now,
    flight: Option<Flight>,
    /// What waits for a segment of its own, until the one before is synced.
    next_segment: Option<Gathered>,
    /// When to say that all is synced.
    marker_at: Option<Now>,
    removals: VecDeque<DiskTicket>,
}

/// Where recovery left off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begin {
    pub(crate) owner: Owner,
    pub(crate) epoch: u64,
    pub(crate) segment: u64,
    pub(crate) offset: u64,
    /// The last commit, which is synced.
    pub(crate) commit: u64,
}

impl Log {
    pub(crate) const fn new(begin: Begin, segment_bytes: u64, fsync: Fsync) -> Self {
        Self {
            owner: begin.owner,
            segment_bytes,
            fsync,
            epoch: begin.epoch,
            segment: begin.segment,
            offset: begin.offset,
            next_commit: begin.commit + 1,
            synced_commit: begin.commit,
            progress: Progress {
                written: 0,
                synced: 0,
                unsynced_since: None,
                cuts: 0,
                cut: None,
                is_full: false,
                failed: None,
            },
            wanted: 0,
            last_sync: Now(0),
            flight: None,
            next_segment: None,
            marker_at: None,
            removals: VecDeque::new(),
        }
    }

    /// How far it has come.
    #[must_use]
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// When it syncs.
    #[must_use]
    pub const fn fsync(&self) -> Fsync {
        self.fsync
    }

    /// From now on it syncs then.
    pub const fn set_fsync(&mut self, fsync: Fsync) {
        self.fsync = fsync;
    }

    /// The segment that is written to.
    #[must_use]
    pub const fn segment(&self) -> u64 {
        self.segment
    }

    /// Bytes of the segment that is written to.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Since when operations are on their way.
    #[must_use]
    pub fn busy_since(&self) -> Option<Now> {
        self.flight.as_ref().map(|flight| flight.since)
    }

    /// Somebody waits until it is synced up to this place, whatever [`Fsync`] says.
    pub fn want(&mut self, place: u64) {
        self.wanted = self.wanted.max(place);
    }

    /// Whether it takes what gathers with the next [`Self::submit`].
    #[must_use]
    pub const fn takes(&self) -> bool {
        self.flight.is_none() && self.next_segment.is_none() && self.progress.failed.is_none()
    }

    /// Whether [`Self::submit`] would do something; `gathers` if records, or a cut, wait.
    #[must_use]
    pub fn is_due(&self, now: Now, gathers: bool) -> bool {
        gathers && self.takes() || self.next_deadline().is_some_and(|at| at <= now)
    }

    /// When [`Self::submit`] wants to be called next, if nothing gathers before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Now> {
        if self.progress.failed.is_some() {
            return None;
        }
        if let Some(flight) = &self.flight {
            return flight.retry_at;
        }
        if self.next_segment.is_some() {
            return Some(Now(0));
        }
        let sync = match (self.fsync, self.progress.unsynced_since) {
            _ if self.wanted > self.progress.synced => Some(Now(0)),
            (_, None) | (Fsync::Never, _) => None,
            (Fsync::Always, Some(_)) => Some(Now(0)),
            (Fsync::EverySecond, Some(_)) => Some(self.last_sync + SYNC_EVERY),
        };
        sync.or(self.marker_at)
    }

    /// Submits what is due: what was gathered, which is nothing unless [`Self::takes`], a sync, what the disk had no space for.
    pub fn submit<D: Disk>(&mut self, now: Now, gathered: Gathered, disk: &mut D) {
        if let Some(flight) = &mut self.flight {
            debug_assert!(gathered.body.is_none(), "nothing is taken meanwhile");
            if flight.retry_at.take().is_some() {
                flight.error = None;
                let again = flight.ops.iter().map(|op| disk.submit(op.clone()));
                flight.tickets = again.collect();
                disk.begin(false);
            }
            return;
        }
        let gathered = self.next_segment.take().unwrap_or(gathered);
        let length = gathered.body.as_ref().map_or(0, Vec::len);
        if u32::try_from(length).is_err() {
            let why = "what was done at once is longer than 4 GiB, which the log does not take";
            self.progress.failed = Some(why.to_owned());
            return;
        }
        let mut flight = Flight {
            ops: Vec::with_capacity(4),
            tickets: VecDeque::new(),
            error: None,
            retry_at: None,
            since: now,
            written: self.progress.written,
            synced: None,
            cut: None,
            cuts: self.progress.cuts,
        };
        let is_marker = self.marker_at.is_some_and(|at| at <= now);
        let is_cut = gathered.cuts > self.progress.cuts;
        let needs_sync = self.needs_sync(now, gathered.through);
        if gathered.body.is_none() && !is_cut && !is_marker {
            if needs_sync {
                self.sync(&mut flight);
            }
        } else if self.begins(&gathered) && self.synced_commit < self.next_commit - 1 {
            self.sync(&mut flight);
            self.next_segment = Some(gathered);
        } else {
            self.write(gathered, &mut flight);
            if needs_sync || is_cut {
                self.sync(&mut flight);
            }
            // One commit without records follows those that have some.
            self.marker_at = None;
        }
        self.take_off(now, flight, disk);
    }

    fn take_off<D: Disk>(&mut self, now: Now, mut flight: Flight, disk: &mut D) {
        if flight.ops.is_empty() {
            return;
        }
        if flight.synced.is_some() {
            self.last_sync = now;
        } else if flight.written > self.progress.written {
            self.progress.unsynced_since.get_or_insert(now);
        }
        let tickets = flight.ops.iter().map(|op| disk.submit(op.clone()));
        flight.tickets = tickets.collect();
        disk.begin(false);
        self.flight = Some(flight);
    }

    /// Whether it begins a new segment.
    fn begins(&self, gathered: &Gathered) -> bool {
        let length = gathered.body.as_ref().map_or(0, Vec::len);
        gathered.cuts > self.progress.cuts
            || self.offset + batch_bytes(length) as u64 > self.segment_bytes
                && self.offset > SEGMENT_HEADER as u64
    }

    /// Whether what is written now, up to this place, or was before, is to be synced at once.
    fn needs_sync(&self, now: Now, through: u64) -> bool {
        let unsynced = through > self.progress.synced;
        unsynced
            && match self.fsync {
                _ if self.wanted > self.progress.synced => true,
                Fsync::Always => true,
                Fsync::EverySecond => now >= self.last_sync + SYNC_EVERY,
                Fsync::Never => false,
            }
    }

    fn sync(&self, flight: &mut Flight) {
        let file = segment_file(self.segment);
        flight.ops.push(DiskOp::Sync { file });
        flight.synced = Some((self.next_commit - 1, flight.written));
    }

    /// The next group commit, in a new segment if it is a cut or the segment is full.
    fn write(&mut self, gathered: Gathered, flight: &mut Flight) {
        let begins = self.begins(&gathered);
        let is_cut = gathered.cuts > self.progress.cuts;
        flight.cuts = gathered.cuts;
        if gathered.body.is_some() {
            flight.written = gathered.through;
        }
        let body = gathered.body.unwrap_or_else(|| {
            let mut body = Vec::new();
            record::begin(&mut body, self.epoch);
            body
        });
        let bytes = batch_bytes(body.len()) as u64;
        let mut parts = Vec::with_capacity(4);
        if begins {
            parts.push(self.begin_segment(bytes, is_cut, flight));
        }
        let place = Place {
            disk_id: self.owner.disk_id,
            segment: self.segment,
            offset: self.offset,
        };
        let body = vec![Bytes::from(body)];
        parts.extend(encode_batch(
            place,
            self.next_commit,
            self.synced_commit,
            body,
        ));
        flight.ops.push(DiskOp::Write {
            file: segment_file(self.segment),
            offset: if begins { 0 } else { self.offset },
            parts,
        });
        if begins {
            flight.ops.push(DiskOp::SyncDirectory);
        }
        self.offset += bytes;
        self.next_commit += 1;
    }

    /// Begins a segment; its header.
    fn begin_segment(&mut self, bytes: u64, is_cut: bool, flight: &mut Flight) -> Bytes {
        debug_assert_eq!(self.synced_commit, self.next_commit - 1, "invariant 3");
        self.segment += 1;
        self.offset = SEGMENT_HEADER as u64;
        if is_cut {
            flight.cut = Some((self.segment, self.next_commit));
        }
        flight.ops.push(DiskOp::Create {
            file: segment_file(self.segment),
            preallocate: self.segment_bytes.max(self.offset + bytes),
        });
        let header = SegmentHeader {
            owner: self.owner,
            segment: self.segment,
            first_batch: self.next_commit,
        };
        header.encode()
    }

    /// Takes a completion in; whether it was the log's.
    pub fn complete(&mut self, now: Now, completion: &Completion) -> bool {
        if self.removals.front() == Some(&completion.ticket) {
            self.removals.pop_front();
            if let Err(DiskError::Failed(why)) = &completion.result {
                self.progress.failed.get_or_insert_with(|| why.clone());
            }
            return true;
        }
        let Some(flight) = &mut self.flight else {
            return false;
        };
        if flight.tickets.front() != Some(&completion.ticket) {
            return false;
        }
        let at = flight.ops.len() - flight.tickets.len();
        flight.tickets.pop_front();
        if let Err(error) = &completion.result {
            // What a sync leaves behind that fails is not known, for whatever reason it does.
            let error = match (error, &flight.ops[at]) {
                (DiskError::Full, DiskOp::Sync { .. } | DiskOp::SyncDirectory) => {
                    DiskError::Failed("no space left during a sync".to_owned())
                }
                (error, _) => error.clone(),
            };
            // A lack of space passes, and what it kept from being done is done again. What a failure leaves behind does not: it counts,
            // whatever came before it.
            let is_told = matches!(flight.error, Some(DiskError::Failed(_)));
            if flight.error.is_none() || !is_told && matches!(error, DiskError::Failed(_)) {
                flight.error = Some(error);
            }
        }
        if flight.tickets.is_empty() {
            self.land(now);
        }
        true
    }

    fn land(&mut self, now: Now) {
        let flight = self.flight.as_mut().expect("one is on its way");
        self.progress.is_full = flight.error == Some(DiskError::Full);
        match flight.error.take() {
            None => {}
            Some(DiskError::Full) => {
                flight.retry_at = Some(now + FULL_RETRY);
                return;
            }
            Some(DiskError::NotFound) => {
                self.progress.failed = Some("a segment of the log vanished".to_owned());
                return;
            }
            Some(DiskError::Failed(why)) => {
                self.progress.failed = Some(why);
                return;
            }
        }
        let flight = self.flight.take().expect("one is on its way");
        let progress = &mut self.progress;
        progress.written = flight.written;
        progress.cuts = flight.cuts;
        progress.cut = flight.cut.or(progress.cut);
        if let Some((commit, place)) = flight.synced {
            self.synced_commit = commit;
            progress.synced = place;
            let is_all = place == progress.written;
            progress.unsynced_since = (!is_all).then_some(flight.since);
            if is_all {
                self.marker_at = Some(now + MARKER_IDLE);
            }
        }
    }

    /// Removes the segments before this one, oldest first, each durably gone before the next, so that a crash leaves no gap.
    pub fn remove<D: Disk>(&mut self, segments: &[u64], disk: &mut D) {
        for segment in segments {
            let file = segment_file(*segment);
            self.removals
                .push_back(disk.submit(DiskOp::Remove { file }));
            self.removals.push_back(disk.submit(DiskOp::SyncDirectory));
        }
        disk.begin(false);
    }
}
