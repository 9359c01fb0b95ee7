//! Time as the agent reads it, in one place.
//!
//! Leases and elections count on a clock that runs through suspends (a laptop's lid, a paused virtual machine), so it
//! is `CLOCK_BOOTTIME`, not the monotonic clock of the standard library, which stands still meanwhile.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use synod_paxos::Now;

/// Nanoseconds since the machine was booted, suspends included.
#[must_use]
pub fn now() -> Now {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
    Now(seconds * 1_000_000_000 + nanoseconds)
}

/// Milliseconds since 1970 by the wall clock; 0 if the clock stands before.
#[must_use]
pub fn wall_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}
