//! The memory of all connections together: requests that wait, frames that are not whole, answers and events that are not sent.
//!
//! At the bound nobody is refused who is content with an even share: who has more than that is read from no further, and a
//! client that does not read what it is sent is cut off.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A share is no smaller than this, however many connections there are: a request of ordinary size has room.
const SHARE_BYTES_MIN: u64 = 4 << 10;

/// Bytes in use, and their bound.
#[derive(Debug)]
pub(super) struct Budget {
    used: AtomicU64,
    connections: AtomicU64,
    max: u64,
}

impl Budget {
    /// A budget of so many bytes.
    pub(super) fn new(max: u64) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            max,
        })
    }

    /// Bytes in use.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// A connection's purse.
    pub(super) fn purse(self: &Arc<Self>) -> Purse {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Purse {
            budget: Arc::clone(self),
            held: AtomicU64::new(0),
        }
    }

    /// Bytes that a connection may hold by all means.
    fn share(&self) -> u64 {
        let connections = self.connections.load(Ordering::Relaxed).max(1);
        (self.max / 2 / connections).max(SHARE_BYTES_MIN)
    }
}

/// What one connection holds; given back with it.
#[derive(Debug)]
pub(super) struct Purse {
    budget: Arc<Budget>,
    held: AtomicU64,
}

impl Purse {
    /// Holds so many bytes more.
    pub(super) fn take(&self, bytes: usize) {
        self.held.fetch_add(bytes as u64, Ordering::Relaxed);
        self.budget.used.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Holds so many bytes less.
    pub(super) fn give(&self, bytes: usize) {
        self.held.fetch_sub(bytes as u64, Ordering::Relaxed);
        self.budget.used.fetch_sub(bytes as u64, Ordering::Relaxed);
    }

    /// Whether all connections together hold more than they may, and so many bytes, of one thing, are more than a share.
    pub(super) fn is_short_for(&self, bytes: usize) -> bool {
        self.budget.used() > self.budget.max && bytes as u64 > self.budget.share()
    }
}

impl Drop for Purse {
    fn drop(&mut self) {
        let held = *self.held.get_mut();
        self.budget.used.fetch_sub(held, Ordering::Relaxed);
        self.budget.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_bound_there_is_no_more_than_a_share() {
        let budget = Budget::new(100_000);
        let (greedy, modest) = (budget.purse(), budget.purse());
        modest.take(20_000);
        greedy.take(80_000);
        assert!(!greedy.is_short_for(80_000));
        greedy.take(1);
        assert!(greedy.is_short_for(80_001) && !modest.is_short_for(20_000));
        greedy.give(60_000);
        assert!(!greedy.is_short_for(80_001));
        drop(greedy);
        assert_eq!(budget.used(), 20_000);
        drop(modest);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_share_has_room_for_a_request_among_any_number_of_connections() {
        let budget = Budget::new(1_000);
        let purses: Vec<_> = (0..100).map(|_| budget.purse()).collect();
        purses.iter().for_each(|purse| purse.take(4 << 10));
        assert!(!purses[0].is_short_for(4 << 10) && purses[0].is_short_for((4 << 10) + 1));
    }
}
