//! A seat: a member number and whatever there is of it, parsed from its claim, its pod and its agent's answer.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use synod_agent_api::{ClusterUid, MemberRole, MemberStatus, Status};
use synod_crds::Quantity;

use crate::action::Seen;
use crate::child::ChildKind;
use crate::names;

/// On claims, by the scheduler: the node that a volume is made for.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// What there is of one member number.
#[derive(Default)]
pub(super) struct Seat {
    pub(super) claim: Option<Claim>,
    pub(super) pod: Option<PodSeen>,
    /// What the agent in that pod tells.
    pub(super) agent: Option<Status>,
    /// The member as the leader's configuration has it.
    pub(super) member: Option<MemberStatus>,
}

/// How a member begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// With these others.
    Bootstrap(BTreeSet<u64>),
    /// In a group that exists.
    Join,
    /// Alone, with what its claim has of this cluster, which lost its quorum for good.
    Recover(ClusterUid),
}

/// A claim of ours.
pub(super) struct Claim {
    pub(super) seen: Seen,
    pub(super) start: Start,
    pub(super) learner: bool,
    pub(super) replaces: Option<u64>,
    /// uids of the claims that the group begins with, if that was noted on this one.
    pub(super) founders: Option<BTreeSet<String>>,
    /// The group may have its member.
    pub(super) admitted: bool,
    pub(super) joined: bool,
    pub(super) leaving: bool,
    pub(super) retired: bool,
    /// All members are to stop, or have stopped.
    pub(super) hibernated: bool,
    /// uid of the object that took over the data of an earlier one.
    pub(super) adopted_by: Option<String>,
    pub(super) requested: Option<Quantity>,
    /// The node that the volume was made for, if one was chosen.
    pub(super) node: Option<String>,
    /// It is being deleted.
    pub(super) deleting: bool,
    /// It is being deleted, its volume is gone, or it was made when its member's data was lost already.
    pub(super) lost: bool,
    /// uids of its owners.
    pub(super) owners: Vec<String>,
}

/// A pod of ours.
pub(super) struct PodSeen {
    pub(super) seen: Seen,
    pub(super) template: String,
    /// The cluster that it was made for.
    pub(super) cluster: Option<ClusterUid>,
    /// The budget takes it for a voter's.
    pub(super) is_voters: bool,
    pub(super) image: Option<String>,
    pub(super) node: Option<String>,
    /// No node was found for it.
    pub(super) unschedulable: bool,
    pub(super) address: Option<IpAddr>,
    pub(super) deleting: bool,
    /// It ended and will not run again.
    pub(super) ended: bool,
    /// Its container runs.
    pub(super) running: bool,
    /// Since when its kubelet finds that the container does not serve. Only kubelets tell this, unlike whether the pod is ready.
    pub(super) unready_since: Option<Timestamp>,
    /// What keeps its container from running.
    pub(super) waiting: Option<String>,
}

impl Start {
    /// What a claim says of it.
    pub(super) fn notes(&self) -> BTreeMap<String, String> {
        let (word, more) = match self {
            Self::Bootstrap(initial) => {
                let initial: Vec<_> = initial.iter().map(u64::to_string).collect();
                (
                    "bootstrap",
                    Some((names::INITIAL_MEMBERS, initial.join(","))),
                )
            }
            Self::Join => ("join", None),
            Self::Recover(former) => ("recover", Some((names::FORMER_UID, former.to_string()))),
        };
        let notes = [(names::START, word.to_owned())].into_iter().chain(more);
        notes.map(|(name, text)| (name.to_owned(), text)).collect()
    }

    /// The cluster that was given up for the one that begins so.
    pub(super) const fn former(&self) -> Option<ClusterUid> {
        match self {
            Self::Recover(former) => Some(*former),
            Self::Bootstrap(_) | Self::Join => None,
        }
    }
}

impl Claim {
    /// Whether it is noted that its member ran, or may.
    pub(super) const fn has_begun(&self) -> bool {
        self.joined || self.founders.is_some()
    }

    /// Whether it is one of a newcomer that the group cannot have yet.
    pub(super) fn is_new(&self) -> bool {
        self.start == Start::Join && !self.admitted && !self.joined
    }
}

impl Seat {
    /// Whether it votes in the configuration in force.
    pub(super) fn votes(&self) -> bool {
        self.is(MemberRole::Voter)
    }

    /// Whether it has this role in the configuration in force.
    pub(super) fn is(&self, role: MemberRole) -> bool {
        self.member
            .as_ref()
            .is_some_and(|member| member.role == role)
    }

    /// Whether the claim is there, in use, and not given up.
    pub(super) fn is_serving(&self) -> bool {
        self.claim
            .as_ref()
            .is_some_and(|claim| !claim.retired && !claim.lost && !claim.leaving)
    }

    /// Whether it was told to leave, or has left.
    pub(super) fn is_leaving(&self) -> bool {
        self.claim
            .as_ref()
            .is_some_and(|claim| claim.leaving || claim.retired)
    }

    /// Whether it has a pod whose container does not run: nothing is lost with it.
    pub(super) fn is_idle(&self) -> bool {
        self.agent.is_none() && self.pod.as_ref().is_some_and(|pod| !pod.running)
    }

