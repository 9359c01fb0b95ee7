//! Counters of the front end, and the text of `/metrics` with the names that etcd's dashboards rely on.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use synod_kv::Sizes;
use tonic::Code;

use super::calls::Call;
use super::version;

const CODES: usize = 17;

/// Counters of one front end.
pub(crate) struct Metrics {
    started: Vec<AtomicU64>,
    handled: Vec<[AtomicU64; CODES]>,
    /// Watches that stand.
    pub(crate) watches: AtomicI64,
    /// Streams of watches that stand.
    pub(crate) watch_streams: AtomicI64,
    /// Events given to watchers.
    pub(crate) events: AtomicU64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let calls = Call::ALL.len();
        Self {
            started: (0..calls).map(|_| AtomicU64::new(0)).collect(),
            handled: (0..calls).map(|_| Default::default()).collect(),
            watches: AtomicI64::new(0),
            watch_streams: AtomicI64::new(0),
            events: AtomicU64::new(0),
        }
    }

    /// A call came in.
    pub(crate) fn started(&self, call: Call) {
        self.started[call as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// A call was answered; a stream: begun.
    pub(crate) fn handled(&self, call: Call, code: Code) {
        self.handled[call as usize][code as usize].fetch_add(1, Ordering::Relaxed);
    }
}

/// What `/metrics` shows of the member, as numbers.
pub(crate) struct Gauges {
    pub(crate) has_leader: bool,
    pub(crate) is_leader: bool,
    pub(crate) is_learner: bool,
    pub(crate) server_id: u64,
    pub(crate) decided: u64,
    pub(crate) applied: u64,
    pub(crate) sizes: Sizes,
    pub(crate) revision: i64,
    pub(crate) compact_revision: i64,
}

/// The text in Prometheus' format, version 0.0.4.
pub(crate) fn text(metrics: &Metrics, gauges: &Gauges) -> String {
    let mut out = Text(String::with_capacity(8 << 10));
    member(&mut out, gauges);
    watchers(&mut out, metrics);
    out.family(
        "grpc_server_started_total",
        "counter",
        "Calls that came in.",
    );
    for call in Call::ALL {
        let count = metrics.started[*call as usize].load(Ordering::Relaxed);
        out.call("grpc_server_started_total", *call, None, count);
    }
    out.family(
        "grpc_server_handled_total",
        "counter",
        "Calls that were answered; streams that were begun.",
    );
    for call in Call::ALL {
        for (code, count) in metrics.handled[*call as usize].iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count > 0 || code == 0 {
                out.call(
                    "grpc_server_handled_total",
                    *call,
                    Some(CODE_NAMES[code]),
                    count,
                );
            }
        }
    }
    process(&mut out);
    out.0
}

fn member(out: &mut Text, g: &Gauges) {
    let flag = |on: bool| f64::from(u8::from(on));
    out.gauge(
        "etcd_server_has_leader",
        "1 if a leader is known.",
        flag(g.has_leader),
    );
    out.gauge(
        "etcd_server_is_leader",
        "1 if this member leads.",
        flag(g.is_leader),
    );
    out.gauge(
        "etcd_server_is_learner",
        "1 if this member is a learner.",
        flag(g.is_learner),
    );
    out.labelled(
        "etcd_server_id",
        "This member.",
        "server_id",
        &format!("{:x}", g.server_id),
    );
    out.labelled(
        "etcd_server_version",
        "etcd's version whose API is spoken.",
        "server_version",
        version::SERVER,
    );
    out.labelled(
        "etcd_cluster_version",
        "etcd's version whose API the cluster speaks.",
        "cluster_version",
        version::CLUSTER_SHORT,
    );
    out.gauge(
        "etcd_server_proposals_committed_total",
        "The last decided slot.",
        g.decided as f64,
    );
    out.gauge(
        "etcd_server_proposals_applied_total",
        "The last applied slot.",
        g.applied as f64,
    );
    out.gauge(
        "etcd_server_proposals_pending",
        "Decided slots that are not applied yet.",
        g.decided.saturating_sub(g.applied) as f64,
    );
    out.gauge(
        "etcd_mvcc_db_total_size_in_bytes",
        "Bytes of state.",
        g.sizes.bytes as f64,
    );
    out.gauge(
        "etcd_mvcc_db_total_size_in_use_in_bytes",
        "Bytes of state in use.",
        g.sizes.bytes_in_use as f64,
    );
    out.gauge(
        "etcd_server_quota_backend_bytes",
        "Bytes that the state may take.",
        g.sizes.quota_bytes as f64,
    );
    out.gauge(
        "etcd_debugging_mvcc_current_revision",
        "The newest revision.",
        g.revision as f64,
    );
    out.gauge(
        "etcd_debugging_mvcc_compact_revision",
        "The compact revision.",
        g.compact_revision as f64,
    );
    out.gauge(
        "etcd_debugging_mvcc_keys_total",
        "Keys that exist.",
        g.sizes.keys as f64,
    );
    out.gauge(
        "etcd_debugging_lease_total",
        "Leases that exist.",
        g.sizes.leases as f64,
    );
}

fn watchers(out: &mut Text, metrics: &Metrics) {
    let count = |value: &AtomicI64| value.load(Ordering::Relaxed) as f64;
    out.gauge(
        "etcd_debugging_mvcc_watcher_total",
        "Watches that stand.",
        count(&metrics.watches),
    );
    out.gauge(
        "etcd_debugging_mvcc_watch_stream_total",
        "Streams of watches that stand.",
        count(&metrics.watch_streams),
    );
    out.family(
        "etcd_debugging_mvcc_events_total",
        "counter",
        "Events given to watchers.",
    );
    let events = metrics.events.load(Ordering::Relaxed);
    out.line(format_args!("etcd_debugging_mvcc_events_total {events}"));
}

/// Memory and processor time, where Linux tells them.
fn process(out: &mut Text) {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else {
        return;
    };
    // The second field, a name in parentheses, may hold spaces; what is wanted comes after it.
    let Some((_, rest)) = stat.rsplit_once(") ") else {
        return;
    };
    let fields: Vec<u64> = rest.split(' ').map(|f| f.parse().unwrap_or(0)).collect();
    let field = |number: usize| fields.get(number - 3).copied().unwrap_or(0) as f64;
    let page = rustix::param::page_size() as f64;
    let tick = rustix::param::clock_ticks_per_second() as f64;
    out.gauge(
        "process_resident_memory_bytes",
        "Resident memory in bytes.",
        field(24) * page,
    );
    out.family(
        "process_cpu_seconds_total",
        "counter",
        "Processor time in seconds.",
    );
    out.line(format_args!(
        "process_cpu_seconds_total {}",
        (field(14) + field(15)) / tick
    ));
}

/// Prometheus' names of gRPC codes, by number.
const CODE_NAMES: [&str; CODES] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

struct Text(String);

impl Text {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, "gauge", help);
        self.line(format_args!("{name} {value}"));
    }

    fn labelled(&mut self, name: &str, help: &str, label: &str, value: &str) {
        self.family(name, "gauge", help);
        self.line(format_args!("{name}{{{label}=\"{value}\"}} 1"));
    }

    fn call(&mut self, name: &str, call: Call, code: Option<&str>, count: u64) {
        let (service, method, kind) = call.names();
        let code = code
            .map(|code| format!("grpc_code=\"{code}\","))
            .unwrap_or_default();
        self.line(format_args!(
            "{name}{{{code}grpc_method=\"{method}\",grpc_service=\"{service}\",grpc_type=\"{kind}\"}} {count}"
        ));
    }
}
