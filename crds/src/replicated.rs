//! What kinds have in common that are kept by a group of members which agree by Paxos: parts of their specs that no other
//! kind has, and their status.

// The schema derive repeats each type inside a function.
#![allow(unreachable_pub)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Condition;

/// What happens when a newer operator brings another default image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UpgradePolicy {
    /// Nothing restarts; a condition shows that there is another image.
    #[default]
    Manual,
    /// The members are rolled to it, one at a time.
    Automatic,
}

/// Which member's data a group goes on with that lost its quorum for good, and what is given up for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recovery {
    /// The member's number. Writes that were acknowledged and that it does not know are lost.
    #[schemars(range(min = 1))]
    pub from: i64,
    /// The UID of the cluster that is given up, as in status.clusterUid: what was copied from another object does nothing.
    #[schemars(length(min = 1, max = 64))]
    pub accept_data_loss: String,
}

/// How soon a silent leader is replaced. The defaults suit one data centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new("self.electionMs >= 5 * self.heartbeatMs")
    .message("timing.electionMs must be at least five times timing.heartbeatMs, or a late heartbeat deposes the leader"))]
pub struct Timing {
    /// Milliseconds between two heartbeats of the leader.
    #[serde(default = "Timing::default_heartbeat")]
    #[schemars(range(min = 10, max = 10_000))]
    pub heartbeat_ms: i32,
    /// Milliseconds without a heartbeat after which a member seeks election; randomised up to twice as long.
    #[serde(default = "Timing::default_election")]
    #[schemars(range(min = 50, max = 60_000))]
    pub election_ms: i32,
}

impl Timing {
    const fn default_heartbeat() -> i32 {
        100
    }

    const fn default_election() -> i32 {
        1000
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat_ms: Self::default_heartbeat(),
            election_ms: Self::default_election(),
        }
    }
}

/// What was found, written by the operator when it differs. Holds nothing that safety needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupStatus {
    /// The metadata.generation that the operator last acted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// What is going on, in one word: Creating, Ready, Scaling, Rolling, Repairing, Unavailable, Paused, Hibernating,
    /// Hibernated, Resuming, Blocked or Deleting.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub state: Option<String>,
    /// How many members vote now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<i32>,
    /// How many of them are ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_members: Option<i32>,
    /// The same for people: ready/wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub ready: Option<String>,
    /// How many learners there are now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learners: Option<i32>,
    /// Label selector of the pods, for the scale subresource.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub selector: Option<String>,
    /// The pod that leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub leader: Option<String>,
    /// The lowest version among the agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub version: Option<String>,
    /// The image that pods are made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub image: Option<String>,
    /// The identity of the data: the cluster UID that every member's claim and disk carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub cluster_uid: Option<String>,
    /// The number of the configuration in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<i64>,
    /// Where clients connect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 320)))]
    pub endpoints: Vec<String>,
    /// The Secret that holds endpoints and certificates for clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub connection_secret: Option<String>,
    /// The members one by one, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub group: Vec<MemberStatus>,
    /// Ready, Progressing, Degraded; ForeignMember when there is a member that the operator did not add; UpdateAvailable
    /// when the operator's default image is another one than the members run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// One member as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberStatus {
    /// Its number, never used again.
    pub number: i64,
    /// Its name, which is its pod's.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Voter, Joining, Learner, or Absent while it is in no configuration.
    #[schemars(length(max = 16))]
    pub role: String,
    /// Whether it serves and has caught up.
    pub ready: bool,
    /// Where it serves clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 320))]
    pub endpoint: Option<String>,
    /// What keeps it from being ready, if anything does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub message: Option<String>,
}
