//! The Synod operator, its local mode and its command line.
//!
//! One generic loop (observe, plan, act, report) serves every kind; [`local`] gives that loop a Kubernetes API and a
//! process runner on one machine; [`cli`] is the command `synod`.

pub mod act;
pub mod action;
pub mod agents;
pub mod authority;
pub mod certificates;
pub mod child;
pub mod cli;
pub mod controller;
pub mod election;
pub mod events;
pub mod kinds;
pub mod local;
pub mod logging;
pub mod metrics;
pub mod mutation;
pub mod names;
pub mod observe;
pub mod operator;
pub mod queue;
pub mod reasons;
pub mod settings;
