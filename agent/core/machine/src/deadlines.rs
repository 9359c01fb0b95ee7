//! Deadlines of things that are kept alive and expire (leases, sessions): a part of a leader's soft state, made anew with every
//! ballot and never replicated.
//!
//! Why what was kept alive never expires by time, if its machine does three things besides:
//! - An expiry carries the ballot of the leader whose clock it is, and apply ignores it once any entry of a newer ballot is
//!   in the log. So what an old leader thought cannot count after a newer leader began to acknowledge: that one begins after
//!   it applied everything decided before, its own first entry included.
//! - A new leader gives everything its full time again, so what an older one acknowledged is kept.
//! - Whatever can be made again under the same key (an id that was revoked and granted again) is named in the expiry together
//!   with the slot in which it was made.
//!
//! Within one ballot it is this type that both acknowledges and expires: once an expiry was handed out, keep-alives of that key
//! are answered as if it were gone already, whether the proposal succeeds or not. And what begins anew under a key that is there,
//! with less time than it had, keeps what it had: whoever was promised that may not hear of the new time.

use std::collections::{BTreeMap, BTreeSet};

use synod_paxos::{Now, Span};

/// An expiry that did not get into the log is handed out again after this time.
const RETRY: Span = Span::from_millis(1_000);

#[derive(Clone, Copy, Debug)]
struct Deadline {
    at: Now,
    /// Its expiry was handed out.
    expiring: bool,
}

/// Deadlines by key.
///
/// Invariant: `queue` holds exactly one entry for each of `deadlines`.
#[derive(Debug)]
pub struct Deadlines<K> {
    deadlines: BTreeMap<K, Deadline>,
    queue: BTreeSet<(Now, K)>,
    /// Begun since the last look at the clock, each with its time; applying has no clock.
    fresh: Vec<(K, Span)>,
}

impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Self {
            deadlines: BTreeMap::new(),
            queue: BTreeSet::new(),
            fresh: Vec::new(),
        }
    }
}

impl<K: Copy + Ord> Deadlines<K> {
    /// Begins with these, each of them with its time from `now` on.
    pub fn new(now: Now, all: impl Iterator<Item = (K, Span)>) -> Self {
        let mut deadlines = Self::default();
        for (key, time) in all {
            deadlines.set(key, now + time, false);
        }
        deadlines
    }

    /// One more, or one that is there begins anew: its time begins when the clock is next looked at, and it keeps what it had
    /// left if that is more.
    pub fn begin(&mut self, key: K, time: Span) {
        self.fresh.push((key, time));
    }

    /// One is gone.
    pub fn end(&mut self, key: K) {
        self.fresh.retain(|(fresh, _)| *fresh != key);
        if let Some(deadline) = self.deadlines.remove(&key) {
            self.queue.remove(&(deadline.at, key));
        }
    }

    /// Gives what is new its deadline.
    pub fn look(&mut self, now: Now) {
        for (key, time) in std::mem::take(&mut self.fresh) {
            let before = self.deadlines.get(&key).filter(|it| !it.expiring);
            let at = before.map_or(now + time, |it| it.at.max(now + time));
            self.set(key, at, false);
        }
    }

    /// Whether it is there and its expiry was not handed out.
    pub fn is_alive(&mut self, now: Now, key: K) -> bool {
        self.look(now);
        self.deadlines
            .get(&key)
            .is_some_and(|deadline| !deadline.expiring)
    }

    /// Gives it this time from `since` on, unless it has more already; false if it is as good as gone.
    pub fn keep_alive(&mut self, now: Now, since: Now, key: K, time: Span) -> bool {
        let alive = self.is_alive(now, key);
        let later = self
            .deadlines
            .get(&key)
            .is_some_and(|deadline| deadline.at < since + time);
        if alive && later {
            self.set(key, since + time, false);
        }
        alive
    }

    /// The time that is left; `None` if it is as good as gone.
    pub fn remaining(&mut self, now: Now, key: K) -> Option<Span> {
        self.is_alive(now, key)
            .then(|| self.deadlines[&key].at - now)
    }

    /// What ran out, at most `max`. Each is handed out again after a while if it is still there.
    pub fn expire(&mut self, now: Now, max: usize) -> Vec<K> {
        self.look(now);
        let due: Vec<_> = self
            .queue
            .iter()
            .take_while(|(at, _)| *at <= now)
            .take(max)
            .map(|(_, key)| *key)
            .collect();
        for key in &due {
            self.set(*key, now + RETRY, true);
        }
        due
    }

    /// When [`Deadlines::expire`] has something to do.
    #[must_use]
    pub fn next(&self) -> Option<Now> {
        if !self.fresh.is_empty() {
            return Some(Now::default());
        }
        self.queue.first().map(|(at, _)| *at)
    }

    fn set(&mut self, key: K, at: Now, expiring: bool) {
        if let Some(before) = self.deadlines.insert(key, Deadline { at, expiring }) {
            self.queue.remove(&(before.at, key));
        }
        self.queue.insert((at, key));
    }
}
