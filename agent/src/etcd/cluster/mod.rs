//! Membership: `etcdserverpb.Cluster`, one file for each call.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod promote;
pub(crate) mod remove;
pub(crate) mod update;
pub(crate) mod urls;
