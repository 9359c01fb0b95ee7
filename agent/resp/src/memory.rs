//! How much memory keys and values take, and what is done when that is too much.
//!
//! Each partition keeps its sum. What it adds to the sum of all is told in grains, so that threads seldom meet at it, and who asks
//! whether there is room looks at two numbers.

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Shared;
use crate::part::{NOBODY, Part, Parts, tell};
use crate::scripting;

/// A partition's sum is told when it has changed by so much.
const GRAIN_BYTES: usize = 4096;
/// Evicting for one command takes about so long at most. What is left then goes with the next commands, and in between.
const EVICTION_MAX: Duration = Duration::from_micros(500);
/// A partition is asked for at most so much at a time, so that none is held for long, and none gives all.
const BITE_BYTES_MAX: usize = 64 * 1024;

/// The sum of all partitions, and its bound.
#[derive(Default)]
pub(crate) struct Memory {
    /// `maxmemory`; 0: none.
    bound: AtomicU64,
    used: AtomicI64,
    /// The largest sum that was seen.
    peak: AtomicU64,
    /// Which partition is asked next to give something.
    next: AtomicUsize,
}

/// Whether there is room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is, or soon will be.
    Is,
    /// There is none, and nothing may go.
    None,
}

impl Memory {
    pub(crate) fn bind(&self, bound: u64) {
        self.bound.store(bound, Ordering::Relaxed);
    }

    /// Whether sums are to be told at all.
    #[inline]
    pub(crate) fn is_bound(&self) -> bool {
        self.bound.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn bound(&self) -> u64 {
        self.bound.load(Ordering::Relaxed)
    }

    /// A partition may take more than before, or less.
    pub(crate) fn told(&self, part: &mut Part) {
        let now = part.partition.memory();
        if now.abs_diff(part.told_bytes) >= GRAIN_BYTES {
            self.tell(part, now);
        }
    }

    fn tell(&self, part: &mut Part, now: usize) {
        let more = now as i64 - part.told_bytes as i64;
        part.told_bytes = now;
        self.used.fetch_add(more, Ordering::Relaxed);
    }

    /// Has all partitions tell their sums to the byte; the sum of them.
    pub(crate) fn count(&self, parts: &mut Parts<'_>) -> usize {
        let mut sum = 0;
        parts.each(|part| {
            let now = part.partition.memory();
            self.tell(part, now);
            sum += now;
        });
        self.peak.fetch_max(sum as u64, Ordering::Relaxed);
        sum
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// By how much the bound is exceeded.
    #[inline]
    fn excess(&self) -> usize {
        let bound = self.bound.load(Ordering::Relaxed);
        let used = self.used.load(Ordering::Relaxed);
        if bound == 0 || used <= 0 {
            return 0;
        }
        (used.unsigned_abs()).saturating_sub(bound) as usize
    }
}

/// Makes room, if there is none, by what may go.
#[inline]
pub(crate) fn make_room(shared: &Shared, now: i64) -> Room {
    if shared.memory.excess() == 0 {
        return Room::Is;
    }
    evict(shared, now, EVICTION_MAX)
}

/// Has keys go until there is room, or it has taken too long.
#[cold]
fn evict(shared: &Shared, now: i64, at_most: Duration) -> Room {
    if shared.pause.holds(true, now) {
        // Nothing changes.
        return Room::Is;
    }
    let began = Instant::now();
    let count = shared.parts.len();
    let mut gave_nothing = 0;
    while gave_nothing < count {
        let excess = shared.memory.excess();
        if excess == 0 || began.elapsed() > at_most {
            shared.latency.note("eviction-cycle", began.elapsed());
            return Room::Is;
        }
        let next = shared.memory.next.fetch_add(1, Ordering::Relaxed) % count;
        let Ok(mut part) = scripting::part(shared, next) else {
            // Nothing changes.
            return Room::Is;
        };
        part.begin(shared, now);
        let bite = excess.div_ceil(count).clamp(1, BITE_BYTES_MAX);
        if part.partition.evict(bite) == 0 {
            gave_nothing += 1;
        } else {
            gave_nothing = 0;
        }
        let memory = part.partition.memory();
        shared.memory.tell(&mut part, memory);
        tell([&mut *part].into_iter(), shared, NOBODY);
        part.serve(shared);
        shared.keep(next, &mut part);
    }
    Room::None
}

/// Has keys go that are too many, between commands.
pub(crate) fn go_on_evicting(shared: &Shared, now: i64) {
    if shared.memory.excess() > 0 {
        evict(shared, now, EVICTION_MAX);
    }
}
