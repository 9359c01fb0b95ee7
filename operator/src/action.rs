//! What a plan can ask for. Each action is safe to repeat, and safe to carry out after the plan is outdated: what it
//! rests on travels with it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;
use synod_agent_api::{Change, ConfigurationRequest};

use crate::authority::Step;
use crate::child::{Child, ChildKind};

/// An object as it was when a plan looked at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its kind.
    pub kind: ChildKind,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// Its resourceVersion.
    pub version: String,
}

impl Seen {
    /// `child` as it can be named in an action.
    #[must_use]
    pub fn of(child: &Child) -> Self {
        Self::new(child.kind(), child.meta())
    }

    /// An object of this kind as it can be named in an action.
    #[must_use]
    pub fn new(kind: ChildKind, meta: &ObjectMeta) -> Self {
        Self {
            kind,
            name: meta.name.clone().unwrap_or_default(),
            uid: meta.uid.clone().unwrap_or_default(),
            version: meta.resource_version.clone().unwrap_or_default(),
        }
    }
}

/// One step. Actions of a plan are carried out in order; the first that fails ends the round.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Makes the namespace's certificate authority, unless it exists.
    CreateAuthority,
    /// Issues a certificate into a Secret, new or existing.
    Issue(Box<Issue>),
    /// Writes into a Secret with a certificate which authorities are to be trusted now, if it still is what was seen.
    Trust(Seen),
    /// Writes a password that is made up now into a Secret, if it still is what was seen.
    GivePassword(Seen),
    /// Makes sure that every Secret with a certificate in the namespace has followed its authority, by asking the API itself;
    /// ends the round if one has not.
    ConfirmFollowed,
    /// Takes a step of the authority's rotation, if its Secret still is what was seen.
    Rotate {
        /// Which, and in which version.
        seen: Seen,
        /// The step.
        step: Step,
    },
    /// Creates an object; one of that name that exists already is left alone.
    Create(Child),
    /// Brings an object of ours to the given form by server-side apply, if it still is what was seen.
    Apply {
        /// Which, and in which version.
        seen: Seen,
        /// The fields that are ours.
        object: Child,
    },
    /// Changes fields of an object by merge patch, if it still is what was seen.
    Patch {
        /// Which, and in which version.
        seen: Seen,
        /// The patch.
        patch: Value,
    },
    /// Deletes an object, if it still is what was seen.
    Delete {
        /// Which, and in which version.
        seen: Seen,
        /// Why, for the log.
        because: String,
    },
    /// Deletes a pod without waiting for its kubelet, if it still is what was seen and its node is gone for good.
    ForceDelete {
        /// Which, and in which version.
        seen: Seen,
        /// The node that must be gone, or out of service.
        node: String,
    },
    /// Makes sure that there is no such object, by asking the API itself; ends the round if there is one.
    ConfirmGone {
        /// Its kind.
        kind: ChildKind,
        /// Its name.
        name: String,
    },
    /// Makes sure that there is no object with these labels, or none but those named, by asking the API itself; ends the round if
    /// there is.
    ConfirmNone {
        /// The kind.
        kind: ChildKind,
        /// The labels.
        labels: BTreeMap<String, String>,
        /// The names of those that are known.
        but: Vec<String>,
    },
    /// Makes sure that an object still is what was seen, by asking the API itself; ends the round if it is not.
    ConfirmUnchanged {
        /// Which, and in which version.
        seen: Seen,
    },
    /// Makes sure that a group serves without whoever is about to go, by asking the members themselves; ends the round if
    /// it does not.
    ConfirmServing {
        /// The leader: it must lead, and see every other voter caught up.
        via: u64,
        /// The configuration that must be in force.
        configuration: u64,
        /// Who goes.
        without: u64,
        /// Who must say that it is ready.
        members: Vec<u64>,
    },
    /// Makes sure that a group's configuration is the one that is known, by asking the leader; ends the round if it is not.
    ConfirmConfiguration {
        /// The leader.
        via: u64,
        /// The configuration that must be in force.
        configuration: u64,
    },
    /// Makes sure that a member does not serve, and that enough others do, by asking the leader; ends the round if it is not so.
    ConfirmAiling {
        /// The leader.
        via: u64,
        /// The configuration that must be in force.
        configuration: u64,
        /// The member.
        member: u64,
        /// How many other voters must serve.
        others: usize,
    },
    /// Makes sure that a group has lost its quorum and can go on from one member, by asking the members themselves; ends the
    /// round if one of them hears of a leader, or is not as it was seen.
    ConfirmQuorumLost {
        /// The member: it must have what it promised, and take part.
        from: u64,
        /// The configuration that it must know.
        configuration: u64,
        /// All members that answered.
        members: Vec<u64>,
        /// Those of them that lost what they promised.
        lost: Vec<u64>,
    },
    /// Changes the group's configuration by one step, if it still is the expected one.
    Membership {
        /// The number of the member that is asked.
        via: u64,
        /// The step and the configuration that it rests on.
        request: ConfigurationRequest,
    },
    /// Asks the leader to hand over.
    Transfer {
        /// The leader's number.
        via: u64,
        /// The voter that should lead.
        to: u64,
    },
}

/// A certificate to be issued by the namespace's authority.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// The Secret, with metadata and whatever data it has besides the certificate.
    pub secret: Child,
    /// The Secret as it is now, if it exists.
    pub seen: Option<Seen>,
    /// Why it is issued.
    pub why: Why,
    /// Common name, for people.
    pub common_name: String,
    /// URI that names the holder.
    pub uri: String,
    /// DNS names; none for a client.
    pub dns: Vec<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether it may be used by a server, besides by a client.
    pub server: bool,
}

