//! Who serves requests, as it is written.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use synod_balance::algorithm::{maglev, ring};
use synod_balance::{Algorithm, Settings, circuit, health, outlier};

use crate::proxy_protocol::Version;

use super::BackendTls;
use super::route::millis;

/// A group of servers that serve the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Backend {
    /// Its name.
    pub name: String,
    /// Its servers. Those of a Service come by [`crate::Proxy::endpoints`] and are not here.
    #[serde(default)]
    pub servers: Vec<Server>,
    /// Or they are what this name has as addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<Dns>,
    /// How one is chosen.
    #[serde(default)]
    pub balance: Balance,
    /// How much there may be at once.
    #[serde(default)]
    pub limits: Limits,
    /// Probes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Ejection of who fails or is slow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlier: Option<Outlier>,
    /// TLS to its servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<BackendTls>,
    /// Each connection begins with a PROXY header. Then no connection is used for two clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_protocol: Option<Version>,
    /// A server that came just now has its full part after so long. 0 is at once.
    #[serde(default)]
    pub slow_start_ms: u64,
}

/// A name that is asked for again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dns {
    /// `host:port`.
    pub name: String,
    /// Between two questions.
    #[serde(default = "interval_ms")]
    pub interval_ms: u64,
}

const fn interval_ms() -> u64 {
    5_000
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Server {
    /// Its address and port.
    pub address: SocketAddr,
    /// Its part relative to others'.
    #[serde(default = "one")]
    pub weight: u32,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

const fn one() -> u32 {
    1
}

/// How a server is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(
    missing_docs,
    reason = "each is documented where it is carried out: synod_balance::Algorithm"
)]
pub enum Balance {
    Random,
    RoundRobin,
    Weighted,
    LeastConnections,
    LeastLoad,
    #[default]
    PowerOfTwo,
    ConsistentHash,
    Maglev,
}

/// How much there may be at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Requests under way.
    pub requests_max: u32,
    /// Requests under way at one server.
    pub server_requests_max: u32,
    /// Connections to one server, of all threads.
    pub server_connections_max: u32,
    /// Unused connections that a thread keeps to one server.
    pub idle_connections_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let limits = circuit::Limits::default();
        Self {
            requests_max: limits.requests_max,
            server_requests_max: limits.backend_requests_max,
            server_connections_max: limits.backend_connections_max,
            idle_connections_max: 256,
        }
    }
}

/// When a server is taken for healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Health {
    /// What is asked.
    pub probe: Probe,
    /// Between two probes.
    pub interval_ms: u64,
    /// A probe fails after so long.
    pub time_out_ms: u64,
    /// So many failures in a row take a server out.
    pub failures: u32,
    /// So many successes take it in again.
    pub successes: u32,
}

/// What a server is asked to see whether it is healthy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Probe {
    /// A connection.
    #[default]
    Tcp,
    /// GET of this path: 200 to 399 is well.
    Http(String),
}

impl Default for Health {
    fn default() -> Self {
        let health = health::Settings::default();
        Self {
            probe: Probe::Tcp,
            interval_ms: 5_000,
            time_out_ms: 2_000,
            failures: health.failures,
            successes: health.successes,
        }
    }
}

/// Who is ejected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Outlier {
    /// So many failures in a row; 0 is never.
    pub consecutive_failures: u32,
    /// A mean latency of this multiple of the median's; 0 is never.
    pub latency_multiple: f64,
    /// For so long at the first time.
    pub ejection_ms: u64,
    /// At most this percentage.
    pub ejected_percent_max: u32,
}

impl Default for Outlier {
    fn default() -> Self {
        let outlier = outlier::Settings::default();
        Self {
            consecutive_failures: outlier.consecutive_failures,
            latency_multiple: outlier.latency_multiple,
            ejection_ms: 30_000,
            ejected_percent_max: outlier.ejected_percent_max,
        }
    }
}

impl Backend {
    /// The rules of its group.
    pub(crate) fn settings(&self, secret: u64) -> Settings {
        Settings {
            algorithm: self.balance.algorithm(),
            limits: circuit::Limits {
                requests_max: self.limits.requests_max,
                backend_requests_max: self.limits.server_requests_max,
                backend_connections_max: self.limits.server_connections_max,
                ..circuit::Limits::default()
            },
            locality: None,
            slow_start: (self.slow_start_ms > 0).then(|| synod_balance::SlowStart {
                window: millis(self.slow_start_ms),
                least: 0.1,
            }),
            health: self.health.as_ref().map(Health::settings),
            outlier: self.outlier.as_ref().map(Outlier::settings),
            panic_percent: 50,
            secret,
        }
    }
}

impl Balance {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::Random => Algorithm::Random,
            Self::RoundRobin => Algorithm::RoundRobin,
            Self::Weighted => Algorithm::Weighted,
            Self::LeastConnections => Algorithm::LeastConnections,
            Self::LeastLoad => Algorithm::LeastLoad,
            Self::PowerOfTwo => Algorithm::PowerOfTwo,
            Self::ConsistentHash => Algorithm::RingHash(ring::Settings::default()),
            Self::Maglev => Algorithm::Maglev(maglev::Settings::default()),
        }
    }
}

impl Health {
    fn settings(&self) -> health::Settings {
        let interval = millis(self.interval_ms);
        health::Settings {
            interval,
            interval_in_doubt: interval.min(std::time::Duration::from_secs(1)),
            failures: self.failures,
            successes: self.successes,
        }
    }
}

impl Outlier {
    fn settings(&self) -> outlier::Settings {
        outlier::Settings {
            consecutive_failures: self.consecutive_failures,
            latency_multiple: self.latency_multiple,
            ejection: millis(self.ejection_ms),
            ejected_percent_max: self.ejected_percent_max,
            ..outlier::Settings::default()
        }
    }
}
