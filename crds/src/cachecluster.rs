//! `CacheCluster`: an in-memory cache that speaks Redis's protocol.

// The schema derive repeats each type inside a function.
#![allow(unreachable_pub)]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::replicated::{GroupStatus, UpgradePolicy};
use crate::{PullSecret, Quantity, Resources, Scheduling, Storage, Tls};

/// What is wanted of a CacheCluster. Every field has a default; `spec: {}` is a safe cache with a password.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[kube(
    group = "synod.dev",
    version = "v1alpha1",
    kind = "CacheCluster",
    plural = "cacheclusters",
    shortname = "cc",
    category = "synod",
    namespaced,
    doc = "An in-memory cache that speaks Redis's protocol, and can keep what it holds on disk.",
    status = "GroupStatus",
    derive = "PartialEq",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.ready", description = "Agents that are ready, of those wanted"),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode", description = "Which protocol clients speak: Redis Cluster's or a single server's"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.version", description = "Version of the agents"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state", description = "What is going on, in one word"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 40")
        .message("metadata.name is longer than 40 characters: names of pods and services are made from it"),
    validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')")
        .message("metadata.name must begin with a letter and hold only a-z, 0-9 and '-': names of services are made from it"),
)]
pub struct CacheClusterSpec {
    /// What clients take it for. Cluster: a Redis Cluster, with slots and one database. Standalone: a single Redis server
    /// with 16 databases. Cannot be changed.
    #[serde(default)]
    #[x_kube(validation = Rule::new("self == oldSelf")
        .message("mode cannot be changed: what is in other databases than 0 would be lost; make another CacheCluster"))]
    pub mode: CacheMode,
    /// The most that keys and values may take; beyond it keys are evicted, or writes refused. Three quarters of
    /// resources.limits.memory if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memory: Option<Quantity>,
    /// Which keys go when memory is full, in Redis's words.
    #[serde(default)]
    pub eviction: Eviction,
    /// What is kept on disk, and when it is there.
    #[serde(default)]
    pub persistence: Persistence,
    /// The volume of each agent.
    #[serde(default)]
    pub storage: Storage,
    /// How clients reach the cache. They show a password besides, which is in the Secret of status.connectionSecret.
    #[serde(default)]
    pub tls: Tls,
    /// The agent's image, best by digest. If absent, the operator's own default at the time the object was created,
    /// which stays (status.image) until you set it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub image: Option<String>,
    /// Secrets with registry credentials for the image. Those of the namespace's default service account if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub image_pull_secrets: Vec<PullSecret>,
    /// CPU and memory of each agent.
    #[serde(default)]
    pub resources: Resources,
    /// Where pods may run.
    #[serde(default)]
    pub scheduling: Scheduling,
    /// What happens when a newer operator brings another default image, and image is absent. Manual: nothing restarts;
    /// the condition UpdateAvailable shows it, and setting image rolls. Automatic: the agents are rolled to it.
    #[serde(default)]
    pub upgrade_policy: UpgradePolicy,
    /// While true the operator changes nothing; the agents go on serving.
    #[serde(default)]
    pub paused: bool,
    /// While true no agent runs. Volumes, certificates and Services stay, and with false the agents come back with their
    /// data.
    #[serde(default)]
    pub hibernated: bool,
    /// While true the volumes are never deleted with the object, whatever storage.retention says. Where the policy
    /// crds/policies/deletion-protection.yaml is installed, the API refuses to delete the object at all.
    #[serde(default)]
    pub deletion_protection: bool,
}

/// What clients take a cache for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CacheMode {
    /// A Redis Cluster.
    #[default]
    Cluster,
    /// A single Redis server.
    Standalone,
}

/// Which keys go when memory is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Eviction {
    /// None: writes are refused.
    #[serde(rename = "noeviction")]
    NoEviction,
    /// Those that were used longest ago.
    AllkeysLru,
    /// Those that are used least often.
    #[default]
    AllkeysLfu,
    /// Any.
    AllkeysRandom,
    /// Of those that expire, those that were used longest ago.
    VolatileLru,
    /// Of those that expire, those that are used least often.
    VolatileLfu,
    /// Of those that expire, any.
    VolatileRandom,
    /// Of those that expire, those that expire soonest.
    VolatileTtl,
}

impl Eviction {
    /// As Redis writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEviction => "noeviction",
            Self::AllkeysLru => "allkeys-lru",
            Self::AllkeysLfu => "allkeys-lfu",
            Self::AllkeysRandom => "allkeys-random",
            Self::VolatileLru => "volatile-lru",
            Self::VolatileLfu => "volatile-lfu",
            Self::VolatileRandom => "volatile-random",
            Self::VolatileTtl => "volatile-ttl",
        }
    }
}

/// What is kept on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Persistence {
    /// When a write is on disk, as Redis's appendfsync: Always, before it is acknowledged; EverySecond, so that at most the
    /// last second is lost; No, when the system likes.
    #[serde(default)]
    pub fsync: Fsync,
}

/// When a write is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Fsync {
    /// Before it is acknowledged.
    Always,
    /// A second later at most.
    #[default]
    EverySecond,
    /// When the system likes.
    No,
}