/// Why a certificate is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There was none.
    Missing,
    /// The one there is ends soon.
    EndsSoon,
    /// The one there is comes from another authority.
    Authority,
    /// Its holder has another address now.
    Address,
    /// It says something else than it should.
    Content,
}

impl Issue {
    /// Names for whom, for what and by whom the certificate is issued, but for its addresses.
    #[must_use]
    pub fn digest(&self, authority: &str) -> String {
        let Self {
            common_name,
            uri,
            dns,
            server,
            ..
        } = self;
        crate::certificates::digest(&format!("{authority} {common_name} {uri} {dns:?} {server}"))
    }

    /// The addresses as one text.
    #[must_use]
    pub fn addresses_text(&self) -> String {
        let all: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        all.join(",")
    }
}

impl Action {
    /// Whether it adds a member to the group's configuration.
    #[must_use]
    pub const fn brings_in_a_member(&self) -> bool {
        match self {
            Self::Membership { request, .. } => {
                matches!(request.change, Change::Add { .. } | Change::Swap { .. })
            }
            _ => false,
        }
    }

    /// The closed set of words for metrics and logs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::CreateAuthority => "create-authority",
            Self::Issue(_) => "issue",
            Self::Trust(_) => "trust",
            Self::GivePassword(_) => "give-password",
            Self::ConfirmFollowed => "confirm-followed",
            Self::Rotate { .. } => "rotate",
            Self::Create(_) => "create",
            Self::Apply { .. } => "apply",
            Self::Patch { .. } => "patch",
            Self::Delete { .. } => "delete",
            Self::ForceDelete { .. } => "force-delete",
            Self::ConfirmGone { .. } => "confirm-gone",
            Self::ConfirmNone { .. } => "confirm-none",
            Self::ConfirmUnchanged { .. } => "confirm-unchanged",
            Self::ConfirmServing { .. } => "confirm-serving",
            Self::ConfirmAiling { .. } => "confirm-ailing",
            Self::ConfirmConfiguration { .. } => "confirm-configuration",
            Self::ConfirmQuorumLost { .. } => "confirm-quorum-lost",
            Self::Membership { .. } => "membership",
            Self::Transfer { .. } => "transfer",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::CreateAuthority | Self::ConfirmFollowed => Ok(()),
            Self::Trust(seen) | Self::GivePassword(seen) => {
                write!(f, " {} {}", seen.kind, seen.name)
            }
            Self::Rotate { seen, step } => write!(f, " {}: {}", seen.name, step.word()),
            Self::Issue(issue) => write!(f, " {} for {}", issue.secret.name(), issue.uri),
            Self::Create(object) => write!(f, " {} {}", object.kind(), object.name()),
            Self::Apply { object, .. } => write!(f, " {} {}", object.kind(), object.name()),
            Self::Patch { seen, patch } => write!(f, " {} {} {patch}", seen.kind, seen.name),
            Self::Delete { seen, because } => {
                write!(f, " {} {} because {because}", seen.kind, seen.name)
            }
            Self::ForceDelete { seen, node } => {
                write!(
                    f,
                    " {} {} because node {node} is gone",
                    seen.kind, seen.name
                )
            }
            Self::ConfirmGone { kind, name } => write!(f, " {kind} {name}"),
            Self::ConfirmNone { kind, but, .. } if but.is_empty() => write!(f, " {kind}"),
            Self::ConfirmNone { kind, but, .. } => write!(f, " {kind} but {}", but.join(", ")),
            Self::ConfirmUnchanged { seen } => write!(f, " {} {}", seen.kind, seen.name),
            Self::ConfirmServing {
                via,
                configuration,
                without,
                members,
            } => {
                let members = listed(members);
                write!(
                    f,
                    " {members} without {without} at configuration {configuration} via {via}"
                )
            }
            Self::ConfirmAiling {
                via,
                configuration,
                member,
                others,
            } => write!(
                f,
                " {member} beside {others} at configuration {configuration} via {via}"
            ),
            Self::ConfirmConfiguration { via, configuration } => {
                write!(f, " {configuration} via {via}")
            }
            Self::ConfirmQuorumLost {
                from,
                configuration,
                members,
                lost,
            } => {
                let members = listed(members);
                write!(
                    f,
                    " from {from} at configuration {configuration} by {members}"
                )?;
                match lost.as_slice() {
                    [] => Ok(()),
                    lost => write!(f, ", {} without data", listed(lost)),
                }
            }
            Self::Membership { via, request } => write!(
                f,
                " {} at configuration {} via {via}",
                step(&request.change),
                request.expected.unwrap_or_default()
            ),
            Self::Transfer { via, to } => write!(f, " from {via} to {to}"),
        }
    }
}

/// As `1,2,3`.
fn listed(numbers: &[u64]) -> String {
    let numbers: Vec<_> = numbers.iter().map(u64::to_string).collect();
    numbers.join(",")
}

fn step(change: &Change) -> String {
    match change {
        Change::Add {
            number,
            learner: false,
            ..
        } => format!("add {number}"),
        Change::Add {
            number,
            learner: true,
            ..
        } => format!("add learner {number}"),
        Change::Promote { number } => format!("promote {number}"),
        Change::Remove { number } => format!("remove {number}"),
        Change::Swap { out, into } => format!("swap {out} for {into}"),
        Change::Update { number, .. } => format!("update {number}"),
    }
}
