//! CacheCluster: an in-memory cache that speaks Redis's protocol. Its agents are a group like any other (`kinds/replicated`): what
//! they agree on by Paxos is who serves what, which is little and changes seldom; keys and values are in no log of theirs.
//!
//! For now it is one shard on one agent.

use kube::core::ApiResource;
use serde_json::json;
use synod_agent_api::{Cache, CacheMode, Fsync, Kind as AgentKind, ports};
use synod_crds::cachecluster::{CacheMode as Mode, Fsync as Sync};
use synod_crds::replicated::Timing;
use synod_crds::{CacheCluster, CacheClusterSpec, Quantity};

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

/// Of what the agents agree on there is never more.
const AGREED_BYTES_MAX: &str = "64Mi";

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
        mode: _,
        max_memory: _,
        eviction: _,
        persistence: _,
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
        storage,
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

fn own(spec: &CacheClusterSpec) -> Own {
    Own {
        cache: Some(cache(spec)),
        fields: vec![
            ("maxMemory", json!(spec.max_memory)),
            ("eviction", json!(spec.eviction)),
            ("persistence", json!(spec.persistence)),
        ],
        ..Own::default()
    }
}

fn cache(spec: &CacheClusterSpec) -> Cache {
    Cache {
        mode: match spec.mode {
            Mode::Cluster => CacheMode::Cluster,
            Mode::Standalone => CacheMode::Standalone,
        },
        memory_bytes_max: memory_bytes_max(spec),
        eviction: spec.eviction.as_str().to_owned(),
        fsync: match spec.persistence.fsync {
            Sync::Always => Fsync::Always,
            Sync::EverySecond => Fsync::EverySecond,
            Sync::No => Fsync::No,
        },
        password_file: Some(PASSWORD_FILE.into()),
        ..Cache::default()
    }
}

/// As asked for, or so much of the memory that connections and what the allocator wastes have room besides.
fn memory_bytes_max(spec: &CacheClusterSpec) -> u64 {
    let asked = spec.max_memory.as_ref();
    let asked = asked.and_then(|quantity| quantity.whole().ok());
    let limit = spec.resources.limits.memory.whole().unwrap_or(0);
    asked.unwrap_or(limit / 4 * 3)
}
