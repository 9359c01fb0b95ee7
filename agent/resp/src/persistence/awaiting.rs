//! What a client waits for that is not about keys, and which partitions its replies show.

use crate::Shared;
use crate::session;

/// What is known of a client.
#[derive(Debug)]
pub(crate) struct Session {
    /// A bit for each partition, or some, that was come to since replies were held the last time.
    shown: u64,
    /// The place of the log where all ends that it saw or did.
    place: u64,
    /// The place that replies wait for already.
    held: Option<u64>,
    awaits: Option<Await>,
    /// Whether a command may wait: not in a transaction.
    pub(crate) may_wait: bool,
}

/// What a client waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Await {
    /// Replicas, which there are not.
    Replicas {
        /// In Unix milliseconds; for ever, if nothing is said.
        until: Option<i64>,
    },
    /// That the log is synced up to a place.
    Synced {
        place: u64,
        /// In Unix milliseconds; for ever, if nothing is said.
        until: Option<i64>,
        /// It needs replicas besides, which there are not.
        needs_replicas: bool,
    },
    /// The snapshot of this number.
    Snapshot(u64),
}

impl Default for Session {
    fn default() -> Self {
        Self {
            shown: 0,
            place: 0,
            held: None,
            awaits: None,
            may_wait: true,
        }
    }
}

/// Of how many partitions there are bits of their own.
const BITS: usize = u64::BITS as usize;

impl Session {
    /// Replies show what is in this partition.
    #[inline]
    pub(crate) const fn shows(&mut self, index: usize) {
        self.shown |= 1 << (index % BITS);
    }

    /// Replies show what is in all partitions.
    pub(crate) const fn shows_all(&mut self) {
        self.shown = u64::MAX;
    }

    /// Which partitions replies show, of so many.
    pub(super) fn take_shown(&mut self, count: usize) -> impl Iterator<Item = usize> + use<> {
        let mut shown = std::mem::take(&mut self.shown);
        let bits = std::iter::from_fn(move || {
            let bit = shown.trailing_zeros() as usize;
            shown &= shown.wrapping_sub(1);
            (bit < BITS).then_some(bit)
        });
        bits.take_while(move |bit| *bit < count)
            .flat_map(move |bit| (bit..count).step_by(BITS))
    }

    pub(super) fn note_place(&mut self, place: u64) {
        self.place = self.place.max(place);
    }

    /// The place of the log where all ends that it saw or did.
    pub(crate) const fn place(&self) -> u64 {
        self.place
    }

    /// Replies wait for this place, whatever else they show.
    pub(crate) fn still_holds(&mut self, held: Option<u64>) {
        self.held = self.held.max(held);
    }

    pub(super) const fn take_held(&mut self) -> Option<u64> {
        self.held.take()
    }

    pub(crate) const fn is_awaiting(&self) -> bool {
        self.awaits.is_some()
    }

    pub(crate) const fn wait_for(&mut self, what: Await) {
        self.awaits = Some(what);
    }
}

impl session::Session {
    /// Answers what it waits for, if that is there or it has waited for long enough; whether it did.
    pub(crate) fn try_answer(&mut self, shared: &Shared, now: i64) -> bool {
        let (Some(awaits), Some(persistence)) = (self.kept.awaits, &shared.persistence) else {
            return self.try_answer_alone(now);
        };
        let is_over = |until: Option<i64>| until.is_some_and(|until| until <= now);
        match awaits {
            Await::Replicas { .. } => return self.try_answer_alone(now),
            Await::Synced {
                place,
                until,
                needs_replicas,
            } => {
                let is_synced = persistence.journal.synced() >= place;
                if !is_over(until) && (!is_synced || needs_replicas) {
                    return false;
                }
                self.reply.array(2);
                self.reply.integer(is_synced.into());
                self.reply.integer(0);
            }
            Await::Snapshot(number) => match persistence.snapshots.result_of(number) {
                None => return false,
                Some(Ok(())) => self.reply.ok(),
                Some(Err(why)) => self.reply.error(&format!("ERR {why}")),
            },
        }
        self.kept.awaits = None;
        true
    }

    /// As [`Self::try_answer`], where nothing is kept.
    fn try_answer_alone(&mut self, now: i64) -> bool {
        let Some(Await::Replicas { until }) = self.kept.awaits else {
            return false;
        };
        if until.is_none_or(|until| until > now) {
            return false;
        }
        self.reply.integer(0);
        self.kept.awaits = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_shown_once() {
        let mut session = Session::default();
        for index in [3, 0, 3, 70] {
            session.shows(index);
        }
        let shown: Vec<_> = session.take_shown(100).collect();
        assert_eq!(shown, [0, 64, 3, 67, 6, 70]);
        assert_eq!(session.take_shown(100).count(), 0);
        session.shows_all();
        let shown: Vec<_> = session.take_shown(5).collect();
        assert_eq!(shown, [0, 1, 2, 3, 4]);
    }
}
