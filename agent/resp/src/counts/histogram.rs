//! How often something took how long.

use super::Count;

/// Durations are told apart by about a sixteenth.
const PARTS_SHIFT: u32 = 4;
const PARTS: usize = 1 << PARTS_SHIFT;
/// Longer ones are as good as this one: 2^30 nanoseconds, a second.
const LARGEST_SHIFT: u32 = 30;
const BUCKETS: usize = (LARGEST_SHIFT - PARTS_SHIFT + 1) as usize * PARTS;

/// Counts by duration, in nanoseconds, in buckets that are the wider the longer they are.
pub(crate) struct Histogram([Count; BUCKETS]);

impl Default for Histogram {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Count::default()))
    }
}

impl Histogram {
    #[inline]
    pub(super) fn add(&self, nanoseconds: u64) {
        self.0[bucket(nanoseconds)].add(1);
    }

    pub(super) fn reset(&self) {
        self.0.iter().for_each(Count::reset);
    }
}

/// The sum of some.
#[derive(Clone, Debug)]
pub(crate) struct Durations {
    counts: Vec<u64>,
    pub(crate) count: u64,
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            count: 0,
        }
    }
}

impl Durations {
    pub(super) fn add(&mut self, histogram: &Histogram) {
        for (sum, count) in self.counts.iter_mut().zip(&histogram.0) {
            let count = count.now();
            *sum += count;
            self.count += count;
        }
    }

    /// What so many of a hundred did not exceed, in nanoseconds.
    pub(crate) fn percentile(&self, percent: f64) -> u64 {
        let wanted = (percent / 100.0 * self.count as f64 + 0.5) as u64;
        let mut count = 0;
        for (bucket, own) in self.counts.iter().enumerate() {
            count += own;
            if count >= wanted.max(1) {
                return end(bucket) - 1;
            }
        }
        0
    }

    /// How many took no longer than about 2^10 nanoseconds, 2^11, and so on, in microseconds as Redis tells them; each that is
    /// more than the one before.
    pub(crate) fn by_powers(&self) -> Vec<(u64, u64)> {
        let (mut told, mut count, mut bucket) = (Vec::new(), 0, 0);
        for power in 10..=LARGEST_SHIFT {
            let before = count;
            while bucket < BUCKETS && end(bucket) - 1 <= 1 << power {
                count += self.counts[bucket];
                bucket += 1;
            }
            if power == LARGEST_SHIFT {
                count = self.count;
            }
            if count > before {
                let most: u64 = (1 << power) + (1 << (power - 7)) - 1;
                told.push((most / 1000, count));
            }
        }
        told
    }
}

fn bucket(nanoseconds: u64) -> usize {
    let most = (1 << LARGEST_SHIFT) - 1;
    let value = nanoseconds.min(most) as usize;
    if value < PARTS {
        return value;
    }
    let shift = value.ilog2() - PARTS_SHIFT;
    (shift as usize) * PARTS + (value >> shift)
}

/// Where a bucket ends, in nanoseconds.
const fn end(bucket: usize) -> u64 {
    if bucket < 2 * PARTS {
        return bucket as u64 + 1;
    }
    let shift = bucket / PARTS - 1;
    ((bucket % PARTS + PARTS + 1) as u64) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other() {
        for bucket_of in 1..BUCKETS {
            let begin = end(bucket_of - 1);
            assert_eq!(bucket(begin), bucket_of);
            assert_eq!(bucket(end(bucket_of) - 1), bucket_of);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn durations_are_told() {
        let histogram = Histogram::default();
        for nanoseconds in 1..=1000 {
            histogram.add(nanoseconds * 1000);
        }
        let mut durations = Durations::default();
        durations.add(&histogram);
        let near = |percent: f64, to: f64| {
            let told = durations.percentile(percent) as f64;
            assert!((to..to * 1.07).contains(&told), "{percent}: {told}");
        };
        near(50.0, 500_000.0);
        near(99.0, 990_000.0);
        near(100.0, 1_000_000.0);
        let powers = durations.by_powers();
        assert_eq!(powers.last(), Some(&(1056, 1000)));
        assert_eq!(powers[0], (1, 1));
        assert!(powers.is_sorted_by_key(|(_, count)| *count));
    }
}
