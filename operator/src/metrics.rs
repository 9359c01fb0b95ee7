//! The operator's own metrics, as Prometheus reads them. Every label but an object's name has a closed set of values, and
//! what is told of an object goes when it goes.

mod objects;
mod queue;
mod requests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::kinds::Facts;
use crate::names::Key;
use objects::Objects;
use queue::QueueSeen;
pub use requests::counted;

/// The content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Why a look fails: the values of the label `reason`.
pub const REASONS: [&str; 6] = [
    "api",
    "agent",
    "certificate",
    "name-conflict",
    "undecodable",
    "panic",
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKind {
    kind: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKindAndResult {
    kind: String,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKindAndReason {
    kind: String,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByActionAndResult {
    action: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByVerbAndCode {
    verb: &'static str,
    code: &'static str,
}

type ByKindHistogram = Family<ByKind, Histogram, fn() -> Histogram>;

/// All metrics.
pub struct Metrics {
    registry: Mutex<Registry>,
    reconciles: Family<ByKindAndResult, Counter>,
    errors: Family<ByKindAndReason, Counter>,
    durations: ByKindHistogram,
    actions: Family<ByActionAndResult, Counter>,
    requests: Family<ByVerbAndCode, Counter>,
    events: Family<ByResult, Counter>,
    watch_failures: Counter,
    leader: Gauge,
    terms: Counter,
    queue: Arc<QueueSeen>,
    objects: Arc<Objects>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let (queue, objects) = (Arc::<QueueSeen>::default(), Arc::<Objects>::default());
        registry.register_collector(Box::new(objects.clone()));
        registry.register_collector(Box::new(queue.clone()));
        let own = registry.sub_registry_with_prefix("synod_operator");
        let durations: ByKindHistogram =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 14)));
        own.register_with_unit(
            "reconcile_duration",
            "How long one look at an object took, by kind",
            Unit::Seconds,
            durations.clone(),
        );
        Self {
            reconciles: registered(
                own,
                "reconciles",
                "Looks at an object, by kind and result: ok, outdated (looked at again at once), failed",
            ),
            errors: registered(
                own,
                "reconcile_errors",
                &format!(
                    "Looks that failed, by kind and reason: {}",
                    REASONS.join(", ")
                ),
            ),
            durations,
            actions: registered(
                own,
                "actions",
                "What was asked of the API and of agents, by action and result",
            ),
            requests: registered(
                own,
                "api_requests",
                "Requests to the Kubernetes API, by verb and class of the answer (2xx, 4xx, ..., none)",
            ),
            events: registered(
                own,
                "events",
                "Events by what became of them: written, failed, dropped (too many)",
            ),
            watch_failures: registered(own, "watch_failures", "Watches that failed and began anew"),
            leader: registered(
                own,
                "leader",
                "Whether this replica acts: 1 for the one that holds the lease",
            ),
            terms: registered(own, "leader_terms", "How often this replica began to act"),
            queue,
            objects,
            registry: Mutex::new(registry),
        }
    }
}

/// Registers a metric under its name, with what it says.
fn registered<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

impl Metrics {
    /// Objects of this kind will be looked at. Failures are counted from 0: the first one of a series that begins with it
    /// is no increase, and no alert would see it.
    pub fn expects(&self, kind: &str) {
        for reason in REASONS {
            let kind = kind.to_owned();
            drop(self.errors.get_or_create(&ByKindAndReason { kind, reason }));
        }
    }

    /// An object was looked at.
    pub fn reconciled(&self, kind: &str, result: &'static str, took: Duration) {
        let kind = kind.to_owned();
        let by = ByKindAndResult {
            kind: kind.clone(),
            result,
        };
        self.reconciles.get_or_create(&by).inc();
        self.durations
            .get_or_create(&ByKind { kind })
            .observe(took.as_secs_f64());
    }

    /// A look failed, for one of [`REASONS`].
    pub fn reconcile_failed(&self, kind: &str, reason: &'static str) {
        debug_assert!(REASONS.contains(&reason), "{reason} is not expected");
        let kind = kind.to_owned();
        self.errors
            .get_or_create(&ByKindAndReason { kind, reason })
            .inc();
    }

    /// An action was tried.
    pub fn acted(&self, action: &'static str, result: &'static str) {
        self.actions
            .get_or_create(&ByActionAndResult { action, result })
            .inc();
    }

    /// An event was written, or not.
    pub fn told(&self, result: &'static str) {
        self.events.get_or_create(&ByResult { result }).inc();
    }

    /// A watch failed.
    pub fn watch_failed(&self) {
        self.watch_failures.inc();
    }

    /// A request to the API was answered, or was not.
    pub(crate) fn requested(&self, verb: &'static str, code: &'static str) {
        self.requests
            .get_or_create(&ByVerbAndCode { verb, code })
            .inc();
    }

    /// This replica acts from now on, or no longer.
    pub fn leads(&self, leads: bool) {
        if self.leader.set(leads.into()) == 0 && leads {
            self.terms.inc();
        }
    }

    /// So many objects wait, the oldest since then, and so many are looked at.
    pub fn queue(&self, waiting: usize, oldest: Option<Instant>, running: usize) {
        self.queue.set(waiting, oldest, running);
    }

    /// What is known of an object.
    pub fn object(&self, key: &Key, facts: &Facts) {
        self.objects.set(key, facts);
    }

    /// The object is gone.
    pub fn forget(&self, key: &Key) {
        self.objects.forget(key);
    }

    /// This replica knows of no object any more: it has ceased to look.
    pub fn stands_still(&self) {
        self.objects.clear();
        self.queue.set(0, None, 0);
    }

    /// All metrics as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        match prometheus_client::encoding::text::encode(&mut text, &registry) {
            Ok(()) => text,
            Err(std::fmt::Error) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key {
            kind: "ConsensusGroup".into(),
            namespace: "ns".into(),
            name: name.into(),
        }
    }

    fn facts(state: &str) -> Facts {
        Facts {
            state: state.into(),
            wanted: 3,
            ready: 2,
        }
    }

    fn lines(text: &str) -> Vec<&str> {
        text.lines().filter(|line| !line.starts_with('#')).collect()
    }

    #[test]
    fn what_is_told_of_an_object_goes_when_it_goes() {
        let metrics = Metrics::default();
        let before = lines(&metrics.text()).len();
        metrics.object(&key("a"), &facts("Repairing"));
        let text = metrics.text();
        let labels = r#"kind="ConsensusGroup",namespace="ns",name="a""#;
        for line in [
            format!("synod_object_state{{{labels},state=\"Repairing\"}} 1"),
            format!("synod_object_state{{{labels},state=\"Ready\"}} 0"),
            format!("synod_object_members_wanted{{{labels}}} 3"),
            format!("synod_object_members_ready{{{labels}}} 2"),
        ] {
            assert!(text.contains(&line), "{line} is not in\n{text}");
        }
        metrics.object(&key("a"), &facts("Ready"));
        let one = lines(&metrics.text()).len();
        metrics.object(&key("b"), &facts("Strange"));
        assert!(metrics.text().contains(r#"name="b",state="Strange"} 1"#));
        metrics.forget(&key("b"));
        assert_eq!(lines(&metrics.text()).len(), one);
        metrics.forget(&key("a"));
        assert_eq!(lines(&metrics.text()).len(), before);
    }

    #[test]
    fn failures_are_counted_from_nothing() {
        let metrics = Metrics::default();
        metrics.expects("ConsensusGroup");
        let name = "synod_operator_reconcile_errors_total";
        let of = |reason: &str| format!("{name}{{kind=\"ConsensusGroup\",reason=\"{reason}\"}}");
        let text = metrics.text();
        for reason in REASONS {
            assert!(text.contains(&format!("{} 0", of(reason))), "{text}");
        }
        metrics.reconcile_failed("ConsensusGroup", "panic");
        let text = metrics.text();
        assert!(text.contains(&format!("{} 1", of("panic"))), "{text}");
    }

    #[test]
    fn the_oldest_grows_older_while_nobody_tells() {
        let metrics = Metrics::default();
        let due = Instant::now().checked_sub(Duration::from_secs(5));
        metrics.queue(2, due, 1);
        let seconds = |text: &str| {
            let name = "synod_operator_queue_oldest_seconds ";
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.parse::<f64>().ok())
                .expect("a number")
        };
        let text = metrics.text();
        assert!(text.contains("synod_operator_queue_objects 2"), "{text}");
        assert!(
            text.contains("synod_operator_reconciles_running 1"),
            "{text}"
        );
        let first = seconds(&text);
        assert!(first >= 5.0 && seconds(&metrics.text()) > first, "{text}");
        metrics.queue(0, Some(Instant::now() + Duration::from_secs(60)), 0);
        assert!(
            seconds(&metrics.text()) < 0.001,
            "what is due later does not wait"
        );
    }

    #[test]
    fn every_metric_is_explained() {
        let metrics = Metrics::default();
        metrics.reconciled("ConsensusGroup", "ok", Duration::from_millis(3));
        metrics.reconcile_failed("ConsensusGroup", "panic");
        metrics.acted("create", "ok");
        metrics.told("written");
        metrics.requested("get", "2xx");
        metrics.object(&key("a"), &facts("Ready"));
        let text = metrics.text();
        for line in lines(&text) {
            let name = line.split(['{', ' ']).next().expect("a name");
            let name = ["_total", "_bucket", "_count", "_sum"]
                .iter()
                .fold(name, |name, suffix| {
                    name.strip_suffix(suffix).unwrap_or(name)
                });
            assert!(
                text.contains(&format!("# HELP {name} ")),
                "{name} is not explained in\n{text}"
            );
        }
    }

    #[test]
    fn terms_are_counted_once_each() {
        let metrics = Metrics::default();
        for leads in [true, true, false, true] {
            metrics.leads(leads);
        }
        let text = metrics.text();
        assert!(text.contains("synod_operator_leader 1"), "{text}");
        assert!(
            text.contains("synod_operator_leader_terms_total 2"),
            "{text}"
        );
    }
}
