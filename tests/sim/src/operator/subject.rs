//! The kind of the user's object: how the API names it, and the service that its members run. A run is about one object; a part
//! of the seeds plays a LockService, all others a ConsensusGroup.

use serde_json::{Value, json};
use synod_agent_api::{AgentConfig, ReadMode};
use synod_operator::names;

use super::direct::{NAMESPACE, label};
use super::user::NAME;
use crate::keys::Keys;
use crate::locks::Locks;
use crate::random::Random;
use crate::service::Service;
use crate::world::World;

/// Of a thousand seeds, how many are about a LockService.
const LOCKS_SHARE: u64 = 300;

/// Drawn apart from everything else that a seed draws, so that whatever plays a ConsensusGroup is what it would be without.
pub(super) fn plays_locks(seed: u64) -> bool {
    Random::new(!seed).chance(LOCKS_SHARE)
}

/// A kind, as the API names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    short: &'static str,
    plural: &'static str,
    /// Its type, as the API stores it.
    pub(super) resource: &'static str,
    /// Another kind, of which something is nearby that has the name of the user's object.
    pub(super) neighbour: &'static str,
}

impl Kind {
    /// Where the user's object is.
    pub(super) fn path(self) -> String {
        format!(
            "/apis/synod.dev/v1alpha1/namespaces/{NAMESPACE}/{}/{NAME}",
            self.plural
        )
    }

    /// The name of a member's pod.
    pub(super) fn pod(self, number: u64) -> String {
        format!("{NAME}-{}-{number}", self.short)
    }

    /// The name of a member's claim.
    pub(super) fn claim(self, number: u64) -> String {
        format!("data-{}", self.pod(number))
    }

    /// The name of the map with a member's configuration.
    pub(super) fn map(self, number: u64) -> String {
        format!("{NAME}-{}-config-{number}", self.short)
    }

    /// Whether something carries the labels of the user's object.
    pub(super) fn labels(self, object: &Value) -> bool {
        label(object, names::LABEL_KIND) == self.name && label(object, names::LABEL_NAME) == NAME
    }

    /// Whether something is of a member of the user's object.
    pub(super) fn is_ours(self, object: &Value) -> bool {
        self.labels(object) && !label(object, names::LABEL_MEMBER).is_empty()
    }
}

/// A service whose members the operator keeps.
pub(super) trait Kept: Service {
    /// The kind of the user's object.
    const KIND: Kind;

    /// What only this kind's spec has, when the object is made.
    fn specify(_spec: &mut Value, _random: &mut Random) {}

    /// Edits what only this kind's spec has, now and then, and says how.
    fn edit(_spec: &mut Value, _random: &mut Random) -> Option<String> {
        None
    }

    /// A group begins whose first member is started like this.
    fn begin(_world: &mut World<Self>, _config: &AgentConfig) {}

    /// Whether a member's process was started as the spec says.
    fn is_started_as(_config: &AgentConfig, _spec: &Value) -> bool {
        true
    }
}

impl Kept for Keys {
    const KIND: Kind = Kind {
        name: "ConsensusGroup",
        short: "cg",
        plural: "consensusgroups",
        resource: "consensusgroups.synod.dev",
        neighbour: "Cache",
    };
}

impl Kept for Locks {
    const KIND: Kind = Kind {
        name: "LockService",
        short: "ls",
        plural: "lockservices",
        resource: "lockservices.synod.dev",
        neighbour: "ConsensusGroup",
    };

    /// Reads are served in one way for as long as there is an object: what a client may see depends on it.
    fn specify(spec: &mut Value, random: &mut Random) {
        spec["reads"] = json!(*random.pick(&["Local", "Linearizable"]));
        bound_sessions(spec, random);
    }

    fn edit(spec: &mut Value, random: &mut Random) -> Option<String> {
        random.chance(150).then(|| {
            bound_sessions(spec, random);
            format!("sessionTimeout: {}", spec["sessionTimeout"])
        })
    }

    fn begin(world: &mut World<Self>, config: &AgentConfig) {
        world.is_read(config.zookeeper().reads == ReadMode::Linearizable);
    }

    fn is_started_as(config: &AgentConfig, spec: &Value) -> bool {
        let zookeeper = config.zookeeper();
        let bounds = &spec["sessionTimeout"];
        let is = |millis: u32, name: &str| bounds[name] == format!("{}s", millis / 1_000);
        is(zookeeper.session_timeout_ms_min, "min")
            && is(zookeeper.session_timeout_ms_max, "max")
            && spec["reads"] == format!("{:?}", zookeeper.reads)
    }
}

fn bound_sessions(spec: &mut Value, random: &mut Random) {
    let (min, max) = (random.between(1, 3), random.between(4, 9));
    spec["sessionTimeout"] = json!({ "min": format!("{min}s"), "max": format!("{max}s") });
}
