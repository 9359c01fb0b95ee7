//! Counters of disk, network and driver, and their text. The names that etcd's dashboards rely on keep etcd's spelling.
//!
//! What the etcd front end counts itself (calls, watches, the store) it also writes itself; this is the rest.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use synod_paxos::Node;
use synod_replica::DriverStatus;

type Labels = [(&'static str, String); 1];

/// All of them.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// The disk's.
    pub disk: DiskMetrics,
    /// The network's.
    pub net: NetMetrics,
    driver: DriverMetrics,
}

/// The disk's.
#[derive(Clone, Debug)]
pub struct DiskMetrics {
    /// Seconds of each `fdatasync`.
    pub fsync_seconds: Histogram,
    /// Bytes written.
    pub written_bytes: Counter,
}

/// The network's.
#[derive(Clone, Debug, Default)]
pub struct NetMetrics {
    /// Frames dropped: no connection, or its queue was full.
    pub dropped_frames: Counter,
    sent_bytes: Family<Labels, Counter>,
    received_bytes: Family<Labels, Counter>,
    refused: Family<Labels, Counter>,
}

/// Those of one peer.
#[derive(Clone, Debug)]
pub struct PeerMetrics {
    /// Bytes sent to it.
    pub sent_bytes: Counter,
    /// Bytes received from it.
    pub received_bytes: Counter,
}

#[derive(Clone, Debug, Default)]
struct DriverMetrics {
    leader_changes: Counter,
    ready: Gauge,
    quarantined: Gauge,
    pending: Gauge,
    log_bytes: Gauge,
    snapshot_slot: Gauge,
    level: Gauge,
    counts: [Counter; COUNTS.len()],
}

type Count = (&'static str, &'static str, fn(&DriverStatus) -> u64);

/// The driver's own counters: name, help, and where each comes from.
const COUNTS: [Count; 12] = [
    ("synod_log_commits", "Group commits", |s| s.counters.commits),
    ("synod_log_written_bytes", "Bytes written to the log", |s| {
        s.counters.log_bytes
    }),
    ("synod_entries_applied", "Entries applied", |s| {
        s.counters.applied
    }),
    (
        "synod_commands_forwarded",
        "Commands forwarded to a leader",
        |s| s.counters.forwarded,
    ),
    (
        "synod_commands_duplicate",
        "Commands found applied already",
        |s| s.counters.duplicates,
    ),
    ("synod_snapshots_written", "Snapshots written", |s| {
        s.counters.snapshots
    }),
    (
        "synod_snapshots_installed",
        "Snapshots received and installed",
        |s| s.counters.installs,
    ),
    (
        "synod_snapshots_failed",
        "Snapshots whose writing failed",
        |s| s.counters.snapshots_failed,
    ),
    (
        "synod_elections_won",
        "Times this member became leader",
        |s| s.counters.elected,
    ),
    ("synod_frames_received", "Frames received and taken", |s| {
        s.counters.frames_received
    }),
    ("synod_frames_sent", "Frames handed to the network", |s| {
        s.counters.frames_sent
    }),
    (
        "synod_frames_refused",
        "Frames that were malformed, foreign, newer or misaddressed",
        |s| {
            let c = &s.counters;
            c.frames_malformed + c.frames_foreign + c.frames_newer + c.frames_misaddressed
        },
    ),
];

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let disk = DiskMetrics::register(&mut registry);
        let net = NetMetrics::register(&mut registry);
        let driver = DriverMetrics::register(&mut registry);
        Self {
            registry,
            disk,
            net,
            driver,
        }
    }

    /// The text, in Prometheus' format, with the driver's numbers as they are in `status`.
    #[must_use]
    pub fn text(&self, status: Option<&DriverStatus>, leader_changes: u64) -> String {
        if let Some(status) = status {
            self.driver.set(status, leader_changes);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes everything");
        // The end mark is OpenMetrics'; without it the text may be followed by others'.
        text.trim_end_matches("# EOF\n").to_owned()
    }
}

