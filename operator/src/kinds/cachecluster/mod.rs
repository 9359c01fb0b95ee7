//! CacheCluster: an in-memory cache that speaks Redis's protocol. Its agents are a group like any other (`kinds/replicated`): what
//! they agree on by Paxos is who serves what, which is little and changes seldom; keys and values are in no log of theirs.
//!
//! For now it is one shard on one agent.

use kube::core::ApiResource;
use serde_json::json;
use synod_agent_api::{Cache, Fsync as AgentFsync, Kind as AgentKind, ports};
use synod_crds::cachecluster::{Durability, Fsync, Persistence};
use synod_crds::replicated::Timing;
use synod_crds::{CacheCluster, CacheClusterSpec, Quantity, Storage};

use super::replicated::{self, Object, Own, PASSWORD_FILE, Profile, Spec, Variables};
use super::{Decision, Undecodable};
use crate::observe::Observed;

static PROFILE: Profile = Profile {
    kind: AgentKind::CacheCluster,
    short: "cc",
    client_port: ports::REDIS,
    schemes: Some(["redis", "rediss"]),
    variables: Variables {
        endpoints: "REDIS_URL",
        authority: "REDIS_CACERT",
        certificate: "REDIS_CERT",
        key: "REDIS_KEY",
        password: Some("REDISCLI_AUTH"),
    },
    first_lines: [
        &["redis-cli -u \"$REDIS_URL\" set hello world"],
        &[
            "redis-cli -u \"$REDIS_URL\" --cacert \"$REDIS_CACERT\" --cert \"$REDIS_CERT\" --key \"$REDIS_KEY\" set hello world",
        ],
    ],
};

/// Of what the agents agree on there is never more. It is part of the pods' template: another value would make all of them anew.
const AGREED_BYTES_MAX: &str = "64Mi";

/// What is enough for that.
const VOLUME_WITHOUT_KEYS: &str = "1Gi";

/// The kind CacheCluster.
pub struct Kind;

impl super::Kind for Kind {
    fn resource(&self) -> ApiResource {
        replicated::resource::<CacheCluster>()
    }

    fn profile(&self) -> Option<&'static Profile> {
        Some(&PROFILE)
    }

    fn decide(&self, observed: &Observed) -> Result<Decision, Undecodable> {
        replicated::decide(&PROFILE, observed, |object: CacheCluster| Object {
            metadata: object.metadata,
            spec: spec(object.spec),
            status: object.status,
        })
    }
}

fn spec(spec: CacheClusterSpec) -> Spec {
    let own = own(&spec);
    let CacheClusterSpec {
        // The API let nothing pass but one shard that stands alone.
        shards: _,
        replicas_per_shard: _,
        mode: _,
        durability,
        persistence: _,
        max_memory: _,
        eviction: _,
        storage,
        tls,
        image,
        image_pull_secrets,
        resources,
        scheduling,
        upgrade_policy,
        paused,
        hibernated,
        deletion_protection,
    } = spec;
    Spec {
        members: 1,
        learners: 0,
        storage: volume(durability, storage),
        tls,
        image,
        image_pull_secrets,
        resources,
        quota: Some(Quantity::from(AGREED_BYTES_MAX)),
        timing: Timing::default(),
        scheduling,
        upgrade_policy,
        paused,
        hibernated,
        recovery: None,
        deletion_protection,
        own,
    }
}

/// Where no key is kept, little is enough.
fn volume(durability: Durability, asked: Storage) -> Storage {
    let bytes = |size: &Quantity| size.whole().unwrap_or(0);
    let little = Quantity::from(VOLUME_WITHOUT_KEYS);
    match durability {
        Durability::None if bytes(&asked.size) > bytes(&little) => Storage {
            size: little,
            ..asked
        },
        Durability::None | Durability::Async | Durability::Quorum => asked,
    }
}

fn own(spec: &CacheClusterSpec) -> Own {
    Own {
        cache: Some(cache(spec)),
        fields: vec![
            ("durability", json!(spec.durability)),
            ("persistence", json!(persistence(spec))),
            ("maxMemory", json!(spec.max_memory)),
            ("eviction", json!(spec.eviction)),
        ],
        ..Own::default()
    }
}

fn cache(spec: &CacheClusterSpec) -> Cache {
    Cache {
        memory_bytes_max: memory_bytes_max(spec),
        eviction: spec.eviction.as_str().to_owned(),
        persistent: spec.durability != Durability::None,
        fsync: match persistence(spec).fsync {
            Fsync::Always => AgentFsync::Always,
            Fsync::EverySecond => AgentFsync::EverySecond,
            Fsync::No => AgentFsync::No,
        },
        password_file: Some(PASSWORD_FILE.into()),
        ..Cache::default()
    }
}

fn persistence(spec: &CacheClusterSpec) -> Persistence {
    spec.persistence.clone().unwrap_or_default()
}

/// As asked for, or so much of the memory that connections and what the allocator wastes have room besides.
fn memory_bytes_max(spec: &CacheClusterSpec) -> u64 {
    let asked = spec.max_memory.as_ref();
    let asked = asked.and_then(|quantity| quantity.whole().ok());
    let limit = spec.resources.limits.memory.whole().unwrap_or(0);
    asked.unwrap_or(limit / 4 * 3)
}
