//! When leases run out: the leader's [`Deadlines`], in seconds of a lease's time to live. An expiry names the slot of the grant,
//! since an id may be granted again.

use synod_machine::deadlines::Deadlines;
use synod_paxos::{Now, Span};

use crate::mutation::mutated;

/// Deadlines of all leases.
#[derive(Debug, Default)]
pub(crate) struct Lessor {
    deadlines: Deadlines<i64>,
}

impl Lessor {
    /// Begins with the full time for every lease of (id, time to live in seconds).
    pub(crate) fn new(now: Now, leases: impl Iterator<Item = (i64, i64)>) -> Self {
        let full = |ttl| {
            if mutated("kv.lease.no_grace") {
                Span(0)
            } else {
                seconds(ttl)
            }
        };
        Self {
            deadlines: Deadlines::new(now, leases.map(|(id, ttl)| (id, full(ttl)))),
        }
    }

    /// A lease was granted; its time begins when the clock is next looked at.
    pub(crate) fn granted(&mut self, id: i64, ttl: i64) {
        self.deadlines.begin(id, seconds(ttl));
    }

    /// A lease is gone.
    pub(crate) fn revoked(&mut self, id: i64) {
        self.deadlines.end(id);
    }

    /// Renews a lease; false if it is as good as gone.
    pub(crate) fn keep_alive(&mut self, now: Now, id: i64, ttl: i64) -> bool {
        if mutated("kv.lease.keep_alive_ignored") {
            return self.deadlines.is_alive(now, id);
        }
        self.deadlines.keep_alive(now, now, id, seconds(ttl))
    }

    /// The time a lease has left; `None` if it is as good as gone.
    pub(crate) fn remaining(&mut self, now: Now, id: i64) -> Option<Span> {
        self.deadlines.remaining(now, id)
    }

    /// The leases that ran out, at most `max`. Each is named again after a while if it is still there.
    pub(crate) fn expire(&mut self, now: Now, max: usize) -> Vec<i64> {
        self.deadlines.expire(now, max)
    }

    /// When [`Lessor::expire`] has something to do.
    pub(crate) fn next(&self) -> Option<Now> {
        self.deadlines.next()
    }
}

/// A time to live as a span.
fn seconds(ttl: i64) -> Span {
    Span(
        u64::try_from(ttl)
            .unwrap_or(0)
            .saturating_mul(1_000_000_000),
    )
}
