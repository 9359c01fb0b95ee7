//! Time as the agent reads it, in one place.
//!
//! Leases and elections count on a clock that runs through suspends (a laptop's lid, a paused virtual machine), so it
//! is `CLOCK_BOOTTIME`, not the monotonic clock of the standard library, which stands still meanwhile.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
pub use synod_paxos::Now;

/// Nanoseconds since the machine was booted, suspends included.
#[must_use]
pub fn now() -> Now {
    #[cfg(feature = "simulation")]
    if let Some((now, _)) = simulated::get() {
        return now;
    }
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
    Now(seconds * 1_000_000_000 + nanoseconds)
}

/// Milliseconds since 1970 by the wall clock; 0 if the clock stands before.
#[must_use]
pub fn wall_ms() -> u64 {
    #[cfg(feature = "simulation")]
    if let Some((_, wall_ms)) = simulated::get() {
        return wall_ms;
    }
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

/// Milliseconds since 1970 of a moment in the past, as [`now`] told it.
#[must_use]
pub fn wall_ms_of(then_ns: u64) -> u64 {
    wall_ms().saturating_sub(now().0.saturating_sub(then_ns) / 1_000_000)
}

/// Time that a simulator hands in.
#[cfg(feature = "simulation")]
pub mod simulated {
    use std::cell::Cell;

    use synod_paxos::Now;

    thread_local! {
        static TIME: Cell<Option<(Now, u64)>> = const { Cell::new(None) };
    }

    /// From now on this thread's clocks show this: nanoseconds since boot, and milliseconds since 1970.
    pub fn set(now: Now, wall_ms: u64) {
        TIME.set(Some((now, wall_ms)));
    }

    pub(super) fn get() -> Option<(Now, u64)> {
        TIME.get()
    }
}
