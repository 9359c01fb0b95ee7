//! `LockService`: locks, leader election and coordination that speak ZooKeeper's protocol.

// The schema derive repeats each type inside a function.
#![allow(unreachable_pub)]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::replicated::{GroupStatus, Recovery, Timing, UpgradePolicy};
use crate::{PullSecret, Quantity, Resources, Scheduling, Span, Storage, Tls};

/// What is wanted of a LockService. Every field has a default; `spec: {}` is a safe service of three members.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[kube(
    group = "synod.dev",
    version = "v1alpha1",
    kind = "LockService",
    plural = "lockservices",
    shortname = "ls",
    category = "synod",
    namespaced,
    doc = "Locks, leader election and coordination that speak ZooKeeper's protocol, kept by a group of members that agree by Paxos.",
    status = "GroupStatus",
    derive = "PartialEq",
    scale(
        spec_replicas_path = ".spec.members",
        status_replicas_path = ".status.members",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "Members", type_ = "string", json_path = ".status.ready", description = "Members that are ready, of those wanted"),
    printcolumn(name = "Leader", type_ = "string", json_path = ".status.leader", description = "The pod that leads"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.version", description = "Version of the agents"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state", description = "What is going on, in one word"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 40")
        .message("metadata.name is longer than 40 characters: names of pods and services are made from it"),
    validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')")
        .message("metadata.name must begin with a letter and hold only a-z, 0-9 and '-': names of services are made from it"),
)]
pub struct LockServiceSpec {
    /// How many members vote: 1, 3, 5 or 7. A service of 3 goes on with one member lost, 5 with two, 7 with three.
    /// Changing it adds or removes one member after the other.
    #[serde(default = "LockServiceSpec::default_members")]
    #[x_kube(validation = Rule::new("self in [1, 3, 5, 7]")
        .message("members must be 1, 3, 5 or 7: an even number tolerates no more failures than the odd number below it"))]
    #[schemars(range(min = 1, max = 7))]
    pub members: i32,
    /// How many read replicas there are besides, which ZooKeeper calls observers: they follow the log, serve reads, and
    /// never vote.
    #[serde(default)]
    #[schemars(range(min = 0, max = 8))]
    pub learners: i32,
    /// How long a client may be silent before its session ends, and with it its locks.
    #[serde(default)]
    pub session_timeout: SessionTimeout,
    /// Where reads are served. Local: by the member that is asked, as it is, which is ZooKeeper's way; a client that wants
    /// what is newest sends `sync` before. Linearizable: as if `sync` came before each.
    #[serde(default)]
    pub reads: Reads,
    /// The volume of each member and learner.
    #[serde(default)]
    pub storage: Storage,
    /// How clients reach the members.
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
    /// CPU and memory of each member and learner.
    #[serde(default)]
    pub resources: Resources,
    /// The most that all nodes may take; writes are refused beyond it. Half of resources.limits.memory if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quantity>,
    /// How soon a silent leader is replaced.
    #[serde(default)]
    pub timing: Timing,
    /// Where pods may run.
    #[serde(default)]
    pub scheduling: Scheduling,
    /// What happens when a newer operator brings another default image, and image is absent. Manual: nothing restarts;
    /// the condition UpdateAvailable shows it, and setting image rolls. Automatic: the members are rolled to it.
    #[serde(default)]
    pub upgrade_policy: UpgradePolicy,
    /// While true the operator changes nothing; the members go on serving and electing by themselves.
    #[serde(default)]
    pub paused: bool,
    /// While true no member runs. Volumes, certificates, Services and the disruption budget stay, and with false the
    /// members come back with their data. A change of members that is under way is finished first.
    #[serde(default)]
    pub hibernated: bool,
    /// After a majority of the voters lost their data for good: go on with what one member has, as another cluster. Nothing
    /// is done while a quorum could still be brought back. Take it off once the condition Recovery says Recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// While true the volumes are never deleted with the object, whatever storage.retention says. Where the policy
    /// crds/policies/deletion-protection.yaml is installed, the API refuses to delete the object at all.
    #[serde(default)]
    pub deletion_protection: bool,
}

impl LockServiceSpec {
    const fn default_members() -> i32 {
        3
    }
}

impl Default for LockServiceSpec {
    fn default() -> Self {
        Self {
            members: Self::default_members(),
            learners: 0,
            session_timeout: SessionTimeout::default(),
            reads: Reads::default(),
            storage: Storage::default(),
            tls: Tls::default(),
            image: None,
            image_pull_secrets: Vec::new(),
            resources: Resources::default(),
            quota: None,
            timing: Timing::default(),
            scheduling: Scheduling::default(),
            upgrade_policy: UpgradePolicy::default(),
            paused: false,
            hibernated: false,
            recovery: None,
            deletion_protection: false,
        }
    }
}

/// How long a client may be silent before its session ends. A client asks for a time-out, and is granted the nearest one
/// within these bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("duration(self.min) >= duration('1s')")
        .message("sessionTimeout.min must be at least 1s: clients would lose their locks by every pause of the network"),
    validation = Rule::new("duration(self.max) >= duration(self.min)")
        .message("sessionTimeout.max (default 40s) must be at least sessionTimeout.min (default 4s)"),
    validation = Rule::new("duration(self.max) <= duration('24h')")
        .message("sessionTimeout.max must be at most 24h: the locks of a client that died are held as long"),
)]
pub struct SessionTimeout {
    /// The shortest that is granted, such as 4s.
    #[serde(default = "SessionTimeout::default_min")]
    pub min: Span,
    /// The longest that is granted, such as 40s or 2m.
    #[serde(default = "SessionTimeout::default_max")]
    pub max: Span,
}

impl SessionTimeout {
    fn default_min() -> Span {
        Span::from("4s")
    }

    fn default_max() -> Span {
        Span::from("40s")
    }
}

impl Default for SessionTimeout {
    fn default() -> Self {
        Self {
            min: Self::default_min(),
            max: Self::default_max(),
        }
    }
}

/// Where reads are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Reads {
    /// By the member that is asked, as it is.
    #[default]
    Local,
    /// Once everything that was decided before is applied.
    Linearizable,
}
