//! Names, labels and annotations: how the operator finds again what it made.

use std::fmt;

/// What selectors use: the kind of the object that something belongs to.
pub const LABEL_KIND: &str = "synod.dev/kind";
/// What selectors use: the name of the object that something belongs to.
pub const LABEL_NAME: &str = "synod.dev/name";
/// The member's number, on what belongs to one member.
pub const LABEL_MEMBER: &str = "synod.dev/member";
/// What the member is meant to be: `voter` or `learner`.
pub const LABEL_ROLE: &str = "synod.dev/role";
/// Hash of what a pod was made from. In no selector.
pub const LABEL_TEMPLATE: &str = "synod.dev/template";
/// On the Secret of a namespace's certificate authority.
pub const LABEL_AUTHORITY: &str = "synod.dev/authority";

/// On claims: the UID of the cluster whose data is on it. On pods: that of the cluster that it was made for.
pub const CLUSTER_UID: &str = "synod.dev/cluster-uid";
/// On claims with `start: recover`: the UID of the cluster of before, whose data the group went on with.
pub const FORMER_UID: &str = "synod.dev/former-cluster-uid";
/// On claims: how the member began, `bootstrap`, `join` or `recover`.
pub const START: &str = "synod.dev/start";
/// On claims with `start: bootstrap`: the numbers of the first configuration, comma separated.
pub const INITIAL_MEMBERS: &str = "synod.dev/initial-members";
/// On claims with `start: join`: the number of the lost member whose place this one takes.
pub const REPLACES: &str = "synod.dev/replaces";
/// On claims with `start: join`, `true` before the member is added: a claim of a member that lacks it was made too late. On
/// first claims, `true` once the list of founders that names it may not be told much longer.
pub const ADMITTED: &str = "synod.dev/admitted";
/// On claims, `true` once the member has been seen in its group's configuration: from then on an empty disk is a loss.
pub const JOINED: &str = "synod.dev/joined";
/// On a claim: uids of the claims that the group begins with, as decided before any of its members ran.
pub const FOUNDERS: &str = "synod.dev/founders";
/// On claims, `true` before the member is removed: from then on it is never taken in again.
pub const LEAVING: &str = "synod.dev/leaving";
/// On claims, `true` before all members stop for a hibernation: until it is taken off nothing is changed.
pub const HIBERNATED: &str = "synod.dev/hibernated";
/// On claims that are older than the object: its uid, from when on their data is the object's.
pub const ADOPTED_BY: &str = "synod.dev/adopted-by";
/// On claims, `true` when the member is gone, or its cluster was given up, and the claim is only kept.
pub const RETIRED: &str = "synod.dev/retired";
/// On pods and claims: the version in which it was seen when something was decided that rests on its being so. Writing it
/// makes that version one of the past, and with it whatever else was decided on it.
pub const CHECKED: &str = "synod.dev/checked";
/// On members' configurations: the numbers of the members that they name, comma separated.
pub const MEMBERS: &str = "synod.dev/members";
/// On certificates' Secrets: a digest of whom and what the certificate was issued for, and by whom.
pub const ISSUED_FOR: &str = "synod.dev/issued-for";
/// On certificates' Secrets: the addresses it holds for, comma separated.
pub const ADDRESSES: &str = "synod.dev/addresses";
/// On certificates' Secrets: when the certificate ends, RFC 3339.
pub const NOT_AFTER: &str = "synod.dev/not-after";

/// On certificates' Secrets: a digest of the authority that issued it.
pub const ISSUER: &str = "synod.dev/issuer";
/// On certificates' Secrets: when certificate or bundle were last written, RFC 3339.
pub const WRITTEN_AT: &str = "synod.dev/written-at";
/// On members' certificates, while their authority is being replaced: names the content that the agent was seen to use.
pub const CONFIRMED: &str = "synod.dev/confirmed";
/// On the authority, by a person: anything that was not there before asks for another authority.
pub const ROTATE: &str = "synod.dev/rotate";
/// On the authority, by a person: how long clients are given between two steps of a rotation, such as `30m`.
pub const OVERLAP: &str = "synod.dev/rotation-overlap";
/// On the authority: what of [`ROTATE`] was answered.
pub const ROTATED: &str = "synod.dev/rotated";
/// On the authority, while it is being replaced: when the phase began, RFC 3339.
pub const PHASE_SINCE: &str = "synod.dev/phase-since";

/// The Secret of a namespace's certificate authority.
pub const AUTHORITY: &str = "synod-ca";

/// In the connection Secret: the password that clients show.
pub const PASSWORD: &str = "password";

/// Field manager of what is applied, and name of the operator in events.
pub const MANAGER: &str = "synod-operator";

/// An object of one of our kinds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its kind, such as `ConsensusGroup`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// The names made from an object's name and the short name of its kind (`config`, `cg`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    base: String,
}

impl Names {
    /// Names for the object `name` of the kind with the short name `short`.
    #[must_use]
    pub fn new(name: &str, short: &str) -> Self {
        Self {
            base: format!("{name}-{short}"),
        }
    }

    /// The client Service and the disruption budget.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A member's pod, which is also the member's name.
    #[must_use]
    pub fn pod(&self, number: u64) -> String {
        format!("{}-{number}", self.base)
    }

    /// A member's claim.
    #[must_use]
    pub fn claim(&self, number: u64) -> String {
        format!("data-{}-{number}", self.base)
    }

    /// A member's configuration.
    #[must_use]
    pub fn config(&self, number: u64) -> String {
        format!("{}-config-{number}", self.base)
    }

    /// A member's certificate.
    #[must_use]
    pub fn certificate(&self, number: u64) -> String {
        format!("{}-tls-{number}", self.base)
    }

    /// The headless Service that gives members their host names.
    #[must_use]
    pub fn peer_service(&self) -> String {
        format!("{}-peer", self.base)
    }

    /// What clients need to connect.
    #[must_use]
    pub fn connection(&self) -> String {
        format!("{}-connection", self.base)
    }

    /// A member's host name within the cluster.
    #[must_use]
    pub fn host(&self, number: u64, namespace: &str) -> String {
        format!(
            "{}.{}.{namespace}.svc",
            self.pod(number),
            self.peer_service()
        )
    }
}