impl DiskMetrics {
    fn register(registry: &mut Registry) -> Self {
        // As etcd's: 1 ms to 8 s.
        let it = Self {
            fsync_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            written_bytes: Counter::default(),
        };
        registry.register(
            "etcd_disk_wal_fsync_duration_seconds",
            "The latency distributions of fsync called by WAL",
            it.fsync_seconds.clone(),
        );
        registry.register(
            "synod_disk_written_bytes",
            "Bytes written to disk",
            it.written_bytes.clone(),
        );
        it
    }

    /// Counters that nobody shows, for tests.
    #[must_use]
    pub fn unseen() -> Self {
        Self::register(&mut Registry::default())
    }
}

impl NetMetrics {
    fn register(registry: &mut Registry) -> Self {
        let it = Self::default();
        registry.register(
            "etcd_network_peer_sent_bytes",
            "The total number of bytes sent to peers",
            it.sent_bytes.clone(),
        );
        registry.register(
            "etcd_network_peer_received_bytes",
            "The total number of bytes received from peers",
            it.received_bytes.clone(),
        );
        registry.register(
            "synod_peer_frames_dropped",
            "Frames dropped since the peer was not connected or its queue was full",
            it.dropped_frames.clone(),
        );
        registry.register(
            "synod_peer_refused",
            "Connections to the peer port that were refused, by reason",
            it.refused.clone(),
        );
        it
    }

    /// Those of one peer.
    #[must_use]
    pub fn of_peer(&self, peer: Node) -> PeerMetrics {
        let number = peer.0.to_string();
        PeerMetrics {
            sent_bytes: self
                .sent_bytes
                .get_or_create_owned(&[("To", number.clone())]),
            received_bytes: self.received_bytes.get_or_create_owned(&[("From", number)]),
        }
    }

    /// A connection was refused.
    pub fn refused(&self, reason: &'static str) {
        self.refused
            .get_or_create(&[("reason", reason.to_owned())])
            .inc();
    }
}

impl DriverMetrics {
    fn register(registry: &mut Registry) -> Self {
        let it = Self::default();
        registry.register(
            "etcd_server_leader_changes_seen",
            "The number of leader changes seen",
            it.leader_changes.clone(),
        );
        let gauges = [
            (
                "synod_ready",
                "1 if the member should get clients",
                &it.ready,
            ),
            (
                "synod_quarantined",
                "1 if the member takes no part",
                &it.quarantined,
            ),
            (
                "synod_requests_pending",
                "Requests that wait for their answer",
                &it.pending,
            ),
            ("synod_log_bytes", "Bytes of log on disk", &it.log_bytes),
            (
                "synod_snapshot_slot",
                "Slot of the newest snapshot",
                &it.snapshot_slot,
            ),
            ("synod_feature_level", "Feature level in force", &it.level),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        for ((name, help, _), counter) in COUNTS.iter().zip(&it.counts) {
            registry.register(*name, *help, counter.clone());
        }
        it
    }

    fn set(&self, status: &DriverStatus, leader_changes: u64) {
        let gauge = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        let quarantined = matches!(status.phase, synod_replica::Phase::Quarantined(_));
        raise(&self.leader_changes, leader_changes);
        gauge(&self.ready, status.ready.into());
        gauge(&self.quarantined, quarantined.into());
        gauge(&self.pending, status.outstanding as u64);
        gauge(&self.log_bytes, status.log_bytes);
        gauge(&self.snapshot_slot, status.snapshot.0);
        gauge(&self.level, status.level.into());
        for ((_, _, value), counter) in COUNTS.iter().zip(&self.counts) {
            raise(counter, value(status));
        }
    }
}

/// Raises a counter to a value counted elsewhere.
fn raise(counter: &Counter, value: u64) {
    counter.inc_by(value.saturating_sub(counter.get()));
}
