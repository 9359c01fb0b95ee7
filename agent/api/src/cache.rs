//! What of a configuration is a CacheCluster's alone.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// By what is chosen what is evicted, in Redis's words; and ours.
pub(crate) const EVICTIONS: [&str; 9] = [
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "auto",
];

/// What a CacheCluster keeps, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Bytes of keys and values beyond which keys are evicted, or writes refused. Default 768 MiB.
    pub memory_bytes_max: u64,
    /// Which keys are evicted, in Redis's words, or `auto`. Default `allkeys-lfu`.
    pub eviction: String,
    /// Whether keys are kept on disk, and outlive the process. If not, what an earlier run kept is removed at the start.
    /// Default true.
    pub persistent: bool,
    /// When a write is on disk, if it is kept there.
    pub fsync: Fsync,
    /// A file with the password that clients show. Nobody is asked for one if there is none. It is read again when it
    /// changes, and holds from then on for whoever connects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Threads that serve clients; 0: one for each core that the process may use. Default 0.
    pub threads: u32,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            memory_bytes_max: 768 << 20,
            eviction: "allkeys-lfu".to_owned(),
            persistent: true,
            fsync: Fsync::EverySecond,
            password_file: None,
            threads: 0,
        }
    }
}

/// When a write is on disk: Redis's `appendfsync`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fsync {
    /// Before it is acknowledged.
    Always,
    /// A second later at most.
    #[default]
    EverySecond,
    /// When the system likes.
    No,
}
