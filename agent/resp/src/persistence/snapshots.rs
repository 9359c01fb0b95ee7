//! Snapshots, taken by a thread of their own: when somebody asks for one, and when the log has grown by as much as the last one was
//! long.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use synod_cache::Pinned;
use synod_cachestore::{Cut, Gathered, Host, Recovered, Stopped, TakeError, Taken, take};
use synod_disk::DirectDisk;
use synod_replica::framing::segment_number;
use synod_replica::{Disk as _, DiskError, DiskOp, Now};

use super::opening::now;
use super::{Persistence, changes};
use crate::Shared;
use crate::part::lock;

/// The log is not cut by itself before it has grown by so much.
const GROWTH_BYTES_MIN: u64 = 64 << 20;
/// So often it is looked how it has grown.
const LOOK: Duration = Duration::from_secs(1);
/// When one failed, none is taken by itself for so long: the disk may have space by then.
const FAILED: Duration = Duration::from_secs(60);

/// What somebody asked for. Both are the same here, a snapshot that cuts the log, but are told apart where they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `SAVE`, `BGSAVE`
    Save,
    /// `BGREWRITEAOF`, and what is done by itself.
    Rewrite,
}

/// What became of what somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is the one of this number.
    Begun(u64),
    /// One of this kind is under way.
    UnderWay,
    /// One of the other kind is under way.
    OtherUnderWay,
    /// It comes when the one is done that is under way.
    Scheduled,
}

/// Which are under way, and how the last ones went.
#[derive(Debug)]
pub(crate) struct Snapshots {
    state: Mutex<State>,
    work: Condvar,
}

/// How the last ones of a kind went.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    pub(super) count: u64,
    pub(super) has_failed: bool,
    pub(super) seconds: Option<i64>,
}

#[derive(Debug)]
pub(super) struct State {
    /// Its number, its kind, and when it was begun, in Unix milliseconds.
    pub(super) current: Option<(u64, Kind, i64)>,
    pub(super) scheduled: Option<Kind>,
    /// The number of the last one that was begun.
    last: u64,
    /// The last one that ended.
    ended: u64,
    result: Result<(), String>,
    /// When all keys were saved the last time, in Unix milliseconds.
    pub(super) saved_at: i64,
    pub(super) saves: Course,
    pub(super) rewrites: Course,
    /// How long the last one is, in bytes.
    pub(super) base_bytes: u64,
    /// What was in the log when this server began.
    found_bytes: u64,
    /// What had been appended to the log when the last one was cut.
    pub(super) appended: u64,
    /// When the last one failed, if it did.
    failed_at: Option<Instant>,
    stops: bool,
}

