//! A time in which clients wait: `CLIENT PAUSE`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who waits, and for how long. Most look whether anybody does, and no further.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    is_on: AtomicBool,
    now: Mutex<Option<Held>>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    /// Not only those who write.
    all: bool,
    /// In Unix milliseconds.
    until: i64,
}

impl Pause {
    /// Whether nobody waits.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        !self.is_on.load(Ordering::Acquire)
    }

    /// From now on all wait, or those who write. One that is there already gets no shorter, nor for fewer.
    pub(crate) fn begin(&self, until: i64, all: bool, now: i64) {
        let mut held = self.held(now);
        let before = held.unwrap_or(Held { all, until });
        *held = Some(Held {
            all: all || before.all,
            until: until.max(before.until),
        });
        self.is_on.store(true, Ordering::Release);
    }

    /// Nobody waits any more.
    pub(crate) fn end(&self) {
        let mut held = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *held = None;
        self.is_on.store(false, Ordering::Release);
    }

    /// Whether one who writes, or one who does not, has to wait at this time.
    pub(crate) fn holds(&self, writes: bool, now: i64) -> bool {
        !self.is_over() && self.held(now).is_some_and(|held| writes || held.all)
    }

    /// The pause at this time. One whose time has come ends.
    fn held(&self, now: i64) -> MutexGuard<'_, Option<Held>> {
        let mut held = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some_and(|held| held.until <= now) {
            *held = None;
            self.is_on.store(false, Ordering::Release);
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_gets_no_shorter_and_ends() {
        let pause = Pause::default();
        assert!(pause.is_over());
        pause.begin(100, false, 0);
        assert!(pause.holds(true, 99) && !pause.holds(false, 99));
        pause.begin(50, true, 0);
        assert!(pause.holds(false, 99), "all wait, as long as before");
        pause.begin(120, false, 0);
        assert!(pause.holds(false, 119), "all still wait");
        assert!(!pause.holds(true, 120));
        assert!(pause.is_over());
        pause.begin(200, false, 130);
        assert!(!pause.holds(false, 131), "what was before is forgotten");
        pause.end();
        assert!(pause.is_over() && !pause.holds(true, 131));
    }
}
