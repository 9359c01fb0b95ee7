//! Whether a client would notice it if decisions were heard of a little later here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a member counts as attended after its last call. Clients keep connections open to members that they ask
/// nothing, so connections tell nothing.
const LINGERS: Duration = Duration::from_secs(1);

/// Counts calls. While one is under way, and for a second after the last, this member tells the leader, with whatever it
/// accepts next, that it wants to hear of decisions at once; before that they may come late by `delay`.
///
/// The figures are read one by one: a call that comes in the same moment as the first one may be told that nothing has to
/// be waited for. It is a stale read's staleness that is at stake, nothing else.
#[derive(Debug)]
pub(super) struct Attendance {
    origin: Instant,
    delay: Duration,
    /// Calls under way.
    calls: AtomicU64,
    /// When the last call ended, and the first one after a pause came; nanoseconds after `origin`.
    left: AtomicU64,
    came: AtomicU64,
}

impl Attendance {
    /// For a member that hears of decisions `delay` late, at most, while it is unattended.
    pub(super) fn new(delay: Duration) -> Self {
        Self {
            origin: Instant::now(),
            delay,
            calls: AtomicU64::new(0),
            left: AtomicU64::new(0),
            came: AtomicU64::new(0),
        }
    }

    /// A call came.
    pub(super) fn enter(&self) {
        if self.calls.fetch_add(1, Ordering::Relaxed) == 0 && !self.lingers() {
            self.came.store(self.nanos(), Ordering::Relaxed);
        }
    }

    /// A call that came has ended.
    pub(super) fn leave(&self) {
        self.left.store(self.nanos(), Ordering::Relaxed);
        self.calls.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether decisions are to be heard of at once.
    pub(super) fn attended(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > 0 || self.lingers()
    }

    /// How long it still takes until everything is known that was decided before the first guest came: the others hear of
    /// the guest, and tell what they held back.
    pub(super) fn catches_up_in(&self) -> Duration {
        let came = Duration::from_nanos(self.came.load(Ordering::Relaxed));
        (came + 2 * self.delay).saturating_sub(self.origin.elapsed())
    }

    fn lingers(&self) -> bool {
        let left = Duration::from_nanos(self.left.load(Ordering::Relaxed));
        self.origin.elapsed() < left + LINGERS
    }

    fn nanos(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Default for Attendance {
    fn default() -> Self {
        Self::new(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_secs(3600);

    /// As it is when the last call ended long ago.
    fn lonely() -> Attendance {
        Attendance {
            origin: Instant::now() - 2 * LINGERS,
            ..Attendance::new(DELAY)
        }
    }

    #[test]
    fn a_member_is_attended_while_a_call_is_under_way_and_a_moment_longer() {
        let attendance = lonely();
        assert!(!attendance.attended());
        attendance.enter();
        attendance.enter();
        attendance.leave();
        assert!(attendance.attended(), "one is under way");
        attendance.leave();
        assert!(attendance.attended(), "it lingers");
        attendance.left.store(0, Ordering::Relaxed);
        assert!(!attendance.attended(), "the last one ended long ago");
    }

    #[test]
    fn the_first_call_after_a_pause_is_one_to_catch_up_for_and_the_next_is_not() {
        let attendance = lonely();
        attendance.enter();
        let came = attendance.came.load(Ordering::Relaxed);
        assert!(came > 0);
        assert!(attendance.catches_up_in() > DELAY);
        attendance.leave();
        attendance.enter();
        assert_eq!(attendance.came.load(Ordering::Relaxed), came);
    }
}
