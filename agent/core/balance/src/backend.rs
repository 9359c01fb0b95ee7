//! One backend's figures, shared by all threads and by all views that name it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use crate::Moment;
use crate::circuit::Totals;
use crate::latency::PeakEwma;
use crate::outlier::Window;

/// A number that a group gives a backend once and never again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendId(pub u64);

/// Unused connections are given up for so long after one was needed: each thread looks some times meanwhile.
const WANTED_FOR: Duration = Duration::from_millis(200);

/// A backend: who it is, and its figures. What changes of it (weight, condition, health) is in views.
///
/// Its figures are in cache lines of their own: threads write them for each request, and two backends must not share one.
#[repr(align(128))]
#[derive(Debug)]
pub struct Backend {
    id: BackendId,
    name: Arc<str>,
    /// A hash of the name, the same in every proxy.
    key: u64,
    pub(crate) requests: AtomicU32,
    pub(crate) connections: AtomicU32,
    pub(crate) latency: PeakEwma,
    pub(crate) window: Window,
    report: ReportCell,
    /// When a connection to it was needed that there was no place for. Nanoseconds; 0 is "never".
    wanted: AtomicU64,
    pub(crate) totals: Arc<Totals>,
}

impl Backend {
    pub(crate) fn new(id: BackendId, name: Arc<str>, totals: Arc<Totals>) -> Self {
        Self {
            id,
            key: xxh3_64(name.as_bytes()),
            name,
            requests: AtomicU32::new(0),
            connections: AtomicU32::new(0),
            latency: PeakEwma::default(),
            window: Window::default(),
            report: ReportCell::default(),
            wanted: AtomicU64::new(0),
            totals,
        }
    }

    /// The number of this backend in its group.
    #[must_use]
    pub const fn id(&self) -> BackendId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) const fn key(&self) -> u64 {
        self.key
    }

    /// Requests that were sent to it and did not end yet.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Connections to it.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// The average of its latencies, in nanoseconds, that peaks and falls; none before the first answer.
    #[must_use]
    pub fn latency_nanos(&self, now: Moment) -> Option<f64> {
        self.latency.nanos(now)
    }

    /// A connection to it is needed, and it has as many as it may: who keeps unused ones is to give them up.
    pub fn want(&self, now: Moment) {
        self.wanted.store(now.as_nanos().max(1), Ordering::Relaxed);
    }

    /// True if unused connections to it are in somebody's way.
    #[must_use]
    pub fn is_wanted(&self, now: Moment) -> bool {
        let at = self.wanted.load(Ordering::Relaxed);
        at != 0 && now.since(Moment::from_nanos(at)) < WANTED_FOR
    }

    /// Takes note of what it says of its own load.
    pub fn reported(&self, report: Report, now: Moment) {
        self.report.store(report, now);
    }

    /// What it last said of its load, and when.
    pub(crate) fn report(&self) -> Option<(Report, Moment)> {
        self.report.load()
    }
}

/// What a backend says of its own load: the part of ORCA (Open Request Cost Aggregation, `xds.data.orca.v3`) that gRFC A58 uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// The part of what it can do that is used: 1 is all.
    pub utilization: f32,
    /// Requests in a second.
    pub requests_per_second: f32,
    /// Of these, how many fail.
    pub errors_per_second: f32,
}

/// A report. Its words are written one by one: a reader may see two reports mixed, both of them true a moment ago.
#[derive(Debug, Default)]
struct ReportCell {
    utilization: AtomicU32,
    requests: AtomicU32,
    errors: AtomicU32,
    /// Nanoseconds; 0 is "never".
    at: AtomicU64,
}

impl ReportCell {
    fn store(&self, report: Report, now: Moment) {
        let set = |cell: &AtomicU32, value: f32| {
            let value = if value.is_finite() {
                value.max(0.0)
            } else {
                0.0
            };
            cell.store(value.to_bits(), Ordering::Relaxed);
        };
        set(&self.utilization, report.utilization);
        set(&self.requests, report.requests_per_second);
        set(&self.errors, report.errors_per_second);
        self.at.store(now.as_nanos().max(1), Ordering::Release);
    }

    fn load(&self) -> Option<(Report, Moment)> {
        let at = self.at.load(Ordering::Acquire);
        let value = |cell: &AtomicU32| f32::from_bits(cell.load(Ordering::Relaxed));
        let report = || Report {
            utilization: value(&self.utilization),
            requests_per_second: value(&self.requests),
            errors_per_second: value(&self.errors),
        };
        (at != 0).then(|| (report(), Moment::from_nanos(at)))
    }
}
