//! The thread that writes.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use synod_disk::DirectDisk;
use synod_replica::Now;

use super::{Journal, lock};
use crate::gather::Gathered;
use crate::log::Log;

/// Tells all who wait that the thread has ended. If it was not to, nothing more is written, and nobody is to believe that it is.
struct Ending<'a>(&'a Journal);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let Self(journal) = self;
        let mut state = lock(&journal.state);
        if std::thread::panicking() {
            let why = "the thread that writes the log has panicked";
            state.progress.failed.get_or_insert_with(|| why.to_owned());
            journal.is_failed.store(true, Ordering::Release);
        }
        state.has_ended = true;
        drop(state);
        journal.done.notify_all();
        (journal.told)(u64::MAX);
    }
}

/// The thread, until it ends.
pub(super) struct Writer {
    pub(super) journal: Arc<Journal>,
    pub(super) log: Log,
    pub(super) disk: DirectDisk,
}

impl Writer {
    pub(super) fn run(mut self) {
        let journal = Arc::clone(&self.journal);
        let _ending = Ending(&journal);
        while let Some((gathered, remove)) = self.next() {
            let now = journal.now();
            if !remove.is_empty() {
                self.log.remove(&remove, &mut self.disk);
            }
            self.log.submit(now, gathered, &mut self.disk);
            self.note_unsynced();
            while let Some(completion) = self.disk.completed() {
                self.log.complete(journal.now(), &completion);
            }
            self.publish();
        }
    }

    /// Waits until something is to be done; nothing, when it is to end.
    fn next(&mut self) -> Option<(Gathered, Vec<u64>)> {
        let journal = Arc::clone(&self.journal);
        let mut state = lock(&journal.state);
        loop {
            let now = journal.now();
            self.log.set_fsync(journal.fsync());
            self.log.want(state.wanted);
            let gathers =
                state.gather.waits() || state.gather.waits_for_cut(self.log.progress().cuts);
            let remove = std::mem::take(&mut state.remove);
            if self.log.is_due(now, gathers) || !remove.is_empty() {
                let gathered = if self.log.takes() {
                    self.note_taken(now, state.gather.waits());
                    state.gather.take()
                } else {
                    Gathered::default()
                };
                return Some((gathered, remove));
            }
            let progress = self.log.progress();
            let is_done = progress.synced >= state.gather.appended();
            if state.stops && (is_done || progress.is_full || progress.failed.is_some()) {
                return None;
            }
            let deadline = self.log.next_deadline();
            state = match deadline.map(|at| Duration::from_nanos((at - now).0)) {
                None => {
                    let waited = journal.work.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
                Some(span) => {
                    let waited = journal.work.wait_timeout(state, span);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// What is taken now waits for the disk from now on, if nothing did before.
    fn note_taken(&self, now: Now, waits: bool) {
        let since = &self.journal.unsynced_since;
        if waits && since.load(Ordering::Relaxed) == 0 {
            since.store(now.0 + 1, Ordering::SeqCst);
        }
    }

    /// Since when something waits is known before it is done: it may take long.
    fn note_unsynced(&self) {
        let since = self.log.progress().unsynced_since;
        let since = since.map_or(0, |since| since.0 + 1);
        self.journal.unsynced_since.store(since, Ordering::SeqCst);
    }

    fn publish(&mut self) {
        let (journal, progress) = (&self.journal, self.log.progress());
        let before = journal.synced.load(Ordering::Relaxed);
        if progress.synced > before {
            journal.syncs.fetch_add(1, Ordering::Relaxed);
        }
        journal.written.store(progress.written, Ordering::SeqCst);
        journal.synced.store(progress.synced, Ordering::SeqCst);
        journal.is_full.store(progress.is_full, Ordering::Release);
        journal
            .is_failed
            .store(progress.failed.is_some(), Ordering::Release);
        {
            let mut state = lock(&journal.state);
            state.progress.clone_from(progress);
            state.segment_bytes = self.log.offset();
        }
        self.note_unsynced();
        journal.done.notify_all();
        let waiting = journal.waiting.swap(0, Ordering::SeqCst);
        if waiting > 0 {
            (journal.told)(waiting);
        }
    }
}
