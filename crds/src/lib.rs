//! The custom resources of synod.dev/v1alpha1 as Rust types.
//!
//! The types are the only source: the manifests in `crds/*.yaml` are generated from them ([`manifests`]), the command
//! line reads files through them ([`parse`]), and the rules that the API server evaluates are evaluated here too
//! ([`schema`]). This crate does no IO and knows nothing of how an object is served.

pub mod cachecluster;
mod conditions;
pub mod consensusgroup;
mod locate;
pub mod lockservice;
mod parse;
mod parts;
mod quantity;
pub mod replicated;
pub mod schema;
mod span;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

pub use cachecluster::{CacheCluster, CacheClusterSpec};
pub use conditions::{Condition, ConditionStatus, merged};
pub use consensusgroup::{ConsensusGroup, ConsensusGroupSpec};
pub use lockservice::{LockService, LockServiceSpec};
pub use parse::{FILE_BYTES_MAX, Object, ParseError, parse};
pub use parts::{
    Adoption, Limits, PullSecret, Requests, Resources, Retention, RetentionPolicy, Scheduling,
    Spread, SpreadRule, Storage, Tls, TlsMode,
};
pub use quantity::{Quantity, QuantityError};
pub use span::{Span, SpanError};

/// The API group of all kinds.
pub const GROUP: &str = "synod.dev";
/// The only version of it so far.
pub const VERSION: &str = "v1alpha1";
/// `apiVersion` of all kinds.
pub const API_VERSION: &str = "synod.dev/v1alpha1";

/// The definitions of all kinds. A new kind is one line here.
#[must_use]
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![
        ConsensusGroup::crd(),
        LockService::crd(),
        CacheCluster::crd(),
    ]
}

/// The manifests of all kinds as (file name, YAML), as they are committed in `crds/`.
#[must_use]
pub fn manifests() -> Vec<(String, String)> {
    definitions()
        .into_iter()
        .map(|definition| {
            let name = definition.metadata.name.clone().unwrap_or_default();
            let body = serde_yaml::to_string(&definition).unwrap_or_default();
            let head = "# Generated from crds/src by `cargo xtask crds`. Do not edit.\n";
            (format!("{name}.yaml"), format!("{head}{body}"))
        })
        .collect()
}
