//! What a leader knows about one other member.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{Entry, Now, Slot, Span};

/// How a member is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feed {
    /// It has not promised the leader's ballot: it is asked.
    Unpromised,
    /// It lacks chosen entries, or lost its promises: it learns. When it was last sent some.
    Lagging {
        /// When it was last sent something.
        fed: Option<Now>,
    },
    /// It is being sent a snapshot.
    Snapshot,
    /// It was sent a `Sync` and has not answered.
    Syncing {
        /// When.
        sent: Now,
    },
    /// It accepts in this ballot.
    Synced,
}

/// One member, as the leader sees it.
///
/// Invariant: `matched < next` while `Synced`.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) feed: Feed,
    /// Durably accepted in this ballot.
    pub(crate) matched: Slot,
    /// The next slot to send, optimistically.
    pub(crate) next: Slot,
    /// Known decided there.
    pub(crate) decided: Slot,
    /// The last heartbeat round answered.
    pub(crate) round: u64,
    /// The last heartbeat round answered with a lease.
    pub(crate) leased: u64,
    /// When it was last heard of.
    pub(crate) heard: Now,
    /// It lost its promises and told this context.
    pub(crate) amnesiac: Option<Bytes>,
    told: Slot,
    /// Somebody waits there for what is decided through this slot: it is told at once.
    pub(crate) awaited: Slot,
    /// Clients use it, as far as is known: it is told decisions at once.
    pub(crate) attended: bool,
    inflight: VecDeque<(Slot, usize)>,
    inflight_bytes: usize,
    moved: Now,
    resent: Option<(Slot, Now)>,
}

/// Bytes sent to one member and not acknowledged; beyond it the member is waited for.
const WINDOW_BYTES_MAX: usize = 16 << 20;

impl Progress {
    pub(crate) const fn new(now: Now) -> Self {
        Self {
            feed: Feed::Unpromised,
            matched: Slot(0),
            next: Slot(1),
            decided: Slot(0),
            round: 0,
            leased: 0,
            heard: now,
            amnesiac: None,
            told: Slot(0),
            awaited: Slot(0),
            attended: true,
            inflight: VecDeque::new(),
            inflight_bytes: 0,
            moved: now,
            resent: None,
        }
    }

    /// True if it was heard of lately, in this ballot: that a leader is new is no sign of life of anybody.
    pub(crate) fn is_live(&self, now: Now, election: Span) -> bool {
        now - self.heard < election && !self.is_silent()
    }

    /// It is to be asked for its promise: it has not given one, or lost it.
    pub(crate) fn is_silent(&self) -> bool {
        self.feed == Feed::Unpromised || self.amnesiac.is_some()
    }

    /// Within `slots` of the leader's last slot.
    pub(crate) fn is_caught_up(&self, last: Slot, slots: u64) -> bool {
        self.feed == Feed::Synced && self.matched.0 + slots >= last.0 && self.amnesiac.is_none()
    }

    /// A `Sync` through `last` was sent; further entries follow it without waiting.
    pub(crate) fn synced(&mut self, now: Now, last: Slot, decided: Slot) {
        self.feed = Feed::Syncing { sent: now };
        self.next = last.next();
        self.told = decided;
        self.inflight.clear();
        self.inflight_bytes = 0;
        self.moved = now;
        self.resent = None;
    }

    /// It accepted durably through `last`.
    pub(crate) fn accepted(&mut self, now: Now, last: Slot, decided: Slot) {
        self.decided = self.decided.max(decided);
        if matches!(self.feed, Feed::Syncing { .. } | Feed::Lagging { .. }) {
            self.next = self.next.max(last.next());
            self.feed = Feed::Synced;
        }
        if last > self.matched {
            self.matched = last;
            self.next = self.next.max(last.next());
            self.moved = now;
        }
        while self
            .inflight
            .front()
            .is_some_and(|(through, _)| *through <= self.matched)
        {
            self.inflight_bytes -= self.inflight.pop_front().map_or(0, |(_, bytes)| bytes);
        }
    }

    /// It lost its promises: nothing it accepted counts any more.
    pub(crate) fn lost(&mut self, now: Now, context: Bytes, decided: Slot) {
        self.heard = now;
        self.amnesiac = Some(context);
        self.matched = Slot(0);
        self.round = 0;
        self.leased = 0;
        self.decided = decided;
        if self.feed != Feed::Snapshot {
            self.feed = Feed::Lagging { fed: None };
        }
    }

    /// The next slot to send, unless the window is full or nothing is left.
    pub(crate) fn next_to_send(&self, last: Slot, window: u64) -> Option<Slot> {
        let flows = matches!(self.feed, Feed::Synced | Feed::Syncing { .. });
        let open = self.next.0 <= self.matched.0.max(self.decided.0) + window
            && self.inflight_bytes < WINDOW_BYTES_MAX;
        (flows && open && self.next <= last).then_some(self.next)
    }

    /// True if it should be told what is decided, having nothing else to be sent.
    pub(crate) fn wants_decision(&self, decided: Slot) -> bool {
        matches!(self.feed, Feed::Synced | Feed::Syncing { .. }) && self.told < decided
    }

    /// True if the decision must not wait for an `Accept` to ride on: clients look at this member, somebody waits there,
    /// or the configuration in force since `configured` concerns it.
    pub(crate) fn is_awaited(&self, configured: Slot) -> bool {
        self.attended || self.told < self.awaited.max(configured)
    }

    /// `entries` from `next` on were sent, with what is decided.
    pub(crate) fn sent(&mut self, now: Now, entries: &[Entry], decided: Slot) {
        self.told = decided;
        if entries.is_empty() {
            return;
        }
        if self.inflight.is_empty() {
            self.moved = now;
        }
        let bytes = entries.iter().map(Entry::weight).sum();
        self.next = Slot(self.next.0 + entries.len() as u64);
        self.inflight.push_back((Slot(self.next.0 - 1), bytes));
        self.inflight_bytes += bytes;
    }

    /// Goes back to what is acknowledged, once per gap and heartbeat.
    pub(crate) fn resend(&mut self, now: Now, heartbeat: Span) {
        let recent = self
            .resent
            .is_some_and(|(from, at)| from == self.matched && now - at < heartbeat);
        if self.feed == Feed::Synced && self.next > self.matched.next() && !recent {
            self.resent = Some((self.matched, now));
            self.next = self.matched.next();
            self.inflight.clear();
            self.inflight_bytes = 0;
            self.moved = now;
        }
    }

    /// Sends again what was not acknowledged for long.
    pub(crate) fn resend_if_stuck(&mut self, now: Now, heartbeat: Span) {
        const PATIENCE: u64 = 4;
        if now - self.moved >= Span(heartbeat.0 * PATIENCE) {
            self.resend(now, heartbeat);
        }
    }

    /// True if it lags or synchronises and nothing was sent for a while.
    pub(crate) fn is_hungry(&self, now: Now, heartbeat: Span) -> bool {
        const PATIENCE: u64 = 2;
        match self.feed {
            Feed::Lagging { fed } => fed.is_none_or(|at| now - at >= Span(heartbeat.0 * PATIENCE)),
            Feed::Syncing { sent } => now - sent >= Span(heartbeat.0 * PATIENCE),
            _ => false,
        }
    }
}
