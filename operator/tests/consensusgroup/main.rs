//! The plans of replicated kinds, told of ConsensusGroup, and the same of LockService (`lockservice`) and CacheCluster (`cachecluster`), against a small world: objects with uids and versions, a kubelet, and a group that keeps the
//! rules of membership. Traces of what is done, and properties under faults, stale reads and crashes.

mod adoption;
mod api;
mod budgets;
mod cachecluster;
mod controller;
mod definitions;
mod election;
mod group;
mod hibernation;
mod isolation;
mod lockservice;
mod mistakes;
mod newcomers;
mod nodes;
mod observed;
mod pains;
mod properties;
mod recovery;
mod refused;
mod repair;
mod restarts;
mod restraint;
mod rotation;
mod scaling;
mod templates;
mod told;
mod traces;
mod trust;
mod world;
