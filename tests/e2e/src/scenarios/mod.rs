//! What is played.

mod basics;
mod caches;
mod certificates;
mod faults;
mod life;
mod locks;
mod operator;
mod permissions;
mod policies;
mod refusals;
mod rolling;
mod scaling;
mod storage;
mod upgrades;

pub(crate) use faults::{OUT_OF_SERVICE, swap_addresses};

use std::time::Duration;

use serde_json::{Value, json};
use synod_conformance::workload::Workload;

use crate::{Failure, Group, Namespace, Stage};

/// A scenario.
pub struct Scenario {
    /// Its name, and that of its namespace after `e2e-`.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// What the cluster must have.
    pub needs: &'static [Need],
    /// Whether it belongs to the part that every change must pass.
    pub smoke: bool,
    /// Plays it.
    pub play: fn(&Stage) -> Result<(), Failure>,
}

/// Something of the bed that not every cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nodes that can be killed, paused, cut off and slowed down.
    NodeFaults,
    /// Volumes that can grow.
    GrowingVolumes,
    /// The API server's audit log.
    Audit,
    /// The connections that the nodes saw.
    Flows,
    /// Chart and image of the version before.
    Before,
}

impl Need {
    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NodeFaults => "nodes that can be harmed (the bed's)",
            Self::GrowingVolumes => "a storage class whose volumes can grow",
            Self::Audit => "the API server's audit log (the bed's)",
            Self::Flows => "the connections that nodes saw (the bed's)",
            Self::Before => "the version before (--chart-before and --image-before)",
        }
    }
}

/// All of them, in the order in which they are played.
pub const ALL: &[Scenario] = &[
    scenario(
        "client",
        "etcdctl from a pod, by the connection Secret and the Service",
        &[],
        true,
        basics::used,
    ),
    scenario(
        "examples",
        "every example becomes Ready",
        &[],
        false,
        basics::examples,
    ),
    scenario(
        "two",
        "groups of one name in two namespaces do not meet",
        &[],
        false,
        basics::two_groups,
    ),
    scenario(
        "refusals",
        "bad objects are refused, or answered by a condition",
        &[],
        false,
        refusals::refused,
    ),
    scenario(
        "conflicts",
        "others have the names that are needed, and change what is ours",
        &[],
        false,
        refusals::in_the_way,
    ),
    scenario(
        "kill-leader",
        "the leader's pod is deleted by force, again and again",
        &[],
        true,
        faults::leader_is_killed,
    ),
    scenario(
        "kill-process",
        "kill -9 of the leader's process, again and again",
        &[Need::NodeFaults],
        false,
        faults::process_is_killed,
    ),
    scenario("scale", "3 to 5 to 3 members", &[], true, scaling::scaled),
    scenario("roll-image", "another image", &[], true, rolling::by_image),
    scenario(
        "roll-resources",
        "other resources",
        &[],
        false,
        rolling::by_resources,
    ),
    scenario(
        "locks",
        "clients pass a lock on while its service is scaled, killed and rolled",
        &[],
        false,
        locks::passed_on,
    ),
    scenario(
        "caches",
        "a cache's pod is killed, rolled and stopped, and keeps what it acknowledged; another one keeps nothing",
        &[],
        false,
        caches::kept,
    ),
    scenario(
        "operator",
        "the operator dies again and again while a group is scaled and rolled",
        &[],
        false,
        operator::dies,
    ),
    scenario(
        "hibernate",
        "paused, resumed, hibernated, resumed",
        &[],
        false,
        life::sleeps,
    ),
    scenario(
        "retention",
        "deleted and made again, with each retention policy",
        &[],
        false,
        life::made_again,
    ),
    scenario(
        "recovery",
        "two of three volumes are lost for good",
        &[],
        false,
        life::recovered,
    ),
    scenario(
        "certificates",
        "a new authority, Secrets deleted",
        &[],
        false,
        certificates::rotated,
    ),
    scenario(
        "drain",
        "a node is drained against the budget",
        &[Need::NodeFaults],
        false,
        faults::drained,
    ),
    scenario(
        "node-killed",
        "power of a node is lost, and comes back",
        &[Need::NodeFaults],
        false,
        faults::node_is_killed,
    ),
    scenario(
        "node-retired",
        "a node without power is said to be out of service",
        &[Need::NodeFaults],
        false,
        faults::node_is_out_of_service,
    ),
    scenario(
        "node-paused",
        "a node stands still for a minute",
        &[Need::NodeFaults],
        false,
        faults::node_is_paused,
    ),
    scenario(
        "node-cut",
        "a node hears nobody, then nobody hears it",
        &[Need::NodeFaults],
        false,
        faults::node_is_cut,
    ),
    scenario(
        "node-slow",
        "what a node sends is late, or lost",
        &[Need::NodeFaults],
        false,
        faults::node_is_slow,
    ),
    scenario(
        "addresses",
        "nodes come back with other addresses",
        &[Need::NodeFaults],
        false,
        faults::addresses_change,
    ),
    scenario(
        "grow",
        "claims grow in place",
        &[Need::GrowingVolumes],
        false,
        storage::grown,
    ),
    scenario(
        "upgrade",
        "the chart of before, this one, and back",
        &[Need::Before],
        false,
        upgrades::and_back,
    ),
    scenario(
        "versions",
        "members of two versions in one group",
        &[Need::Before],
        false,
        upgrades::two_at_once,
    ),
    scenario(
        "permissions",
        "what the operator asked for until now is what its roles allow",
        &[Need::Audit],
        false,
        permissions::are_those_used,
    ),
    scenario(
        "policies",
        "the connections that nodes saw until now are what the chart's network policies admit",
        &[Need::Flows],
        false,
        policies::admit_what_was_seen,
    ),
    // After those that judge: its roles may be gone before the operator is, which asks in vain then.
    scenario(
        "uninstall",
        "the chart is taken away, and installed again",
        &[],
        false,
        upgrades::taken_away,
    ),
];

