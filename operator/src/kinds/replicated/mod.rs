//! Kinds that are kept by members which agree by Paxos, each a pod and a claim: all plans, for whichever of them.
//!
//! A kind gives a [`Profile`], and turns its type into an [`Object`]; no decision knows which kind it is made for.

mod adoption;
mod budget;
mod config;
mod events;
mod founding;
mod hibernation;
mod leaderless;
mod nodes;
mod objects;
mod password;
mod plan;
mod pod;
mod profile;
mod recovery;
mod restart;
mod seat;
mod spec;
mod status;
mod steps;
mod story;
mod trust;
mod view;

use kube::Resource;
use kube::core::ApiResource;
use serde::de::DeserializeOwned;

use crate::kinds::{Decision, Facts, Undecodable};
use crate::observe::Observed;

pub(in crate::kinds) use password::FILE as PASSWORD_FILE;
pub use profile::{Profile, Variables};
pub(in crate::kinds) use spec::{Object, Own, Spec, common};

/// How the API names a kind.
pub(super) fn resource<K: Resource<DynamicType = ()>>() -> ApiResource {
    let mut resource = ApiResource::erase::<K>(&());
    resource.plural = K::plural(&()).into_owned();
    resource
}

/// What to do and what to tell of an object of type `K`.
///
/// # Errors
/// When the object does not decode.
pub(super) fn decide<K: DeserializeOwned>(
    profile: &'static Profile,
    observed: &Observed,
    object: impl Fn(K) -> Object,
) -> Result<Decision, Undecodable> {
    let decoded = serde_json::to_value(&*observed.object).and_then(serde_json::from_value);
    let decoded = decoded.map_err(|error| Undecodable(error.to_string()))?;
    let group = view::Group::of(profile, object(decoded), observed)?;
    let strands = plan::plan(&group);
    let status = status::status(&group, &strands.concat());
    Ok(Decision {
        targets: group.targets(),
        again: plan::again(&group),
        strands,
        events: events::events(&group, &status),
        facts: Facts {
            state: status.state.clone().unwrap_or_default(),
            wanted: group.spec.members.into(),
            ready: status.ready_members.unwrap_or(0).into(),
        },
        status: serde_json::to_value(status).map_err(|e| Undecodable(e.to_string()))?,
    })
}
