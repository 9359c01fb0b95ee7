//! The versions of etcd whose behaviour is shown to clients: kube-apiserver, for one, asks for progress of watches only
//! from 3.5.13 and 3.4.31 on.

/// The server's version.
pub(crate) const SERVER: &str = "3.6.8";
/// The cluster's and the storage's version.
pub(crate) const CLUSTER: &str = "3.6.0";
/// As calls about downgrades show the cluster's version.
pub(crate) const CLUSTER_SHORT: &str = "3.6";
