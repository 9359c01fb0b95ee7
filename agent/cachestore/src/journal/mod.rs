//! The log at work: a thread that writes what others append, and what they need to know of it.
//!
//! One who carries out commands appends their effects while he has their partition ([`Journal::append`]) and holds the reply back as
//! long as [`Journal::holds`] the place that it shows; he asks to be told ([`Journal::tell`]) and goes on with others meanwhile. So
//! one write and one sync serve all that came together while the disk was busy.

mod writer;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use synod_disk::DirectDisk;
use synod_replica::Now;

use crate::GATHERED_BYTES_MAX;
use crate::gather::Gather;
use crate::log::Log;
use crate::mutation::mutated;
use crate::progress::{Fsync, LAG_MAX, Progress};
use crate::snapshot::{Cut, Stopped};
use writer::Writer;

/// Told when the log has come further.
pub type Told = Box<dyn Fn(u64) + Send + Sync>;

/// What all threads share of the log.
pub struct Journal {
    state: Mutex<State>,
    /// Something was appended, or is wanted.
    work: Condvar,
    /// The log has come further.
    done: Condvar,
    appended: AtomicU64,
    written: AtomicU64,
    synced: AtomicU64,
    /// Since when something is not synced, in nanoseconds from `begun`, plus one; 0 if all is.
    unsynced_since: AtomicU64,
    fsync: AtomicU64,
    is_failed: AtomicBool,
    is_full: AtomicBool,
    /// A bit for each thread that is to be told.
    waiting: AtomicU64,
    delayed: AtomicU64,
    syncs: AtomicU64,
    told: Told,
    begun: Instant,
}

struct State {
    gather: Gather,
    progress: Progress,
    wanted: u64,
    remove: Vec<u64>,
    stops: bool,
    has_ended: bool,
    segment_bytes: u64,
}

