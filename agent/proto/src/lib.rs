//! The etcd v3 API as generated types.
