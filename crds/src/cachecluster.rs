//! `CacheCluster`: an in-memory cache that speaks Redis's protocol.

// The schema derive repeats each type inside a function.
#![allow(unreachable_pub)]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::replicated::{GroupStatus, UpgradePolicy};
use crate::{PullSecret, Quantity, Resources, Scheduling, Storage, Tls};

/// What is wanted of a CacheCluster. Every field has a default; `spec: {}` is a safe cache with a password, whose keys are on disk.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
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
    printcolumn(name = "Durability", type_ = "string", json_path = ".spec.durability", description = "What becomes of keys when an agent ends: None, they are lost"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.version", description = "Version of the agents"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state", description = "What is going on, in one word"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 40")
        .message("metadata.name is longer than 40 characters: names of pods and services are made from it"),
    validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')")
        .message("metadata.name must begin with a letter and hold only a-z, 0-9 and '-': names of services are made from it"),
)]
#[x_kube(
    validation = Rule::new("self.durability != 'None' || !has(self.persistence)")
        .message("persistence is not allowed with durability None, which keeps no key on disk: leave it out, or choose durability Async"),
    validation = Rule::new("!has(self.maxMemory) || quantity(self.maxMemory).compareTo(quantity(self.resources.limits.memory)) < 0")
        .message("maxMemory must be less than resources.limits.memory (default 1Gi): connections need memory besides, and the system ends what takes more"),
    validation = Rule::new("!has(self.maxMemory) || quantity(self.maxMemory).compareTo(quantity('1Mi')) >= 0")
        .message("maxMemory must be at least 1Mi"),
)]
pub struct CacheClusterSpec {
    /// Over how many shards the keys are spread. For now there is one.
    #[serde(default = "CacheClusterSpec::default_shards")]
    #[x_kube(validation = Rule::new("self == 1")
        .message("shards must be 1: keys are not spread over several shards yet; one holds as many as resources.limits.memory has room for"))]
    pub shards: i32,
    /// How many further copies of each shard there are. For now there is none.
    #[serde(default)]
    #[x_kube(validation = Rule::new("self == 0")
        .message("replicasPerShard must be 0: there are no further copies yet; with durability Async keys are on the volume, and are served again by the next pod"))]
    pub replicas_per_shard: i32,
    /// What clients take it for. Standalone: a single Redis server with 16 databases. Cluster: a Redis Cluster, with slots
    /// and one database; not served yet. Cannot be changed.
    #[serde(default)]
    #[x_kube(
        validation = Rule::new("self == oldSelf")
            .message("mode cannot be changed: what is in other databases than 0 would be lost; make another CacheCluster"),
        validation = Rule::new("self != 'Cluster'")
            .message("mode Cluster is not served yet: with Standalone it is what every client of Redis connects to, as to a single server"),
    )]
    pub mode: CacheMode,
    /// Which copies have a write before it is acknowledged, and whether keys outlive their agent. None: they are in memory
    /// only, and lost when the agent ends. Async: they are on the volume, as persistence.fsync says. Quorum: besides, a replica has
    /// each of them; not served yet, since there are no replicas. What a change to None leaves on the volume is removed.
    #[serde(default)]
    #[x_kube(validation = Rule::new("self != 'Quorum'")
        .message("durability Quorum is not served yet, since it needs replicas: with Async and persistence.fsync Always each write is on disk before it is acknowledged"))]
    pub durability: Durability,
    /// When what is written is on disk. EverySecond if absent. Not with durability None.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,
    /// The most that keys and values may take; beyond it keys are evicted, or writes refused. Three quarters of
    /// resources.limits.memory if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memory: Option<Quantity>,
    /// Which keys go when memory is full, in Redis's words; or auto, which keeps those that were used again soon after they came,
    /// and is the best guess where nothing is known.
    #[serde(default)]
    pub eviction: Eviction,
    /// The volume of each agent. With durability None there is nothing on it but what the agents agree on, and no more than 1Gi
    /// is asked for.
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
    /// While true no agent runs. Volumes, certificates and Services stay, and with false the agents come back with the keys
    /// that are on the volumes: with durability None, none.
    #[serde(default)]
    pub hibernated: bool,
    /// While true the volumes are never deleted with the object, whatever storage.retention says. Where the policy
    /// crds/policies/deletion-protection.yaml is installed, the API refuses to delete the object at all.
    #[serde(default)]
    pub deletion_protection: bool,
}

impl CacheClusterSpec {
    const fn default_shards() -> i32 {
        1
    }
}

impl Default for CacheClusterSpec {
    fn default() -> Self {
        Self {
            shards: Self::default_shards(),
            replicas_per_shard: 0,
            mode: CacheMode::default(),
            durability: Durability::default(),
            persistence: None,
            max_memory: None,
            eviction: Eviction::default(),
            storage: Storage::default(),
            tls: Tls::default(),
            image: None,
            image_pull_secrets: Vec::new(),
            resources: Resources::default(),
            scheduling: Scheduling::default(),
            upgrade_policy: UpgradePolicy::default(),
            paused: false,
            hibernated: false,
            deletion_protection: false,
        }
    }
}

/// What clients take a cache for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CacheMode {
    /// A single Redis server.
    #[default]
    Standalone,
    /// A Redis Cluster.
    Cluster,
}

/// What becomes of a write that was acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Durability {
    /// It is in memory only.
    None,
    /// It is acknowledged, then copied; and on disk as [`Persistence`] says.
    #[default]
    Async,
    /// It is copied, then acknowledged.
    Quorum,
}

/// Which keys go when memory is full, in Redis's words; and one of ours.
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
    /// Those that were not used again soon.
    Auto,
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
            Self::Auto => "auto",
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