impl Snapshots {
    pub(super) const fn new(now: i64, found_bytes: u64) -> Self {
        let course = Course {
            count: 0,
            has_failed: false,
            seconds: None,
        };
        let state = State {
            current: None,
            scheduled: None,
            last: 0,
            ended: 0,
            result: Ok(()),
            saved_at: now,
            saves: Course { ..course },
            rewrites: course,
            base_bytes: 0,
            found_bytes,
            appended: 0,
            failed_at: None,
            stops: false,
        };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for one. If one is under way, it comes after that, if `waits`.
    pub(crate) fn ask(&self, kind: Kind, waits: bool) -> Asked {
        let mut state = self.state();
        match state.current {
            Some((_, current, _)) if current == kind => Asked::UnderWay,
            Some(_) if !waits => Asked::OtherUnderWay,
            Some(_) => {
                state.scheduled = Some(kind);
                Asked::Scheduled
            }
            None => {
                let number = state.begin(kind);
                self.work.notify_one();
                Asked::Begun(number)
            }
        }
    }

    /// How the one of this number went, once it has ended.
    pub(crate) fn result_of(&self, number: u64) -> Option<Result<(), String>> {
        let state = self.state();
        (state.ended >= number).then(|| state.result.clone())
    }

    /// When all keys were saved the last time, in seconds.
    pub(crate) fn saved_at(&self) -> i64 {
        self.state().saved_at / 1000
    }

    pub(super) fn stop(&self) {
        self.state().stops = true;
        self.work.notify_one();
    }

    fn stops(&self) -> bool {
        self.state().stops
    }

    /// Waits until one is to be taken; nothing, if none is any more.
    fn next(&self, persistence: &Persistence) -> Option<u64> {
        let mut state = self.state();
        loop {
            if state.stops {
                return None;
            }
            if let Some((number, ..)) = state.current {
                return Some(number);
            }
            if let Some(kind) = state.scheduled.take() {
                state.begin(kind);
                continue;
            }
            if state.is_due(persistence.journal.appended(), Instant::now()) {
                state.begin(Kind::Rewrite);
                continue;
            }
            let waited = self.work.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn end(&self, result: Result<Taken, TakeError>, appended: u64) {
        let mut state = self.state();
        let now = now();
        let Some((number, kind, since)) = state.current.take() else {
            return;
        };
        let course = match kind {
            Kind::Save => &mut state.saves,
            Kind::Rewrite => &mut state.rewrites,
        };
        course.count += 1;
        course.has_failed = result.is_err();
        course.seconds = Some((now - since) / 1000);
        state.ended = number;
        match result {
            Ok(taken) => {
                state.result = Ok(());
                state.saved_at = now;
                state.base_bytes = taken.bytes;
                state.found_bytes = 0;
                state.appended = appended;
                state.failed_at = None;
            }
            Err(error) => {
                state.result = Err(error.to_string());
                state.failed_at = Some(Instant::now());
            }
        }
    }
}

impl State {
    fn begin(&mut self, kind: Kind) -> u64 {
        self.last += 1;
        self.current = Some((self.last, kind, now()));
        self.last
    }

    /// Whether one is to be taken though nobody asks for it.
    fn is_due(&self, appended: u64, now: Instant) -> bool {
        let may = self.failed_at.is_none_or(|at| now >= at + FAILED);
        may && self.log_bytes(appended) > GROWTH_BYTES_MIN.max(self.base_bytes)
    }

    /// What is in the log beyond the last one.
    pub(super) const fn log_bytes(&self, appended: u64) -> u64 {
        self.found_bytes + appended - self.appended
    }
}

/// Begins the thread.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    let builder = thread::Builder::new().name("cache-snapshot".to_owned());
    builder.spawn(move || {
        let Some(persistence) = &shared.persistence else {
            return;
        };
        while persistence.snapshots.next(persistence).is_some() {
            let (changed, appended) = (changes(&shared), persistence.journal.appended());
            let mut keeper = Keeper {
                shared: &shared,
                persistence,
                disk: DirectDisk::new(Arc::clone(&persistence.directory)),
            };
            let count = shared.parts.len() as u32;
            let taken = take(&mut keeper, &persistence.owner, count);
            if taken.is_ok() {
                let saved = &persistence.changes_saved;
                saved.store(changed, std::sync::atomic::Ordering::Relaxed);
            }
            persistence.snapshots.end(taken, appended);
        }
    })
}

/// Has partitions, the log and the disk while others work with them.
struct Keeper<'a> {
    shared: &'a Shared,
    persistence: &'a Persistence,
    disk: DirectDisk,
}

impl Host for Keeper<'_> {
    fn cut(&mut self) -> Result<Cut, Stopped> {
        self.persistence.journal.cut()
    }

    fn pin(&mut self, partition: u32) -> Result<(Pinned, u64), Stopped> {
        let index = partition as usize;
        let mut part = lock(&self.shared.parts[index]);
        if self.persistence.is_cut_short() {
            return Err(Stopped);
        }
        self.persistence.collect(index, &mut part);
        let sequence = self.persistence.journal.sequence(partition);
        Ok((part.partition.pin(), sequence))
    }

    fn settle(&mut self) -> Result<(u64, u64), Stopped> {
        self.persistence.journal.settle()
    }

