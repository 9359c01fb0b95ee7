//! When leases run out: the leader's soft state. It is made anew with every ballot and never replicated.
//!
//! Why a lease that was kept alive is never revoked by time:
//! - Only the leader of the newest ballot has its expiry applied. An expiry carries the ballot of the leader whose
//!   clock it is, and apply ignores it once any entry of a newer ballot is in the log. So what an old leader
//!   thought of a lease cannot count after a newer leader began to acknowledge keep-alives: that one begins after it
//!   applied everything decided before, its own first entry included.
//! - A new leader gives every lease its full time again, so what an older one acknowledged is kept.
//! - Within one ballot, one lessor both acknowledges and expires: once it proposed an expiry it answers keep-alives of
//!   that lease as if it were gone already, whether the proposal succeeds or not.
//! - The expiry names the slot of the grant: an id that was revoked and granted again meanwhile is another lease.

use std::collections::{BTreeMap, BTreeSet};

use synod_paxos::{Now, Span};

use crate::mutation::mutated;

/// An expiry that did not get into the log is proposed again after this time.
const RETRY: Span = Span::from_millis(1_000);

#[derive(Clone, Copy, Debug)]
struct Deadline {
    at: Now,
    /// Its expiry was proposed.
    expiring: bool,
}

/// Deadlines of all leases.
///
/// Invariant: `queue` holds exactly one entry for each of `deadlines`.
#[derive(Debug, Default)]
pub(crate) struct Lessor {
    deadlines: BTreeMap<i64, Deadline>,
    queue: BTreeSet<(Now, i64)>,
    /// Granted since the last look at the clock; applying has no clock.
    fresh: Vec<(i64, i64)>,
}

impl Lessor {
    /// Begins with the full time for every lease of (id, time to live in seconds).
    pub(crate) fn new(now: Now, leases: impl Iterator<Item = (i64, i64)>) -> Self {
        let mut lessor = Self::default();
        for (id, ttl) in leases {
            lessor.set(
                id,
                if mutated("kv.lease.no_grace") {
                    now
                } else {
                    now + seconds(ttl)
                },
                false,
            );
        }
        lessor
    }

    /// A lease was granted; its time begins when the clock is next looked at.
    pub(crate) fn granted(&mut self, id: i64, ttl: i64) {
        self.fresh.push((id, ttl));
    }

    /// A lease is gone.
    pub(crate) fn revoked(&mut self, id: i64) {
        self.fresh.retain(|(fresh, _)| *fresh != id);
        if let Some(deadline) = self.deadlines.remove(&id) {
            self.queue.remove(&(deadline.at, id));
        }
    }

    /// Gives new leases their deadlines.
    pub(crate) fn look(&mut self, now: Now) {
        for (id, ttl) in std::mem::take(&mut self.fresh) {
            self.set(id, now + seconds(ttl), false);
        }
    }

    /// Renews a lease; false if it is as good as gone.
    pub(crate) fn keep_alive(&mut self, now: Now, id: i64, ttl: i64) -> bool {
        self.look(now);
        let alive = self
            .deadlines
            .get(&id)
            .is_some_and(|deadline| !deadline.expiring);
        if alive && !mutated("kv.lease.keep_alive_ignored") {
            self.set(id, now + seconds(ttl), false);
        }
        alive
    }

    /// The time a lease has left; `None` if it is as good as gone.
    pub(crate) fn remaining(&mut self, now: Now, id: i64) -> Option<Span> {
        self.look(now);
        self.deadlines
            .get(&id)
            .filter(|deadline| !deadline.expiring)
            .map(|deadline| deadline.at - now)
    }

    /// The leases that ran out, at most `max`. Each is named again after a while if it is still there.
    pub(crate) fn expire(&mut self, now: Now, max: usize) -> Vec<i64> {
        self.look(now);
        let due: Vec<_> = self
            .queue
            .iter()
            .take_while(|(at, _)| *at <= now)
            .take(max)
            .map(|(_, id)| *id)
            .collect();
        for id in &due {
            self.set(*id, now + RETRY, true);
        }
        due
    }

    /// When [`Lessor::expire`] has something to do.
    pub(crate) fn next(&self) -> Option<Now> {
        if !self.fresh.is_empty() {
            return Some(Now::default());
        }
        self.queue.first().map(|(at, _)| *at)
    }

    fn set(&mut self, id: i64, at: Now, expiring: bool) {
        if let Some(before) = self.deadlines.insert(id, Deadline { at, expiring }) {
            self.queue.remove(&(before.at, id));
        }
        self.queue.insert((at, id));
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
