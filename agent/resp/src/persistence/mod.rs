//! What keeps the keys on disk: the log to which the effects of commands go, and snapshots.
//!
//! Commands leave their effects in the partitions. When a connection has carried out what it read, the effects of all partitions that
//! it came to go to the log, in one record for each, and its replies are held back as long as the log says, those of reads, too, since
//! they may show what others wrote and the disk has not. What was done to several partitions while they were held together goes to the
//! log as one record before any of them is let go (`Held`).

mod awaiting;
mod held;
mod importing;
mod info;
mod opening;
mod snapshots;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use synod_cache::command::{Spec, Traits};
use synod_cachestore::journal::Journal;
use synod_disk::DataDirectory;
use synod_replica::framing::Owner;

pub(crate) use awaiting::{Await, Session};
pub(crate) use held::Held;
pub use importing::ImportError;
pub use info::Fields;
pub use opening::{Kept, OpenError, Settings};
pub(crate) use snapshots::{Asked, Kind, Snapshots};
pub use synod_cachestore::{Found, Fsync};

use crate::Shared;
use crate::part::Part;
use crate::scripting;

/// What all threads share of it.
pub(crate) struct Persistence {
    pub(crate) journal: Arc<Journal>,
    pub(crate) snapshots: Snapshots,
    /// Of each partition, the place of the log where its last effects end that were appended.
    places: Box<[AtomicU64]>,
    directory: Arc<DataDirectory>,
    owner: Owner,
    /// What was changed when all keys were saved last.
    changes_saved: AtomicI64,
    /// See [`Self::cut_short`].
    is_cut_short: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Persistence {
    /// Takes what was done to a partition to the log; the place where the partition's last effects end there.
    pub(crate) fn collect(&self, index: usize, part: &mut Part) -> u64 {
        let effects = part.partition.effects();
        if self.is_cut_short() {
            part.partition.clear_effects();
        } else if !effects.is_empty() {
            let place = self.journal.append(index as u32, effects);
            self.ends_at(index, place);
            part.partition.clear_effects();
        }
        self.place_of(index)
    }

    /// By who has the partition.
    fn ends_at(&self, index: usize, place: u64) {
        self.places[index].store(place, Ordering::Release);
    }

    fn place_of(&self, index: usize) -> u64 {
        self.places[index].load(Ordering::Acquire)
    }

    /// Takes what a client did to the log; the place that its replies wait for, if they do.
    pub(crate) fn hold(
        &self,
        session: &mut crate::session::Session,
        shared: &Shared,
    ) -> Option<u64> {
        let mut place = 0;
        for index in session.kept.take_shown(shared.parts.len()) {
            let ends = match scripting::part(shared, index) {
                Ok(mut part) => self.collect(index, &mut part),
                // The script that has it took to the log what was there before it.
                Err(_) => self.place_of(index),
            };
            place = place.max(ends);
        }
        session.kept.note_place(place);
        if self.is_cut_short() {
            // No log comes so far.
            return Some(u64::MAX);
        }
        let held = self.journal.holds(place).then_some(place);
        held.max(session.kept.take_held())
    }

    /// What was done at once ends in its middle, since the server stops: it is not kept, nor is anything that is done from now on, which
    /// may rest on it. Nobody is answered any more. To be called by who has all partitions.
    pub(crate) fn cut_short(&self) {
        self.is_cut_short.store(true, Ordering::Release);
    }

    fn is_cut_short(&self) -> bool {
        self.is_cut_short.load(Ordering::Acquire)
    }

    /// How many changes there were since all keys were saved.
    fn changes(&self, shared: &Shared) -> i64 {
        changes(shared) - self.changes_saved.load(Ordering::Relaxed)
    }
}

/// How many changes there were. Those of partitions that somebody has are left out: it may be who asks, in a transaction.
fn changes(shared: &Shared) -> i64 {
    let parts = shared.parts.iter().filter_map(Mutex::try_lock);
    let changes = parts.map(|part| part.partition.changes());
    i64::try_from(changes.sum::<u64>()).unwrap_or(i64::MAX)
}

/// `appendfsync`
const FSYNCS: [(&str, Fsync); 3] = [
    ("always", Fsync::Always),
    ("everysec", Fsync::EverySecond),
    ("no", Fsync::Never),
];

/// When the log is synced, by what Redis calls it.
pub(crate) fn fsync_named(name: &str) -> Option<Fsync> {
    let known = FSYNCS.iter().find(|(known, _)| *known == name);
    known.map(|(_, fsync)| *fsync)
}

/// What Redis calls it.
pub(crate) fn name_of(fsync: Fsync) -> &'static str {
    let known = FSYNCS.iter().find(|(_, known)| *known == fsync);
    known.expect("each has a name").0
}

/// Whether [`refuses`] may say something.
#[inline]
pub(crate) fn may_refuse(shared: &Shared) -> bool {
    let persistence = shared.persistence.as_ref();
    persistence.is_some_and(|it| it.journal.may_refuse())
}

/// What a command is answered that cannot be, since what it does cannot be kept.
#[inline]
pub(crate) fn refuses(shared: &Shared, spec: &Spec) -> Option<String> {
    let persistence = shared.persistence.as_ref()?;
    if !persistence.journal.may_refuse() || !spec.flags.has(Traits::WRITE) {
        return None;
    }
    let why = persistence.journal.refuses()?;
    Some(format!("MISCONF Errors writing to the AOF file: {why}"))
}

/// Begins what it does by itself.
pub(crate) fn start(shared: &Arc<Shared>) -> io::Result<()> {
    if let Some(persistence) = &shared.persistence {
        let thread = snapshots::start(Arc::clone(shared))?;
        threads(persistence).push(thread);
    }
    Ok(())
}

/// Writes down what is left, and ends.
pub(crate) fn stop(shared: &Shared) {
    let Some(persistence) = &shared.persistence else {
        return;
    };
    drop(Held::of(shared));
    persistence.snapshots.stop();
    persistence.journal.stop();
    let threads = std::mem::take(&mut *threads(persistence));
    threads.into_iter().for_each(|thread| drop(thread.join()));
}

fn threads(persistence: &Persistence) -> parking_lot::MutexGuard<'_, Vec<JoinHandle<()>>> {
    persistence.threads.lock()
}
