//! `etcdserverpb.Lease`, one file for each call.

pub(crate) mod grant;
mod keep_alive;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod time_to_live;

pub(crate) use keep_alive::service;