    /// Whether its own agent reports it as a member.
    pub(super) fn knows_itself_member(&self) -> bool {
        self.agent.as_ref().is_some_and(|agent| {
            agent
                .configuration
                .members
                .iter()
                .any(|m| m.number == agent.number)
        })
    }
}

pub(super) fn owners(meta: &ObjectMeta) -> Vec<String> {
    meta.owner_references
        .iter()
        .flatten()
        .map(|owner| owner.uid.clone())
        .collect()
}

pub(super) fn number_of(meta: &ObjectMeta) -> Option<u64> {
    meta.labels
        .as_ref()?
        .get(names::LABEL_MEMBER)?
        .parse()
        .ok()
        .filter(|number| *number > 0)
}

/// `None` for a claim that does not say whose data it holds: it is not ours.
pub(super) fn claim_of(claim: &PersistentVolumeClaim) -> Option<(u64, ClusterUid, Claim)> {
    let meta = &claim.metadata;
    let number = number_of(meta)?;
    let annotation = |name: &str| {
        meta.annotations
            .as_ref()
            .and_then(|all| all.get(name))
            .map(String::as_str)
    };
    let flag = |name: &str| annotation(name) == Some("true");
    let cluster = annotation(names::CLUSTER_UID)?.parse().ok()?;
    let start = match annotation(names::START)? {
        "bootstrap" => Start::Bootstrap(
            annotation(names::INITIAL_MEMBERS)?
                .split(',')
                .filter_map(|n| n.parse().ok())
                .collect(),
        ),
        "join" => Start::Join,
        "recover" => Start::Recover(annotation(names::FORMER_UID)?.parse().ok()?),
        _ => return None,
    };
    let label = |name: &str| {
        meta.labels
            .as_ref()
            .and_then(|all| all.get(name))
            .map(String::as_str)
    };
    let phase = claim
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    let requests = claim
        .spec
        .as_ref()
        .and_then(|s| s.resources.as_ref())
        .and_then(|r| r.requests.as_ref());
    let deleting = meta.deletion_timestamp.is_some();
    let parsed = Claim {
        node: annotation(SELECTED_NODE).map(ToOwned::to_owned),
        seen: Seen::new(ChildKind::Claim, meta),
        start,
        learner: label(names::LABEL_ROLE) == Some("learner"),
        replaces: annotation(names::REPLACES).and_then(|number| number.parse().ok()),
        founders: annotation(names::FOUNDERS)
            .map(|uids| uids.split(',').map(str::to_owned).collect()),
        admitted: flag(names::ADMITTED),
        joined: flag(names::JOINED),
        leaving: flag(names::LEAVING),
        retired: flag(names::RETIRED),
        hibernated: flag(names::HIBERNATED),
        adopted_by: annotation(names::ADOPTED_BY).map(ToOwned::to_owned),
        requested: requests
            .and_then(|r| r.get("storage"))
            .map(|quantity| Quantity(quantity.0.clone())),
        deleting,
        lost: deleting || phase == Some("Lost"),
        owners: owners(meta),
    };
    Some((number, cluster, parsed))
}

pub(super) fn pod_of(pod: &Pod) -> PodSeen {
    let status = pod.status.as_ref();
    let phase = status.and_then(|s| s.phase.as_deref()).unwrap_or_default();
    let container = status
        .and_then(|s| s.container_statuses.as_ref())
        .and_then(|all| all.first());
    let state = container.and_then(|c| c.state.as_ref());
    let waiting = state
        .and_then(|s| s.waiting.as_ref())
        .and_then(|w| w.reason.clone());
    let labels = pod.metadata.labels.as_ref();
    let label = |name: &str| labels.and_then(|all| all.get(name)).cloned();
    let notes = pod.metadata.annotations.as_ref();
    let conditions = || {
        status
            .and_then(|s| s.conditions.as_ref())
            .into_iter()
            .flatten()
    };
    let unready = |c: &&PodCondition| c.type_ == "ContainersReady" && c.status == "False";
    PodSeen {
        seen: Seen::new(ChildKind::Pod, &pod.metadata),
        template: label(names::LABEL_TEMPLATE).unwrap_or_default(),
        cluster: notes.and_then(|all| all.get(names::CLUSTER_UID)?.parse().ok()),
        is_voters: label(names::LABEL_ROLE).as_deref() == Some("voter"),
        image: pod
            .spec
            .as_ref()
            .and_then(|spec| spec.containers.first()?.image.clone()),
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        unschedulable: conditions()
            .any(|c| c.reason.as_deref() == Some("Unschedulable") && c.status == "False"),
        address: status
            .and_then(|s| s.pod_ip.as_ref())
            .and_then(|ip| ip.parse().ok()),
        deleting: pod.metadata.deletion_timestamp.is_some(),
        ended: matches!(phase, "Failed" | "Succeeded"),
        running: state.map_or(phase == "Running", |s| s.running.is_some()),
        unready_since: conditions()
            .find(unready)
            .and_then(|c| Some(c.last_transition_time.as_ref()?.0)),
        waiting,
    }
}
