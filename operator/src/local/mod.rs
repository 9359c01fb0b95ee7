//! Local mode: the embedded Kubernetes API and the process runner behind `synod local`.
//!
//! [`cluster::Cluster`] puts them together with the unmodified operator; [`home::Home`] is what they leave on disk.

pub mod api;
pub mod cluster;
pub mod home;
pub mod log_file;
pub mod runner;