const fn scenario(
    name: &'static str,
    about: &'static str,
    needs: &'static [Need],
    smoke: bool,
    play: fn(&Stage) -> Result<(), Failure>,
) -> Scenario {
    Scenario {
        name,
        about,
        needs,
        smoke,
        play,
    }
}

/// Of small groups, whose volumes go with them.
pub(crate) fn small(members: u32) -> Value {
    json!({
        "members": members,
        "storage": { "size": "256Mi", "retention": { "whenDeleted": "Delete" } },
        "resources": { "requests": { "cpu": "20m", "memory": "64Mi" }, "limits": { "memory": "512Mi" } },
    })
}

/// A group in a namespace of its own, under a client that counts; then what `harm` does; then the verdict of the client: nothing
/// that was acknowledged is lost, and the history is linearizable.
fn under_load(
    stage: &Stage,
    name: &str,
    harm: impl FnOnce(&Group<'_>, &mut Workload) -> Result<(), Failure>,
) -> Result<(), Failure> {
    under_load_of(stage, name, &small(3), harm)
}

/// The same of a group that is asked for so.
fn under_load_of(
    stage: &Stage,
    name: &str,
    spec: &Value,
    harm: impl FnOnce(&Group<'_>, &mut Workload) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let namespace = Namespace::create(stage, &format!("e2e-{name}"))?;
    let group = Group::create(&namespace, "config", spec)?;
    let mut workload = group.workload()?;
    harm(&group, &mut workload)?;
    group.ready()?;
    workload.endpoints(&group.endpoints()?)?;
    workload.gap()?;
    let verdicts = workload
        .judge()
        .map_err(|bad| format!("the client's verdicts:\n{bad}"))?;
    print!("{verdicts}");
    namespace.delete()
}

/// Whether something is so.
pub(crate) fn demand(so: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if so { Ok(()) } else { Err(otherwise()) }
}

/// A group that serves does so without a pause that a person would notice.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(10);
