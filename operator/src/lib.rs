//! The Synod operator, its local mode and its command line.
//!
//! One generic loop (observe, plan, act, report) serves every kind; [`local`] gives that loop a Kubernetes API and a
//! process runner on one machine; [`cli`] is the command `synod`.

pub mod cli;
pub mod local;
