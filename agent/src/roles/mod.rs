//! The roles an agent can have: wiring, nothing else.

mod announce;
mod cache_cluster;
mod consensus_group;
mod grounds;
mod load_balancer;
mod lock_service;
mod member;
mod settings;
mod start_error;

pub use cache_cluster::CacheCluster;
pub use consensus_group::ConsensusGroup;
pub use grounds::Addresses;
pub use load_balancer::{
    BalancerConfig, BalancerConfigError, BalancerKind, LoadBalancer, is_balancer,
    read as read_balancer,
};
pub use lock_service::LockService;
pub use member::{Role, Serving};
pub use settings::{driver as driver_settings, znodes, zookeeper as zookeeper_settings};
pub use start_error::StartError;

/// A running member of a ConsensusGroup.
pub type Agent = member::Agent<ConsensusGroup>;

/// A running member of a LockService.
pub type LockAgent = member::Agent<LockService>;

/// A running member of any kind.
pub use member::Agent as AnyAgent;
