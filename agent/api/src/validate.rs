//! From text to a configuration that is whole: every problem found is told with its place and its cure.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::cache::EVICTIONS;
use crate::{AgentConfig, ClientTlsMode, MEASURED_LOCKS_MAX, Start};

/// Why a text is no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not YAML, or not of the schema (unknown field, wrong type, missing field); the words hold line and column.
    #[error("{0}")]
    Syntax(String),
    /// It reads, but does not make sense; every problem on its own line.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as a path (`members[1].number`).
    pub place: String,
    /// What is wrong with it.
    pub what: String,
    /// What to do.
    pub cure: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.cure)
    }
}

impl AgentConfig {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// If the text does not parse, has unknown fields, or contradicts itself.
    pub fn parse(yaml: &str) -> Result<Self, ConfigError> {
        let config: Self =
            serde_yaml::from_str(yaml).map_err(|error| ConfigError::Syntax(error.to_string()))?;
        config.validate()?;
        Ok(config)
    }

    /// The configuration as YAML; `parse` gives it back.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        serde_yaml::to_string(self).expect("a configuration has only strings as keys")
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// All problems found.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut found = Problems::default();
        self.check_names(&mut found);
        self.check_recovery(&mut found);
        self.check_members(&mut found);
        self.check_tls(&mut found);
        self.check_timing(&mut found);
        self.check_sizes(&mut found);
        self.check_cache(&mut found);
        if found.0.is_empty() {
            Ok(())
        } else {
            Err(ConfigError::Invalid(found.0))
        }
    }

    fn check_names(&self, found: &mut Problems) {
        for (place, name) in [("group", &self.group), ("name", &self.name)] {
            let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
            found.unless(
                !name.is_empty() && name.len() <= 253 && name.chars().all(fine),
                place,
                "is not a name",
                "use 1 to 253 letters, digits, `-`, `.` or `_`",
            );
        }
        found.unless(
            self.number != 0,
            "number",
            "is 0",
            "member numbers begin at 1",
        );
        found.unless(
            self.data_dir.is_absolute() || self.data_dir.starts_with("."),
            "data_dir",
            "is neither absolute nor begins with `./`",
            "write the whole path",
        );
    }

    fn check_recovery(&self, found: &mut Problems) {
        let place = "former_cluster_uid";
        let recovers = self.start == Start::Recover;
        found.unless(
            !recovers || self.former_cluster_uid.is_some(),
            place,
            "is missing",
            "with `start: recover` write the cluster_uid that the data directory was used with",
        );
        found.unless(
            recovers || self.former_cluster_uid.is_none(),
            place,
            "is set, but `start` is not `recover`",
            "remove it, or set `start: recover` if the group lost its quorum for good",
        );
        found.unless(
            self.former_cluster_uid != Some(self.cluster_uid),
            place,
            "is the cluster_uid itself",
            "give the recovered group a cluster_uid that was never used",
        );
    }

    fn check_members(&self, found: &mut Problems) {
        let mut numbers = BTreeSet::new();
        let mut names = BTreeSet::new();
        for (index, member) in self.members.iter().enumerate() {
            let place = |field| format!("members[{index}].{field}");
            found.unless(
                member.number != 0 && numbers.insert(member.number),
                &place("number"),
                "is 0 or stands there twice",
                "give every member its own number from 1 on",
            );
            found.unless(
                !member.name.is_empty() && names.insert(&member.name),
                &place("name"),
                "is empty or stands there twice",
                "give every member its own name",
            );
            found.unless(
                is_host_and_port(&member.peer_address),
                &place("peer_address"),
                &format!("`{}` is not host:port", member.peer_address),
                "write for example `config-cg-1.config-cg-peer:2380`",
            );
        }
        let advertised = self.advertise.peer_address.as_deref();
        found.unless(
            advertised.is_none_or(is_host_and_port),
            "advertise.peer_address",
            &format!("`{}` is not host:port", advertised.unwrap_or_default()),
            "write for example `config-cg-1.config-cg-peer:2380`",
        );
        let own = self.members.iter().find(|m| m.number == self.number);
        found.unless(
            self.start != Start::Bootstrap || own.is_some(),
            "members",
            &format!("does not contain this member ({})", self.number),
            "with `start: bootstrap` list all members, this one too",
        );
        found.unless(
            own.is_none_or(|m| m.name == self.name),
            "members",
            &format!(
                "gives member {} another name than `{}`",
                self.number, self.name
            ),
            "make the names equal",
        );
    }

    fn check_tls(&self, found: &mut Problems) {
        let client = &self.tls.client;
        if client.mode != ClientTlsMode::Disabled {
            found.need(client.cert.as_deref(), "tls.client.cert");
            found.need(client.key.as_deref(), "tls.client.key");
        }
        if matches!(client.mode, ClientTlsMode::Optional | ClientTlsMode::Mutual) {
            found.need(client.ca.as_deref(), "tls.client.ca");
        }
        found.unless(
            client.mode != ClientTlsMode::Disabled || self.zookeeper().plain_listen.is_none(),
            "zookeeper.plain_listen",
            "is set although `tls.client.mode` is `disabled`",
            "leave it out: `listen.client` is in plain text then",
        );
        let peer = &self.tls.peer;
        let files = [
            (peer.cert.as_deref(), "tls.peer.cert"),
            (peer.key.as_deref(), "tls.peer.key"),
            (peer.ca.as_deref(), "tls.peer.ca"),
        ];
        for (file, place) in files {
            if peer.insecure {
                found.unless(
                    file.is_none(),
                    place,
                    "is set beside `insecure: true`",
                    "remove one of the two",
                );
            } else {
                found.need(file, place);
            }
        }
    }

    fn check_timing(&self, found: &mut Problems) {
        let timing = &self.timing;
        found.unless(
            (10..=10_000).contains(&timing.heartbeat_ms),
            "timing.heartbeat_ms",
            &format!("{} is out of range", timing.heartbeat_ms),
            "use 10 to 10000",
        );
        found.unless(
            timing.election_ms >= timing.heartbeat_ms.saturating_mul(5)
                && timing.election_ms <= 60_000,
            "timing.election_ms",
            &format!("{} is out of range", timing.election_ms),
            "use at least five heartbeats and at most 60000",
        );
        if let Some(lease) = &timing.lease {
            found.unless(
                lease.length_ms >= timing.heartbeat_ms.saturating_mul(2)
                    && lease.length_ms <= timing.election_ms,
                "timing.lease.length_ms",
                &format!("{} is out of range", lease.length_ms),
                "use at least two heartbeats and at most the election time-out",
            );
            found.unless(
                lease.drift_ppm <= 100_000,
                "timing.lease.drift_ppm",
                "is more than a tenth",
                "use at most 100000",
            );
        }
    }

    fn check_sizes(&self, found: &mut Problems) {
        const MIB: u64 = 1 << 20;
        let zookeeper = self.zookeeper();
        let is_path = |path: &String| path.starts_with('/') && !path.ends_with('/');
        let locks = &zookeeper.measured_locks;
        // A series that is there twice is refused by whoever scrapes it, with all others.
        let are_different = locks.iter().collect::<BTreeSet<_>>().len() == locks.len();
        found.unless(
            locks.len() <= MEASURED_LOCKS_MAX && are_different && locks.iter().all(is_path),
            "zookeeper.measured_locks",
            "are too many, or not different paths",
            "name at most 100 locks, each as `/locks/a` and once",
        );
        let rows = [
            (
                "limits.state_bytes_max",
                self.limits.state_bytes_max,
                MIB,
                1 << 40,
            ),
            (
                "limits.request_bytes_max",
                self.limits.request_bytes_max,
                1 << 10,
                64 * MIB,
            ),
            (
                "limits.txn_operations_max",
                self.limits.txn_operations_max.into(),
                1,
                1 << 20,
            ),
            (
                "limits.requests_max",
                self.limits.requests_max.into(),
                1,
                1 << 20,
            ),
            (
                "limits.watch_progress_interval_ms",
                self.limits.watch_progress_interval_ms,
                100,
                86_400_000,
            ),
            (
                "snapshot.segment_bytes",
                self.snapshot.segment_bytes,
                1 << 16,
                1 << 30,
            ),
            (
                "snapshot.log_bytes",
                self.snapshot.log_bytes,
                self.snapshot.segment_bytes,
                1 << 40,
            ),
            (
                "drain.endpoints_wait_ms",
                self.drain.endpoints_wait_ms,
                0,
                600_000,
            ),
            ("drain.timeout_ms", self.drain.timeout_ms, 0, 600_000),
            (
                "zookeeper.packet_bytes_max",
                zookeeper.packet_bytes_max,
                1 << 10,
                32 * MIB,
            ),
            (
                "zookeeper.session_timeout_ms_min",
                zookeeper.session_timeout_ms_min.into(),
                1,
                zookeeper.session_timeout_ms_max.into(),
            ),
            ("runtime.workers", self.runtime.workers.into(), 1, 256),
        ];
        for (place, value, least, most) in rows {
            found.unless_within(place, value, least, most);
        }
    }

    fn check_cache(&self, found: &mut Problems) {
        let cache = self.cache();
        found.unless(
            EVICTIONS.contains(&cache.eviction.as_str()),
            "cache.eviction",
            &format!("{:?} is no policy", cache.eviction),
            &format!("use one of {}", EVICTIONS.join(", ")),
        );
        let (bytes, threads) = (cache.memory_bytes_max, cache.threads);
        found.unless_within("cache.memory_bytes_max", bytes, 1 << 20, 1 << 50);
        found.unless_within("cache.threads", threads.into(), 0, 128);
    }
}

/// `host:port` with a port other than 0; IPv6 addresses in brackets.
fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    let plain = !host.contains(':') && !host.contains('/');
    let bracketed = host.starts_with('[') && host.ends_with(']');
    !host.is_empty() && (plain || bracketed) && port.parse::<u16>().is_ok_and(|p| p != 0)
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn unless(&mut self, fine: bool, place: &str, what: &str, cure: &str) {
        if !fine {
            self.0.push(Problem {
                place: place.to_owned(),
                what: what.to_owned(),
                cure: cure.to_owned(),
            });
        }
    }

    fn unless_within(&mut self, place: &str, value: u64, least: u64, most: u64) {
        self.unless(
            (least..=most).contains(&value),
            place,
            &format!("{value} is out of range"),
            &format!("use {least} to {most}"),
        );
    }

    fn need(&mut self, file: Option<&Path>, place: &str) {
        self.unless(
            file.is_some_and(|path| !path.as_os_str().is_empty()),
            place,
            "is missing",
            "name a PEM file",
        );
    }
}
