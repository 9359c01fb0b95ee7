//! `Configure`: sets the limits that all members apply alike.

use crate::command::{LEASE_TTL_MAX_S, Limits};
use crate::response::Reply;
use crate::store::Store;

impl Store {
    pub(super) fn configure(&mut self, limits: Limits) -> Reply {
        let lease_ttl_min_s = limits.lease_ttl_min_s.clamp(1, LEASE_TTL_MAX_S);
        self.state.limits = Limits {
            lease_ttl_min_s,
            ..limits
        };
        Reply::Configure
    }
}
