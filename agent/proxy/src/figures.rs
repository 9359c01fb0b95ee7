//! What came of requests, by route and by backend: classes of status, and how long they took.
//!
//! Each thread counts in cells of its own, so that to count costs no more than to add. There are as many series as there are routes
//! and backends, times the classes and the bounds below: clients do not make any.

use std::time::Duration;

use crate::counts::Count;

/// The upper bounds of what is counted together, in microseconds.
pub const BOUNDS_MICROS: [u64; 14] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000,
];

#[derive(Debug, Default)]
#[repr(align(128))]
struct Cells {
    /// 1xx to 5xx.
    classes: [Count; 5],
    /// By bound; the last is beyond all.
    took: [Count; BOUNDS_MICROS.len() + 1],
    micros: Count,
}

/// Counters of all threads.
#[derive(Debug)]
pub(crate) struct Figures(Box<[Cells]>);

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// By class of status, 1xx to 5xx.
    pub classes: [u64; 5],
    /// By how long they took, up to each of [`BOUNDS_MICROS`], and beyond.
    pub took: [u64; BOUNDS_MICROS.len() + 1],
    /// Microseconds of all together.
    pub micros: u64,
}

impl Figures {
    pub(crate) fn new(threads: usize) -> Self {
        Self((0..threads.max(1)).map(|_| Cells::default()).collect())
    }

    /// Counts a request. Each thread has a number of its own.
    pub(crate) fn record(&self, thread: usize, status: u16, took: Duration) {
        let Some(cells) = self.0.get(thread) else {
            return;
        };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX >> 24);
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        cells.classes[class].add(1);
        cells.took[BOUNDS_MICROS.partition_point(|bound| *bound < micros)].add(1);
        cells.micros.add(micros);
    }

    pub(crate) fn counted(&self) -> Counted {
        let mut all = Counted::default();
        for cells in &self.0 {
            let pairs = all.classes.iter_mut().zip(&cells.classes);
            pairs.for_each(|(all, cell)| *all += cell.get());
            let pairs = all.took.iter_mut().zip(&cells.took);
            pairs.for_each(|(all, cell)| *all += cell.get());
            all.micros += cells.micros.get();
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_added_up_and_bounds_are_inclusive() {
        let figures = Figures::new(2);
        for (thread, status, micros) in [
            (0, 200, 250),
            (1, 204, 251),
            (1, 503, 20_000_000),
            (0, 99, 0),
            (7, 200, 0),
        ] {
            figures.record(thread, status, Duration::from_micros(micros));
        }
        let counted = figures.counted();
        assert_eq!(counted.classes, [1, 2, 0, 0, 1]);
        assert_eq!(
            (counted.took[0], counted.took[1], counted.took[14]),
            (2, 1, 1)
        );
        assert_eq!(counted.micros, 20_000_501);
    }
}
