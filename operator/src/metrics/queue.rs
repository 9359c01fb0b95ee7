//! The queue as it was last seen; how old the oldest is, is told when it is asked for: a loop that is stuck tells nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    waiting: usize,
    oldest: Option<Instant>,
    running: usize,
}

/// The queue's length and age.
#[derive(Debug, Default)]
pub(super) struct QueueSeen(Mutex<Seen>);

impl QueueSeen {
    pub(super) fn set(&self, waiting: usize, oldest: Option<Instant>, running: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Seen {
            waiting,
            oldest,
            running,
        };
    }
}

impl Collector for QueueSeen {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let seen = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = seen
            .oldest
            .and_then(|due| Instant::now().checked_duration_since(due))
            .unwrap_or_default();
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: f64| {
            encoder
                .encode_descriptor(name, help, unit, MetricType::Gauge)?
                .encode_gauge(&value)
        };
        #[allow(clippy::cast_precision_loss, reason = "no queue is that long")]
        let count = |objects: usize| objects as f64;
        gauge(
            "synod_operator_queue_objects",
            "Objects that wait to be looked at.",
            None,
            count(seen.waiting),
        )?;
        gauge(
            "synod_operator_reconciles_running",
            "Objects that are being looked at.",
            None,
            count(seen.running),
        )?;
        gauge(
            "synod_operator_queue_oldest",
            "How long the object has waited that has waited longest.",
            Some(&Unit::Seconds),
            age.as_secs_f64(),
        )
    }
}
