//! `LeaseGrant`, `LeaseRevoke`, `LeaseExpire`.

use synod_machine::Stamp;
use synod_paxos::Ballot;

use crate::command::LEASE_TTL_MAX_S;
use crate::error::Error;
use crate::mutation::mutated;
use crate::response::Reply;
use crate::state::{LEASE_COST_BYTES, Lease};
use crate::store::Store;
use crate::write::Write;

impl Store {
    pub(super) fn lease_grant(&mut self, stamp: &Stamp, id: i64, ttl: i64) -> Result<Reply, Error> {
        if id == 0 {
            return Err(Error::LeaseNotFound);
        }
        if ttl > LEASE_TTL_MAX_S {
            return Err(Error::LeaseTtlTooLarge);
        }
        if self.state.lease(id).is_some() {
            return Err(Error::LeaseExists);
        }
        self.room(LEASE_COST_BYTES)?;
        let ttl = ttl.max(self.state.limits.lease_ttl_min_s);
        self.state.insert_lease(Lease::new(id, ttl, stamp.slot.0));
        if let Some(lead) = &mut self.lead {
            lead.lessor.granted(id, ttl);
        }
        Ok(Reply::LeaseGrant { id, ttl })
    }

    pub(super) fn lease_revoke(&mut self, id: i64) -> Result<Reply, Error> {
        self.state.remove_lease(id).ok_or(Error::LeaseNotFound)?;
        if let Some(lead) = &mut self.lead {
            lead.lessor.revoked(id);
        }
        let keys = self.attachments.of(id);
        let mut write = Write::new(self);
        for key in &keys {
            write.delete(key);
        }
        write.finish();
        Ok(Reply::LeaseRevoke {
            deleted: keys.len() as i64,
        })
    }

    /// See [`crate::lessor`] for why this suffices.
    pub(super) fn lease_expire(
        &mut self,
        stamp: &Stamp,
        id: i64,
        granted: u64,
        ballot: Ballot,
    ) -> Result<Reply, Error> {
        let by_newest_leader = ballot == stamp.newest || mutated("kv.lease.old_expiry");
        let same_lease = self
            .state
            .lease(id)
            .is_some_and(|lease| lease.granted == granted);
        if !by_newest_leader || !same_lease {
            return Ok(Reply::LeaseExpireIgnored);
        }
        self.lease_revoke(id)
    }
}
