//! Synod in a real Kubernetes, as its users have it: installed by Helm, asked through kubectl and etcdctl, and harmed while a
//! client counts what was acknowledged.
//!
//! [`scenarios::ALL`] lists what is played, each in a namespace of its own with the restricted pod security standard enforced.
//! A scenario that needs something of the cluster that it does not have ([`Need`]) is not run, and that is said.

pub mod chaos;
mod cluster;
pub mod flows;
mod group;
mod helm;
mod namespace;
mod node;
pub mod run;
pub mod scenarios;
mod stage;

pub use cluster::Cluster;
pub use group::Group;
pub use namespace::Namespace;
pub use scenarios::{Need, Scenario};
pub use stage::{Before, Images, Stage};

/// What went wrong, in words for the person who reads the report.
pub type Failure = String;