/// How the log does, to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// Bytes that were appended.
    pub appended: u64,
    /// Bytes of those that wait to be written.
    pub gathered: u64,
    /// Whether something written is not synced.
    pub is_unsynced: bool,
    /// Replies were held back so often because the disk lagged, though they need not wait for it.
    pub delayed: u64,
    /// How often the log was synced.
    pub syncs: u64,
    /// Bytes of the segment that is written to.
    pub segment_bytes: u64,
    /// The disk has no space.
    pub is_full: bool,
    /// The log can be trusted no more.
    pub failed: Option<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    /// Begins a thread that writes to the log. `told` is called with the bits of those who asked for it.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(
        gather: Gather,
        log: Log,
        disk: DirectDisk,
        told: Told,
    ) -> std::io::Result<(Arc<Self>, std::thread::JoinHandle<()>)> {
        let state = State {
            gather,
            progress: Progress::default(),
            wanted: 0,
            remove: Vec::new(),
            stops: false,
            has_ended: false,
            segment_bytes: log.offset(),
        };
        let journal = Arc::new(Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            done: Condvar::new(),
            appended: AtomicU64::new(0),
            written: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            unsynced_since: AtomicU64::new(0),
            fsync: AtomicU64::new(number(log.fsync())),
            is_failed: AtomicBool::new(false),
            is_full: AtomicBool::new(false),
            waiting: AtomicU64::new(0),
            delayed: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            told,
            begun: Instant::now(),
        });
        let writer = Writer {
            journal: Arc::clone(&journal),
            log,
            disk,
        };
        let builder = std::thread::Builder::new().name("cache-log".to_owned());
        let thread = builder.spawn(move || writer.run())?;
        Ok((journal, thread))
    }

    /// Appends effects of a partition, by whoever has it; the place of the log where they end.
    pub fn append(&self, partition: u32, effects: &[u8]) -> u64 {
        self.with_gather(|gather| gather.append(partition, effects))
    }

    /// Appends effects of several partitions, all or nothing, by whoever has all of them; the place of the log where they end.
    pub fn append_together(&self, parts: &[(u32, &[u8])]) -> u64 {
        self.with_gather(|gather| gather.append_together(parts))
    }

    fn with_gather(&self, append: impl FnOnce(&mut Gather) -> u64) -> u64 {
        let mut state = lock(&self.state);
        let waited = state.gather.waits();
        let place = append(&mut state.gather);
        self.appended.store(place, Ordering::Release);
        drop(state);
        if !waited {
            self.note_waiting();
            self.work.notify_one();
        }
        place
    }

    /// Something waits for the disk from now on, if nothing did before: whatever the thread that writes is busy with.
    fn note_waiting(&self) {
        let since = &self.unsynced_since;
        if self.fsync() == Fsync::EverySecond && since.load(Ordering::Relaxed) == 0 {
            let now = self.now().0 + 1;
            // If there is another time by now, it is no later one.
            let _ = since.compare_exchange(0, now, Ordering::SeqCst, Ordering::Relaxed);
        }
    }

    /// The number of the last effects of a partition.
    #[must_use]
    pub fn sequence(&self, partition: u32) -> u64 {
        lock(&self.state).gather.sequence(partition)
    }

    /// The place of the log where all ends that was appended.
    #[must_use]
    pub fn appended(&self) -> u64 {
        self.appended.load(Ordering::Acquire)
    }

    /// The place of the log up to which it is synced.
    #[must_use]
    pub fn synced(&self) -> u64 {
        self.synced.load(Ordering::SeqCst)
    }

    /// Whether a reply that shows what is at this place of the log is to wait.
    #[must_use]
    pub fn holds(&self, place: u64) -> bool {
        if place <= self.synced() || mutated("cachestore-reply-before-sync") {
            return false;
        }
        if self.fsync() == Fsync::Always {
            return true;
        }
        let written = self.written.load(Ordering::SeqCst);
        let is_behind = place > written + GATHERED_BYTES_MAX;
        let is_late = self.fsync() == Fsync::EverySecond && self.is_late();
        if is_behind || is_late {
            self.delayed.fetch_add(1, Ordering::Relaxed);
        }
        is_behind || is_late
    }

    /// Whether something has waited for a sync for too long. When none comes any more, nobody waits for it.
    fn is_late(&self) -> bool {
        if self.is_failed() {
            return false;
        }
        let since = self.unsynced_since.load(Ordering::SeqCst);
        since > 0 && self.now().0 + 1 > since + LAG_MAX.0
    }

    /// Has these bits told when the log has come further. Whoever asks looks once more after that whether it has.
    pub fn tell(&self, bits: u64) {
        self.waiting.fetch_or(bits, Ordering::SeqCst);
    }

    /// Whether the log can be trusted no more: what is held is never to be answered, and nothing is to be changed.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.is_failed.load(Ordering::Acquire)
    }

    /// Whether nothing is to be changed, since it cannot be written down; why.
    #[must_use]
    pub fn refuses(&self) -> Option<String> {
        if !self.is_failed() && !self.is_full.load(Ordering::Acquire) {
            return None;
        }
        let failed = lock(&self.state).progress.failed.clone();
        Some(failed.unwrap_or_else(|| "No space left on device".to_owned()))
    }

    /// Whether [`Self::refuses`] may say something.
    #[must_use]
    #[inline]
    pub fn may_refuse(&self) -> bool {
        self.is_failed.load(Ordering::Relaxed) || self.is_full.load(Ordering::Relaxed)
    }

    /// When it syncs.
    #[must_use]
    #[inline]
    pub fn fsync(&self) -> Fsync {
        match self.fsync.load(Ordering::Relaxed) {
            0 => Fsync::Always,
            1 => Fsync::EverySecond,
            _ => Fsync::Never,
        }
    }

    /// From now on it syncs then.
    pub fn set_fsync(&self, fsync: Fsync) {
        // The thread that writes looks at it while it has the state: it is not between looking and waiting then.
        let state = lock(&self.state);
        self.fsync.store(number(fsync), Ordering::Relaxed);
        drop(state);
        self.work.notify_one();
    }

    /// Somebody waits until it is synced up to this place, whatever [`Self::fsync`] says.
    pub fn want(&self, place: u64) {
        let mut state = lock(&self.state);
        if place > state.wanted {
            state.wanted = place;
            self.work.notify_one();
        }
    }

    /// Has the log begin a new segment, and waits until it did.
    ///
    /// # Errors
    /// If the log stops or fails.
    pub fn cut(&self) -> Result<Cut, Stopped> {
        let asked = lock(&self.state).gather.cut();
        self.work.notify_one();
        let state = self.wait(|state| state.progress.cuts >= asked)?;
        let (segment, first_commit) = state.progress.cut.ok_or(Stopped)?;
        Ok(Cut {
            segment,
            first_commit,
        })
    }

    /// Waits until all that was appended is synced; the last number of a transaction, and the epoch.
    ///
    /// # Errors
    /// If the log stops or fails.
    pub fn settle(&self) -> Result<(u64, u64), Stopped> {
        let place = self.appended();
        self.want(place);
        let state = self.wait(|state| state.progress.synced >= place)?;
        Ok(state.gather.numbers())
    }

    fn wait(&self, until: impl Fn(&State) -> bool) -> Result<MutexGuard<'_, State>, Stopped> {
        let mut state = lock(&self.state);
        while !until(&state) {
            if state.has_ended || state.progress.failed.is_some() {
                return Err(Stopped);
            }
            let waited = self.done.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        Ok(state)
    }

    /// These segments go.
    pub fn remove(&self, segments: Vec<u64>) {
        lock(&self.state).remove.extend(segments);
        self.work.notify_one();
    }

    /// How the log does.
    #[must_use]
    pub fn glance(&self) -> Glance {
        let state = lock(&self.state);
        let appended = self.appended();
        Glance {
            appended,
            gathered: appended.saturating_sub(state.progress.written),
            is_unsynced: state.progress.synced < appended,
            delayed: self.delayed.load(Ordering::Relaxed),
            syncs: self.syncs.load(Ordering::Relaxed),
            segment_bytes: state.segment_bytes,
            is_full: state.progress.is_full,
            failed: state.progress.failed.clone(),
        }
    }

    /// Ends the thread, when all that was appended is synced, or cannot be.
    pub fn stop(&self) {
        let mut state = lock(&self.state);
        state.stops = true;
        state.wanted = self.appended();
        self.work.notify_one();
    }

    fn now(&self) -> Now {
        Now(self.begun.elapsed().as_nanos() as u64)
    }
}

const fn number(fsync: Fsync) -> u64 {
    match fsync {
        Fsync::Always => 0,
        Fsync::EverySecond => 1,
        Fsync::Never => 2,
    }
}
