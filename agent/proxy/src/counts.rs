//! Counters of a thread: written by it alone, read by anybody.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that rises.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Only one thread writes: no read-modify-write is needed.
    pub(crate) fn add(&self, more: u64) {
        let before = self.0.load(Ordering::Relaxed);
        self.0.store(before.wrapping_add(more), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a thread counted.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Counts {
    pub(crate) accepted: Count,
    pub(crate) closed: Count,
    pub(crate) requests: Count,
    pub(crate) retries: Count,
    pub(crate) connects: Count,
    pub(crate) reused: Count,
    pub(crate) own_answers: Count,
    pub(crate) unlogged: Count,
}

/// What a proxy counted, all threads together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Clients' connections that were taken.
    pub accepted: u64,
    /// Those that are open.
    pub open: u64,
    /// Requests.
    pub requests: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Connections to backends that were opened.
    pub connects: u64,
    /// Requests that went over a connection that was open already.
    pub reused: u64,
    /// Answers of the proxy's own.
    pub own_answers: u64,
    /// Entries of the access log that were dropped.
    pub unlogged: u64,
}

impl Totals {
    pub(crate) fn add(mut self, counts: &Counts) -> Self {
        let accepted = counts.accepted.get();
        self.accepted += accepted;
        self.open += accepted.saturating_sub(counts.closed.get());
        self.requests += counts.requests.get();
        self.retries += counts.retries.get();
        self.connects += counts.connects.get();
        self.reused += counts.reused.get();
        self.own_answers += counts.own_answers.get();
        self.unlogged += counts.unlogged.get();
        self
    }
}
