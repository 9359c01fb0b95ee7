//! What is counted of clients.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use synod_znode::{Lock, Sizes, WatchCounts};

use super::lock_metrics;
use crate::clock;

/// The counts of one front end.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    connections: Arc<AtomicU64>,
    received: AtomicU64,
    sent: AtomicU64,
}

/// A connection that is counted for as long as this lives.
pub(super) struct Counted(Arc<AtomicU64>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(super) fn connection(&self) -> Counted {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(&self.connections))
    }

    /// Requests that came, and replies and events that went, on connections that have ended.
    pub(super) fn packets(&self) -> (u64, u64) {
        (
            self.received.load(Ordering::Relaxed),
            self.sent.load(Ordering::Relaxed),
        )
    }

    /// A connection on which so many packets came and went has ended.
    pub(super) fn ended(&self, (received, sent): (u64, u64)) {
        self.received.fetch_add(received, Ordering::Relaxed);
        self.sent.fetch_add(sent, Ordering::Relaxed);
    }
}

/// What the store and its watches are at one moment.
pub(super) struct Gauges {
    pub(super) sizes: Sizes,
    pub(super) watches: WatchCounts,
    pub(super) zxid: i64,
    /// Those that have metrics of their own.
    pub(super) locks: Vec<Lock>,
    /// Packets that came and went, of connections that are there.
    pub(super) packets: (u64, u64),
    /// Bytes that wait on connections.
    pub(super) buffers: u64,
}

impl Metrics {
    /// The metrics in Prometheus' text format.
    pub(super) fn text(&self, gauges: Option<&Gauges>) -> String {
        let mut text = String::new();
        let mut row = |name: &str, kind: &str, help: &str, value: u64| {
            let _ = writeln!(
                text,
                "# HELP synod_zookeeper_{name} {help}\n# TYPE synod_zookeeper_{name} {kind}\nsynod_zookeeper_{name} {value}"
            );
        };
        let connections = self.connections.load(Ordering::Relaxed);
        let (received, sent) = self.packets();
        row(
            "connections",
            "gauge",
            "Connections of clients.",
            connections,
        );
        if let Some(Gauges {
            sizes,
            watches,
            zxid,
            packets,
            locks,
            buffers,
        }) = gauges
        {
            row(
                "packets_received_total",
                "counter",
                "Requests that came.",
                received + packets.0,
            );
            row(
                "packets_sent_total",
                "counter",
                "Replies and events that went.",
                sent + packets.1,
            );
            row("znodes", "gauge", "Nodes of the tree.", sizes.nodes);
            row(
                "ephemeral_znodes",
                "gauge",
                "Nodes that go with their session.",
                sizes.ephemerals,
            );
            row(
                "sessions",
                "gauge",
                "Sessions of the whole service.",
                sizes.sessions,
            );
            row(
                "state_bytes",
                "gauge",
                "Bytes of state, as they count against the bound.",
                sizes.bytes,
            );
            row(
                "state_bytes_max",
                "gauge",
                "The bound on bytes of state.",
                sizes.quota_bytes,
            );
            row(
                "data_bytes",
                "gauge",
                "Bytes of paths and data.",
                sizes.data_bytes,
            );
            row("locks", "gauge", "Locks that somebody holds.", sizes.locks);
            row(
                "locks_contended",
                "gauge",
                "Locks that somebody waits for.",
                sizes.locks_contended,
            );
            row(
                "lock_contenders",
                "gauge",
                "Nodes that hold a lock or wait for one.",
                sizes.lock_contenders,
            );
            row(
                "watches",
                "gauge",
                "Watches of this member's clients.",
                watches.watches as u64,
            );
            row(
                "watched_paths",
                "gauge",
                "Paths that are watched here.",
                watches.paths as u64,
            );
            row(
                "watch_bytes",
                "gauge",
                "Bytes that watches take, as they count against their bound.",
                watches.bytes,
            );
            row(
                "buffer_bytes",
                "gauge",
                "Bytes that wait on connections: requests, answers and events.",
                *buffers,
            );
            row(
                "zxid",
                "gauge",
                "The last change that is applied here.",
                *zxid as u64,
            );
            text.push_str(&lock_metrics::text(locks, clock::wall_ms()));
        }
        text
    }
}
