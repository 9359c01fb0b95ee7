//! What is wanted to be known of what is done to keys. It is looked at with each command, so all of it is in one number.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};

use synod_cache::notice::Events;

use crate::Shared;

/// Somebody keeps copies of keys.
const FOLLOWS: u32 = 1 << 16;

/// What is wanted to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interests(u32);

impl Interests {
    /// Which events are published.
    pub(crate) const fn events(self) -> Events {
        Events::of_bits(self.0 as u16)
    }

    /// Whether somebody keeps copies of keys.
    pub(crate) const fn follows(self) -> bool {
        self.0 & FOLLOWS != 0
    }
}

/// What is wanted to be known by now.
#[derive(Debug, Default)]
pub(crate) struct CurrentInterests {
    bits: AtomicU32,
    /// Of those who change it.
    changes: Mutex<()>,
}

impl CurrentInterests {
    fn set(&self, mask: u32, bits: u32) {
        let old = self.bits.load(Ordering::Relaxed);
        self.bits.store(old & !mask | bits, Ordering::Release);
    }
}

impl Shared {
    #[inline]
    pub(crate) fn interests(&self) -> Interests {
        Interests(self.interests.bits.load(Ordering::Relaxed))
    }

    /// Sets `notify-keyspace-events`. It holds for all commands that begin from now on.
    pub(crate) fn set_events(&self, events: Events) {
        let changes = self.interests.changes.lock();
        let _changes = changes.unwrap_or_else(PoisonError::into_inner);
        self.interests.set(0xffff, events.bits().into());
    }

    /// A client of a thread keeps copies of keys from now on, or does not any more.
    pub(crate) fn set_followed(&self, thread: usize, follows: bool) {
        let changes = self.interests.changes.lock();
        let _changes = changes.unwrap_or_else(PoisonError::into_inner);
        let count = self.following.clients.count(thread, follows);
        let bits = if count > 0 { FOLLOWS } else { 0 };
        self.interests.set(FOLLOWS, bits);
    }
}
