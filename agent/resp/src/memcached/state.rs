//! What all threads share of memcached's port.

use std::net::TcpListener;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use synod_cache::item::ITEMS;
use synod_cache::keys::Keys;

use crate::Shared;
use crate::part::{NOBODY, tell};
use crate::scripting::{self, Busy};

/// No time.
const NEVER: i64 = i64::MAX;

/// Where its clients come, when all is to be removed, and what was counted.
#[derive(Debug)]
pub(crate) struct State {
    /// Of each thread that has not taken its own yet.
    listeners: Mutex<Vec<Option<TcpListener>>>,
    /// In Unix milliseconds.
    flush_at: AtomicI64,
    pub(super) counts: Counts,
}

impl Default for State {
    fn default() -> Self {
        Self {
            listeners: Mutex::default(),
            flush_at: AtomicI64::new(NEVER),
            counts: Counts::default(),
        }
    }
}

impl State {
    /// Gives each thread where its clients come.
    pub(crate) fn give(&self, listeners: Vec<Option<TcpListener>>) {
        *self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = listeners;
    }

    /// Takes what a thread was given, if there is something.
    pub(crate) fn take(&self, thread: usize) -> Option<TcpListener> {
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.get_mut(thread)?.take()
    }

    /// All is to be removed at that time.
    pub(super) fn flush_at(&self, at: i64) {
        self.flush_at.store(at, Ordering::Relaxed);
    }

    /// Removes all, if it is time for it.
    pub(crate) fn flush_if_due(shared: &Shared, now: i64) {
        let at = &shared.memcached.flush_at;
        let due = at.load(Ordering::Relaxed);
        if due > now {
            return;
        }
        let is_ours = at.compare_exchange(due, NEVER, Ordering::Relaxed, Ordering::Relaxed);
        if is_ours.is_ok() && flush(shared, now).is_err() {
            // When the script is over.
            at.store(due, Ordering::Relaxed);
        }
    }
}

/// Removes all.
pub(super) fn flush(shared: &Shared, now: i64) -> Result<(), Busy> {
    let mut parts = scripting::all(shared)?;
    for part in parts.iter_mut() {
        part.begin(shared, now);
    }
    let mut partitions: Vec<_> = parts.iter_mut().map(|part| &mut part.partition).collect();
    Keys::new(&mut partitions, ITEMS).remove_items();
    tell(parts.iter_mut().map(|part| &mut **part), shared, NOBODY);
    for part in parts.iter_mut() {
        part.serve(shared);
    }
    Ok(())
}

/// How often something was asked for.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) stored: AtomicU64,
    pub(super) flushed: AtomicU64,
}

impl Counts {
    pub(super) fn read(&self, found: bool) {
        let counter = if found { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stored(&self) {
        self.stored.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn flushed(&self) {
        self.flushed.fetch_add(1, Ordering::Relaxed);
    }
}
