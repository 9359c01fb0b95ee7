//! How long a backend takes: an average that jumps to a peak and falls slowly.
//!
//! Peak EWMA, as Finagle's `p2c peak ewma` has it (twitter.github.io/finagle, "Clients: Load Balancing"): a sample above the
//! average replaces it, one below moves it by 1 - e^(-Δt/τ); between samples it falls towards zero by the same law, so that one who
//! was slow is asked again some time.
//!
//! Value and time are one 64-bit word, so that threads need no lock and never see one without the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::Moment;
use crate::mutation::mutated;

/// The time in which an old sample loses all but 1/e of its weight.
pub(crate) const DECAY: Duration = Duration::from_secs(10);
/// A writer that others overtook so often leaves its sample out.
const TRIES: usize = 4;
/// Of a unit of time, nanoseconds are shifted by so much: 1.05 ms. The stamp's 32 bits run over after 52 days.
const STAMP_SHIFT: u32 = 20;
/// Each thread reads the clock once a turn, so what it calls now may lie before a sample of another thread's: by so many units at
/// most, 68 s. To take that for a stamp that ran over would make a slow backend the quickest of all.
const BEHIND_MAX: u32 = 1 << 16;

/// An average in nanoseconds and the time of its last sample. 0 is "no sample".
#[derive(Debug, Default)]
pub(crate) struct PeakEwma(AtomicU64);

impl PeakEwma {
    /// The average as it is now, in nanoseconds; none before the first sample.
    pub(crate) fn nanos(&self, now: Moment) -> Option<f64> {
        let word = self.0.load(Ordering::Relaxed);
        (word != 0).then(|| {
            let (nanos, stamp) = unpacked(word);
            nanos * fallen(stamp, now)
        })
    }

    /// Takes in a sample.
    pub(crate) fn record(&self, sample: Duration, now: Moment) {
        let sample = (sample.as_nanos() as f64).max(1.0);
        let mut word = self.0.load(Ordering::Relaxed);
        for _ in 0..TRIES {
            let next = packed(merged(word, sample, now), later(word, now));
            match self
                .0
                .compare_exchange_weak(word, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(other) => word = other,
            }
        }
    }
}

/// The average with this sample.
fn merged(word: u64, sample: f64, now: Moment) -> f64 {
    if word == 0 {
        return sample;
    }
    let (nanos, before) = unpacked(word);
    if sample >= nanos && !mutated("ewma-no-peak") {
        return sample;
    }
    let left = fallen(before, now);
    nanos * left + sample * (1.0 - left)
}

/// What is left of an average of that time.
fn fallen(before: u32, now: Moment) -> f64 {
    let units = stamp(now).wrapping_sub(before);
    if units == 0 || is_behind(before, now) {
        return 1.0;
    }
    let decay = DECAY.as_nanos() as f64 / f64::from(1_u32 << STAMP_SHIFT);
    (-f64::from(units) / decay).exp()
}

/// True if this is the moment of a thread whose clock was read before that stamp.
fn is_behind(before: u32, now: Moment) -> bool {
    stamp(now).wrapping_sub(before) > u32::MAX - BEHIND_MAX && !mutated("ewma-behind")
}

/// The stamp of a word that takes in a sample now: time goes on for it, never back.
fn later(word: u64, now: Moment) -> u32 {
    let (_, before) = unpacked(word);
    if word != 0 && is_behind(before, now) {
        before
    } else {
        stamp(now)
    }
}

fn stamp(now: Moment) -> u32 {
    (now.as_nanos() >> STAMP_SHIFT) as u32
}

fn packed(nanos: f64, stamp: u32) -> u64 {
    // A sample is 1 ns at least, but what falls may come to nothing.
    let nanos = (nanos as f32).max(1.0);
    u64::from(nanos.to_bits()) << 32 | u64::from(stamp)
}

fn unpacked(word: u64) -> (f64, u32) {
    let nanos = f32::from_bits((word >> 32) as u32);
    (f64::from(nanos), word as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn jumps_to_a_peak_and_falls_by_the_law() {
        let average = PeakEwma::default();
        let begin = Moment::from_millis(1_000_000);
        assert_eq!(average.nanos(begin), None);
        average.record(10 * MS, begin);
        average.record(100 * MS, begin);
        assert_eq!(average.nanos(begin), Some(1e8));
        let later = begin.after(DECAY);
        let left = average.nanos(later).expect("samples") / 1e8;
        assert!((left - (-1.0_f64).exp()).abs() < 1e-3, "{left}");
        // A lower sample after τ weighs 1 - 1/e.
        average.record(10 * MS, later);
        let mean = average.nanos(later).expect("samples");
        let expected = 1e8 * (-1.0_f64).exp() + 1e7 * (1.0 - (-1.0_f64).exp());
        assert!((mean / expected - 1.0).abs() < 1e-3, "{mean} {expected}");
    }

    /// A thread that read the clock a while ago sees what is known, not nothing; and its own low sample does not wipe that out.
    #[test]
    fn a_thread_that_is_behind_sees_the_average() {
        let average = PeakEwma::default();
        let now = Moment::from_millis(1_000_000);
        average.record(100 * MS, now);
        for behind in [2, 50, 5_000] {
            let now = Moment::from_millis(1_000_000 - behind);
            assert_eq!(average.nanos(now), Some(1e8), "{behind} ms");
        }
        average.record(MS, Moment::from_millis(999_990));
        assert_eq!(average.nanos(now).map(|it| it > 9e7), Some(true));
    }

    #[test]
    fn a_stamp_that_ran_over_is_understood() {
        let average = PeakEwma::default();
        let before = Moment::from_nanos((u64::from(u32::MAX) << STAMP_SHIFT) + 5);
        average.record(10 * MS, before);
        let left = average.nanos(before.after(DECAY)).expect("samples") / 1e7;
        assert!((left - (-1.0_f64).exp()).abs() < 1e-3, "{left}");
    }
}
