//! Parts of a spec that several kinds share.

// The schema derive repeats each type inside a function.
#![allow(unreachable_pub)]

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{NodeAffinity, Toleration};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Quantity;

/// The volume of each member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0")
        .message("storage.size can only grow: a volume cannot be made smaller"),
    validation = Rule::new("has(self.className) == has(oldSelf.className) && (!has(self.className) || self.className == oldSelf.className)")
        .message("storage.className cannot be changed: the class of an existing volume is fixed"),
)]
pub struct Storage {
    /// Size of each member's volume, such as 10Gi. It can only grow; existing volumes are grown in place where their
    /// storage class allows it.
    #[serde(default = "Storage::default_size")]
    pub size: Quantity,
    /// Storage class of the volumes. The cluster's default class if absent. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub class_name: Option<String>,
    /// What happens to volumes that are no longer used.
    #[serde(default)]
    pub retention: Retention,
    /// What happens when the object finds volumes that an earlier object of its name left. Adopt: it goes on with their
    /// data. Refuse: nothing is done until you delete them or choose Adopt. They are never begun anew over.
    #[serde(default)]
    pub adoption: Adoption,
}

/// What happens with the volumes that an earlier object of the same name left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Adoption {
    /// The object goes on with their data.
    #[default]
    Adopt,
    /// The object waits until they are deleted.
    Refuse,
}

impl Storage {
    fn default_size() -> Quantity {
        Quantity::from("10Gi")
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            size: Self::default_size(),
            class_name: None,
            retention: Retention::default(),
            adoption: Adoption::default(),
        }
    }
}

/// What happens to volumes that are no longer used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retention {
    /// When the object is deleted. Retain keeps the claims: an object of the same name that is created later finds its
    /// data again. Delete removes claims and data with the object.
    #[serde(default = "Retention::default_when_deleted")]
    pub when_deleted: RetentionPolicy,
    /// When a member is removed or replaced. Its number is never used again, so its claim serves nobody: Delete removes
    /// it once the group has confirmed the removal. Retain leaves it for people to look at.
    #[serde(default = "Retention::default_when_scaled")]
    pub when_scaled: RetentionPolicy,
}

impl Retention {
    const fn default_when_deleted() -> RetentionPolicy {
        RetentionPolicy::Retain
    }

    const fn default_when_scaled() -> RetentionPolicy {
        RetentionPolicy::Delete
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            when_deleted: Self::default_when_deleted(),
            when_scaled: Self::default_when_scaled(),
        }
    }
}

/// Keep or delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RetentionPolicy {
    /// The claim and its data stay.
    Retain,
    /// The claim and its data go.
    Delete,
}

/// How clients reach the members. Members always speak mutual TLS with each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new("self.mode == 'Secret' ? has(self.secretName) : !has(self.secretName)")
    .message("tls.secretName is needed with mode Secret and is not allowed with any other mode"))]
pub struct Tls {
    /// Auto: the operator issues the certificates from the namespace's own authority (Secret synod-ca), and clients
    /// show one that it issued. Secret: the members use your certificate from secretName. Disabled: clients connect
    /// without TLS.
    #[serde(default)]
    pub mode: TlsMode,
    /// With mode Secret: a Secret of type kubernetes.io/tls in the same namespace with tls.crt, tls.key and ca.crt; its
    /// certificate must hold for the names of the client Service. Clients must show a certificate signed by ca.crt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: Option<String>,
}

/// Where the certificate of the client port comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TlsMode {
    /// Issued by the operator.
    #[default]
    Auto,
    /// Given in a Secret.
    Secret,
    /// No TLS on the client port.
    Disabled,
}

/// CPU and memory of each member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new("quantity(self.limits.memory).compareTo(quantity(self.requests.memory)) >= 0")
    .message("resources.limits.memory (default 1Gi) must be at least resources.requests.memory (default 256Mi)"))]
pub struct Resources {
    /// What is reserved on the node.
    #[serde(default)]
    pub requests: Requests,
    /// What is never exceeded.
    #[serde(default)]
    pub limits: Limits,
}

/// What is reserved for a member on its node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requests {
    /// CPU, such as 500m or 2.
    #[serde(default = "Requests::default_cpu")]
    pub cpu: Quantity,
    /// Memory, such as 256Mi.
    #[serde(default = "Requests::default_memory")]
    pub memory: Quantity,
}

impl Requests {
    fn default_cpu() -> Quantity {
        Quantity::from("100m")
    }

    fn default_memory() -> Quantity {
        Quantity::from("256Mi")
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            cpu: Self::default_cpu(),
            memory: Self::default_memory(),
        }
    }
}

/// What a member never exceeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// CPU. No limit if absent: a member that is throttled loses leadership.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Quantity>,
    /// Memory. All data is kept in memory, so this bounds it.
    #[serde(default = "Limits::default_memory")]
    pub memory: Quantity,
}

impl Limits {
    fn default_memory() -> Quantity {
        Quantity::from("1Gi")
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu: None,
            memory: Self::default_memory(),
        }
    }
}

/// Where pods may run. Members are spread over nodes and zones in any case.
// The name of a pod's template is made from this: fields that come later are left out of it while they are absent or at
// their default (`config::template` of the operator).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scheduling {
    /// Labels that a node must have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16))]
    pub node_selector: BTreeMap<String, String>,
    /// Taints of nodes that pods put up with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub tolerations: Vec<Toleration>,
    /// Priority class of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub priority_class_name: Option<String>,
    /// Rules about nodes beyond labels, as in a pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<NodeAffinity>,
    /// How strictly members are spread.
    #[serde(default)]
    pub spread: Spread,
}

/// A Secret of the object's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullSecret {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// How strictly members are spread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spread {
    /// Required: no two members on one node; one that finds no node of its own waits. Preferred: if it can be had.
    #[serde(default)]
    pub nodes: SpreadRule,
    /// Required: as many members in each zone, within one. Preferred: if it can be had.
    #[serde(default)]
    pub zones: SpreadRule,
}

/// Whether a member waits rather than run where it should not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SpreadRule {
    /// It runs in any case.
    #[default]
    Preferred,
    /// It waits.
    Required,
}
