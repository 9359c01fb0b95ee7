//! What took long, by kinds: the largest of each second, for as many seconds as are remembered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::config::{Config, Id};

/// So many seconds are remembered of each kind.
const SECONDS_MAX: usize = 160;

/// Something that took long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// In seconds since the Unix epoch.
    pub(crate) at: i64,
    pub(crate) milliseconds: i64,
}

/// What is remembered of a kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Event {
    pub(crate) samples: VecDeque<Sample>,
    /// The largest ever, in milliseconds.
    pub(crate) most: i64,
}

/// All kinds.
#[derive(Default)]
pub(crate) struct Latency {
    /// From so many milliseconds on it is remembered; 0: nothing is.
    threshold: AtomicI64,
    events: Mutex<BTreeMap<&'static str, Event>>,
}

const THRESHOLD: Id = Id::of("latency-monitor-threshold");

impl Latency {
    /// Takes what is set.
    pub(crate) fn settle(&self, config: &Config) {
        let threshold = config.number(THRESHOLD);
        self.threshold.store(threshold, Ordering::Relaxed);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.threshold.load(Ordering::Relaxed) > 0
    }

    /// Something of this kind took so long.
    pub(crate) fn note(&self, event: &'static str, took: Duration) {
        let threshold = self.threshold.load(Ordering::Relaxed);
        let milliseconds = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        if threshold > 0 && milliseconds >= threshold {
            let at = SystemTime::now().duration_since(UNIX_EPOCH);
            let at = at.unwrap_or_default().as_secs().cast_signed();
            self.events()
                .entry(event)
                .or_default()
                .add(Sample { at, milliseconds });
        }
    }

    pub(crate) fn events(&self) -> MutexGuard<'_, BTreeMap<&'static str, Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Event {
    fn add(&mut self, sample: Sample) {
        self.most = self.most.max(sample.milliseconds);
        if let Some(last) = self.samples.back_mut()
            && last.at == sample.at
        {
            last.milliseconds = last.milliseconds.max(sample.milliseconds);
            return;
        }
        if self.samples.len() == SECONDS_MAX {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_of_each_second_is_remembered() {
        let mut event = Event::default();
        for (at, milliseconds) in [(1, 5), (1, 9), (1, 7), (2, 3)] {
            event.add(Sample { at, milliseconds });
        }
        let told: Vec<_> = event.samples.iter().map(|it| it.milliseconds).collect();
        assert_eq!(told, [9, 3]);
        assert_eq!(event.most, 9);
        for at in 3..500 {
            let milliseconds = 1;
            event.add(Sample { at, milliseconds });
        }
        assert_eq!(event.samples.len(), SECONDS_MAX);
    }
}
