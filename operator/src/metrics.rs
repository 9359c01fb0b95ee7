//! The operator's own metrics, as Prometheus reads them.

use std::sync::Mutex;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKind {
    kind: String,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByAction {
    action: &'static str,
    result: &'static str,
}

/// All metrics.
pub struct Metrics {
    registry: Mutex<Registry>,
    reconciles: Family<ByKind, Counter>,
    seconds: Histogram,
    actions: Family<ByAction, Counter>,
    waiting: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("synod_operator");
        let reconciles = Family::default();
        registry.register(
            "reconciles",
            "Looks at an object, by kind and result",
            reconciles.clone(),
        );
        let seconds = Histogram::new(exponential_buckets(0.001, 2.0, 14));
        registry.register_with_unit(
            "reconcile",
            "Time of one look at an object",
            Unit::Seconds,
            seconds.clone(),
        );
        let actions = Family::default();
        registry.register(
            "actions",
            "Writes to the API and to agents, by kind and result",
            actions.clone(),
        );
        let waiting = Gauge::default();
        registry.register(
            "queue_length",
            "Objects that wait to be looked at",
            waiting.clone(),
        );
        Self {
            registry: Mutex::new(registry),
            reconciles,
            seconds,
            actions,
            waiting,
        }
    }
}

impl Metrics {
    /// An object was looked at.
    pub fn reconciled(&self, kind: &str, result: &'static str, took: Duration) {
        self.reconciles
            .get_or_create(&ByKind {
                kind: kind.to_owned(),
                result,
            })
            .inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// An action was tried.
    pub fn acted(&self, action: &'static str, result: &'static str) {
        self.actions
            .get_or_create(&ByAction { action, result })
            .inc();
    }

    /// So many objects wait.
    pub fn waiting(&self, objects: usize) {
        self.waiting.set(i64::try_from(objects).unwrap_or(i64::MAX));
    }

    /// All metrics as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let registry = self
            .registry
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match prometheus_client::encoding::text::encode(&mut text, &registry) {
            Ok(()) => text,
            Err(std::fmt::Error) => String::new(),
        }
    }
}
