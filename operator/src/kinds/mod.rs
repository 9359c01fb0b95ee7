//! The kinds: for each, pure functions from what was observed to what is to be done and what is to be told.
//!
//! A kind knows nothing of clients, tasks, clocks or sockets. Adding one is a folder here, a file in `synod-crds`, and
//! a line in [`all`]. Kinds that are kept by members which agree by Paxos share all decisions (`replicated`).

pub mod cachecluster;
pub mod consensusgroup;
pub mod lockservice;
mod replicated;

use std::sync::Arc;
use std::time::Duration;

use kube::core::ApiResource;
use serde_json::Value;

use crate::action::Action;
use crate::agents::Target;
use crate::events::Event;
use crate::observe::Observed;

pub use replicated::{Profile, Variables};

/// One kind of resource.
pub trait Kind: Send + Sync + 'static {
    /// How the API names it.
    fn resource(&self) -> ApiResource;

    /// How its clients connect, if it has clients.
    fn profile(&self) -> Option<&'static Profile> {
        None
    }

    /// What to do and what to tell, given what was observed. Pure: equal observations give equal decisions.
    ///
    /// # Errors
    /// When the object does not decode; it alone waits until it is changed.
    fn decide(&self, observed: &Observed) -> Result<Decision, Undecodable>;
}

/// Actions of which each rests on those before it.
pub type Strand = Vec<Action>;

/// What follows from an observation.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Whose status is to be followed.
    pub targets: Vec<Target>,
    /// What is to be done now, in order. What the API refuses ends its own strand, so that one object that must not be made
    /// or changed does not keep the others from being mended.
    pub strands: Vec<Strand>,
    /// The status as it should read.
    pub status: Value,
    /// When to look again even if nothing happens; `None`: events suffice.
    pub again: Option<Duration>,
    /// What is told once this status is written: what changed since the one before.
    pub events: Vec<Event>,
    /// What the metrics show of the object.
    pub facts: Facts,
}

/// An object in few words, for metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// One of [`crate::reasons::STATES`].
    pub state: String,
    /// How many members, shards or replicas there should be.
    pub wanted: i64,
    /// How many of them serve.
    pub ready: i64,
}

/// The object does not decode into its type.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the object does not decode: {0}")]
pub struct Undecodable(pub String);

/// How clients reach the kinds that have clients.
#[must_use]
pub fn profiles() -> Vec<&'static Profile> {
    all().iter().filter_map(|kind| kind.profile()).collect()
}

/// All kinds that the operator serves.
#[must_use]
pub fn all() -> Vec<Arc<dyn Kind>> {
    vec![
        Arc::new(consensusgroup::Kind),
        Arc::new(lockservice::Kind),
        Arc::new(cachecluster::Kind),
    ]
}
