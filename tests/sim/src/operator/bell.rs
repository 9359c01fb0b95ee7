//! Rings for all who wait, in the order in which they began to; tokio's `watch` wakes them in an order drawn from entropy.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// A bell.
#[derive(Debug, Default)]
pub(super) struct Bell {
    times: AtomicU64,
    waiting: Notify,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.times.fetch_add(1, Ordering::Relaxed);
        self.waiting.notify_waiters();
    }

    /// How often it has rung.
    pub(super) fn times(&self) -> u64 {
        self.times.load(Ordering::Relaxed)
    }

    /// Waits until it has rung more than `heard` times.
    pub(super) async fn after(&self, heard: u64) {
        let rings = self.waiting.notified();
        tokio::pin!(rings);
        rings.as_mut().enable();
        if self.times() == heard {
            rings.await;
        }
    }
}
