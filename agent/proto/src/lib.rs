//! The etcd v3 API as Rust types, client and server, generated from `proto/*.proto` at build time.
//!
//! Names and numbers are those of etcd v3.6's public interface, so its clients and servers understand them. Fields of
//! type `bytes` are `Bytes`: decoding shares the received buffer and copies nothing. This crate knows nothing of
//! what a call means.

#![allow(missing_docs, unreachable_pub, clippy::use_self)] // Generated; the .proto files say what the fields are.

/// Keys with their history, and events on them.
pub mod mvccpb {
    tonic::include_proto!("mvccpb");
}

/// Users, roles, permissions.
pub mod authpb {
    tonic::include_proto!("authpb");
}

/// KV, Watch, Lease, Cluster, Maintenance and Auth.
pub mod etcdserverpb {
    tonic::include_proto!("etcdserverpb");
}

/// The lock service.
pub mod v3lockpb {
    tonic::include_proto!("v3lockpb");
}

/// The election service.
pub mod v3electionpb {
    tonic::include_proto!("v3electionpb");
}

/// gRPC's health protocol.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}
