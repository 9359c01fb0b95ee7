//! The embedded Kubernetes API held against a real one.
//!
//! A script of requests (`script/*.yaml`) is played at both servers, and the answers are compared field by field. What
//! still differs is listed with its reason in `script/differences.yaml`; anything else fails, and so does a listed
//! difference that is no more. The real server is a kube-apiserver over an etcd, both on loopback with a throw-away
//! authority, in a temporary directory, ended by their own process ids.
//!
//! There are no controllers on either side: what a controller would do (collecting garbage, emptying namespaces) is not
//! compared here.

pub mod audit;
pub mod authority;
pub mod classes;
pub mod client;
pub mod compare;
pub mod differences;
pub mod kubectl;
pub mod mapping;
pub mod play;
pub mod scale;
pub mod script;
pub mod servers;

/// What went wrong, in words for the person at the terminal.
pub type Failure = String;
