//! A clock that costs next to nothing to read, for how long commands take.
//!
//! A reading of the system's clock may cost a good part of what a small command does. The processor's own counter is read in its
//! place where there is one that runs at one speed; how fast, the system's clock tells in the meantime.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Nanoseconds of 2^20 ticks.
static SCALE: AtomicU64 = AtomicU64::new(0);
const SHIFT: u32 = 20;

/// When the two clocks were read first.
static BEGIN: OnceLock<(Instant, u64)> = OnceLock::new();

/// Now, in ticks of nobody's clock but this one.
#[inline]
pub(crate) fn ticks() -> u64 {
    counter::read()
}

/// How many nanoseconds so many ticks are.
#[inline]
pub(crate) fn nanoseconds(ticks: u64) -> u64 {
    let scaled = u128::from(ticks) * u128::from(SCALE.load(Ordering::Relaxed));
    (scaled >> SHIFT) as u64
}

/// How many ticks so many nanoseconds are.
pub(crate) fn ticks_of(nanoseconds: u64) -> u64 {
    let scale = u128::from(SCALE.load(Ordering::Relaxed).max(1));
    let ticks = (u128::from(nanoseconds) << SHIFT) / scale;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Compares the clocks for the first time, which takes a few milliseconds.
pub(crate) fn begin() {
    const FIRST: Duration = Duration::from_millis(5);
    BEGIN.get_or_init(|| (Instant::now(), ticks()));
    if SCALE.load(Ordering::Relaxed) == 0 {
        std::thread::sleep(FIRST);
        compare();
    }
}

/// Compares the clocks: the later, the better they agree after it.
pub(crate) fn compare() {
    if let Some((instant, before)) = BEGIN.get() {
        let ticks = ticks().saturating_sub(*before);
        let nanoseconds = instant.elapsed().as_nanos();
        if let Some(scale) = (nanoseconds << SHIFT).checked_div(u128::from(ticks)) {
            SCALE.store(u64::try_from(scale).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}

/// The time stamp counter, which all processors of the last fifteen years have at one speed. If it is not (`constant_tsc` in
/// `/proc/cpuinfo`), durations are told wrong, and nothing else.
#[cfg(target_arch = "x86_64")]
mod counter {
    #[inline]
    #[expect(unsafe_code, reason = "an instruction that every such processor has")]
    pub(super) fn read() -> u64 {
        // Safety: it reads a register, and touches no memory.
        unsafe { core::arch::x86_64::_rdtsc() }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod counter {
    use std::sync::LazyLock;
    use std::time::Instant;

    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

    pub(super) fn read() -> u64 {
        ORIGIN.elapsed().as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_agree() {
        begin();
        let (instant, before) = (Instant::now(), ticks());
        std::thread::sleep(Duration::from_millis(30));
        let told = nanoseconds(ticks() - before) as f64;
        compare();
        let real = instant.elapsed().as_nanos() as f64;
        // Somebody else may run between two readings.
        assert!((0.5..1.5).contains(&(told / real)), "{told} of {real}");
        let there = nanoseconds(ticks_of(1_000_000));
        assert!((999_000..=1_001_000).contains(&there), "{there}");
    }
}