    fn carry_out(&mut self, op: DiskOp) -> Result<(), DiskError> {
        if self.persistence.snapshots.stops() {
            return Err(DiskError::Failed("the server stops".to_owned()));
        }
        carry_out(&mut self.disk, op)
    }

    fn forget(&mut self, before: u64) {
        let segments = forgotten(&mut self.disk, before);
        self.persistence.journal.remove(segments);
    }
}

fn carry_out(disk: &mut DirectDisk, op: DiskOp) -> Result<(), DiskError> {
    disk.submit(op);
    let done = disk.completed();
    done.expect("it is done when it is submitted").result
}

/// Removes snapshots before the one with this number; the segments of the log that are to go, too.
fn forgotten(disk: &mut DirectDisk, before: u64) -> Vec<u64> {
    // What cannot be removed is removed at the next start.
    let files = disk.list().unwrap_or_default();
    for file in files.iter().filter(|it| is_old_snapshot(it, before)) {
        drop(carry_out(disk, DiskOp::Remove { file: file.clone() }));
    }
    let segments = files.iter().filter_map(|file| segment_number(file));
    segments.filter(|number| *number < before).collect()
}

fn is_old_snapshot(file: &str, before: u64) -> bool {
    let digits = file.strip_prefix("snapshot-");
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.is_some_and(|number| number < before)
}

/// Takes a snapshot before anybody works with it.
///
/// # Errors
/// If it cannot be taken.
pub(super) fn save_now(recovered: &mut Recovered, disk: &mut DirectDisk) -> Result<(), TakeError> {
    let (owner, count) = (recovered.owner, recovered.partitions.len() as u32);
    take(&mut Alone { recovered, disk }, &owner, count).map(drop)
}

struct Alone<'a> {
    recovered: &'a mut Recovered,
    disk: &'a mut DirectDisk,
}

impl Alone<'_> {
    /// Has the log do what is due.
    fn turn(&mut self, gathered: Gathered) -> Result<(), Stopped> {
        let log = &mut self.recovered.log;
        log.submit(Now(0), gathered, self.disk);
        while let Some(completion) = self.disk.completed() {
            log.complete(Now(0), &completion);
        }
        let progress = log.progress();
        if progress.failed.is_some() || progress.is_full {
            return Err(Stopped);
        }
        Ok(())
    }
}

impl Host for Alone<'_> {
    fn cut(&mut self) -> Result<Cut, Stopped> {
        let asked = self.recovered.gather.cut();
        while self.recovered.log.progress().cuts < asked {
            let takes = self.recovered.log.takes();
            let gathered = takes.then(|| self.recovered.gather.take());
            self.turn(gathered.unwrap_or_default())?;
        }
        let (segment, first_commit) = self.recovered.log.progress().cut.ok_or(Stopped)?;
        Ok(Cut {
            segment,
            first_commit,
        })
    }

    fn pin(&mut self, partition: u32) -> Result<(Pinned, u64), Stopped> {
        let pinned = self.recovered.partitions[partition as usize].pin();
        Ok((pinned, self.recovered.gather.sequence(partition)))
    }

    fn settle(&mut self) -> Result<(u64, u64), Stopped> {
        Ok(self.recovered.gather.numbers())
    }

    fn carry_out(&mut self, op: DiskOp) -> Result<(), DiskError> {
        carry_out(self.disk, op)
    }

    fn forget(&mut self, before: u64) {
        let segments = forgotten(self.disk, before);
        self.recovered.log.remove(&segments, self.disk);
        while let Some(completion) = self.disk.completed() {
            self.recovered.log.complete(Now(0), &completion);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_failed_is_taken_again_after_a_while() {
        let snapshots = Snapshots::new(0, 0);
        let (grown, now) = (GROWTH_BYTES_MIN + 1, Instant::now());
        let is_due = |after| snapshots.state().is_due(grown, now + after);
        assert!(is_due(Duration::ZERO));
        snapshots.state().begin(Kind::Rewrite);
        snapshots.end(Err(TakeError::Full), grown);
        assert!(!is_due(Duration::ZERO), "not at once");
        assert!(is_due(2 * FAILED));
    }
}
