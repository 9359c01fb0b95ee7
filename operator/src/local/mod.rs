//! Local mode: the embedded Kubernetes API and the process runner behind `synod local`.

pub mod api;
pub mod home;
pub mod runner;
