//! `etcdserverpb.Maintenance`, one file for each call.

pub(crate) mod alarm;
pub(crate) mod defragment;
pub(crate) mod downgrade;
pub(crate) mod hash;
pub(crate) mod hash_kv;
pub(crate) mod health_check;
pub(crate) mod move_leader;
pub(crate) mod status;
