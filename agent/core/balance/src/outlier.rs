//! Passive outlier ejection: who fails, or is slow, beside the others is taken out for a while.
//!
//! Envoy's idea with other measures. Envoy compares a success rate with the mean less 1.9 standard deviations; but among n backends
//! nobody can be further from the mean than (n - 1)/√n deviations (Samuelson), so of four none is ever out, and a bad one widens the
//! measure that judges it. The median does not move with it: here it is the measure for success rates and for latencies.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::mutation::mutated;

/// When a backend is ejected, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// So many failures in a row eject; 0 is never.
    pub consecutive_failures: u32,
    /// Figures are of the current interval of this length.
    pub interval: Duration,
    /// Who has fewer answers in an interval is not compared.
    pub answers_min: u32,
    /// As many backends must be comparable, or none is compared.
    pub backends_min: usize,
    /// A success rate below this part of the median ejects; 0 is never.
    pub success_part: f64,
    /// A mean latency above this multiple of the median ejects; 0 is never.
    pub latency_multiple: f64,
    /// For so long at the first time; twice as long at each next.
    pub ejection: Duration,
    /// At most for so long.
    pub ejection_max: Duration,
    /// At most this percentage is ejected at once; but one always may be, if it is not the only one.
    pub ejected_percent_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            interval: Duration::from_secs(10),
            answers_min: 100,
            backends_min: 3,
            success_part: 0.85,
            latency_multiple: 4.0,
            ejection: Duration::from_secs(30),
            ejection_max: Duration::from_secs(300),
            ejected_percent_max: 30,
        }
    }
}

/// Who came back a while ago is compared after so few answers.
pub(crate) const ANSWERS_ON_PROBATION: u32 = 5;

impl Settings {
    /// For how long one is ejected at its n-th time.
    pub(crate) fn time_of(&self, times: u32) -> Duration {
        let doublings = if mutated("eject-no-backoff") {
            0
        } else {
            times.saturating_sub(1).min(16)
        };
        self.ejection
            .saturating_mul(1 << doublings)
            .min(self.ejection_max)
    }

    /// How many of so many may be ejected at once.
    pub(crate) fn ejected_max(&self, backends: usize) -> usize {
        if backends <= 1 {
            return 0;
        }
        if mutated("eject-everybody") {
            return backends;
        }
        (backends * self.ejected_percent_max.min(100) as usize / 100).clamp(1, backends - 1)
    }
}

/// A backend's answers since the interval began, counted by all threads.
#[derive(Debug, Default)]
pub(crate) struct Window {
    successes: AtomicU32,
    failures: AtomicU32,
    /// Of successes.
    latency_micros: AtomicU64,
    /// Failures since the last success.
    row: AtomicU32,
}

impl Window {
    pub(crate) fn succeeded(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX >> 24);
        self.latency_micros.fetch_add(micros, Ordering::Relaxed);
        self.successes.fetch_add(1, Ordering::Relaxed);
        // Mostly it is 0: to look costs less than to write.
        if self.row.load(Ordering::Relaxed) != 0 {
            self.row.store(0, Ordering::Relaxed);
        }
    }

    /// How many failures there are in a row now.
    pub(crate) fn failed(&self) -> u32 {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.row.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    pub(crate) fn row(&self) -> u32 {
        self.row.load(Ordering::Relaxed)
    }

    pub(crate) fn figures(&self) -> Figures {
        Figures {
            successes: self.successes.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            latency_micros: self.latency_micros.load(Ordering::Relaxed),
        }
    }

    /// Begins anew. What a thread counts meanwhile may be lost: it is one answer.
    pub(crate) fn begin(&self) {
        self.successes.store(0, Ordering::Relaxed);
        self.failures.store(0, Ordering::Relaxed);
        self.latency_micros.store(0, Ordering::Relaxed);
    }

    pub(crate) fn forget_row(&self) {
        self.row.store(0, Ordering::Relaxed);
    }
}

/// A backend's answers in an interval.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) successes: u32,
    pub(crate) failures: u32,
    pub(crate) latency_micros: u64,
}

impl Figures {
    fn answers(&self) -> u32 {
        self.successes.saturating_add(self.failures)
    }

    fn success_rate(&self) -> f64 {
        f64::from(self.successes) / f64::from(self.answers().max(1))
    }

    fn latency(&self) -> Option<f64> {
        (self.successes > 0).then(|| self.latency_micros as f64 / f64::from(self.successes))
    }
}

/// What the others are compared with.
#[derive(Debug)]
pub(crate) struct Norm {
    success_rate: f64,
    latency: Option<f64>,
}

impl Norm {
    /// The medians of those who have enough answers; none if they are too few.
    pub(crate) fn of(figures: &[Figures], settings: &Settings) -> Option<Self> {
        let compared = figures
            .iter()
            .filter(|it| it.answers() >= settings.answers_min);
        let compared = compared.collect::<Vec<_>>();
        if compared.len() < settings.backends_min.max(1) {
            return None;
        }
        let success_rate = median(compared.iter().map(|it| it.success_rate()))?;
        let latency = median(compared.iter().filter_map(|it| it.latency()));
        Some(Self {
            success_rate,
            latency,
        })
    }

    /// True if one with these figures, of at least so many answers, is out.
    pub(crate) fn excludes(&self, figures: &Figures, settings: &Settings, answers: u32) -> bool {
        if figures.answers() < answers {
            return false;
        }
        let fails = figures.success_rate() < self.success_rate * settings.success_part;
        let is_slow = || {
            let pair = figures.latency().zip(self.latency);
            settings.latency_multiple > 0.0
                && !mutated("eject-no-latency")
                && pair.is_some_and(|(own, norm)| own > norm * settings.latency_multiple)
        };
        fails || is_slow()
    }
}

/// The lower median.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values = values.collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}
