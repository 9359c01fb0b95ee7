//! ConsensusGroup: members that agree by Paxos, each a pod and a claim.

mod adoption;
mod budget;
mod config;
mod events;
mod founding;
mod hibernation;
mod leaderless;
mod nodes;
mod objects;
mod plan;
mod pod;
mod recovery;
mod restart;
mod seat;
mod status;
mod steps;
mod story;
mod trust;
mod view;

use kube::Resource;
use kube::core::ApiResource;
use synod_crds::ConsensusGroup;

use crate::kinds::{Decision, Facts, Undecodable};
use crate::observe::Observed;

/// Short name of the kind, part of all names made from an object's.
pub const SHORT: &str = "cg";

/// The kind ConsensusGroup.
pub struct Kind;

impl super::Kind for Kind {
    fn resource(&self) -> ApiResource {
        let mut resource = ApiResource::erase::<ConsensusGroup>(&());
        resource.plural = ConsensusGroup::plural(&()).into_owned();
        resource
    }

    fn decide(&self, observed: &Observed) -> Result<Decision, Undecodable> {
        let group = view::Group::of(observed)?;
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
}
