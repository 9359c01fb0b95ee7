//! What clients were promised about leases: one that was granted or kept alive at some time goes on for its TTL from
//! then, by true time less the stated drift.

use std::collections::BTreeMap;

use crate::clock::Instant;
use crate::demand;
use crate::ledger::shortest;

/// One lease, as clients know it.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// It does not expire before this.
    until: Instant,
    /// When it ended in the log, if it did.
    ended: Option<Instant>,
    /// Whether it was ended by a client.
    revoked: bool,
}

/// All leases.
#[derive(Clone, Debug, Default)]
pub struct LeaseBook {
    leases: BTreeMap<i64, Known>,
    /// By how much clocks may drift, in parts per million.
    pub drift_ppm: u64,
}

impl LeaseBook {
    /// A client that asked at `invoked` was told at `now` that the lease goes on for `ttl_s` seconds.
    pub fn promised(&mut self, lease: i64, invoked: Instant, ttl_s: i64, now: Instant) {
        let until = invoked + shortest(ttl_s, self.drift_ppm);
        self.promised_until(lease, until, invoked, now);
    }

    /// A client that asked at `invoked` was told at `now` that it lasts until `until`.
    pub fn promised_until(&mut self, lease: i64, until: Instant, invoked: Instant, now: Instant) {
        let known = self.leases.entry(lease).or_default();
        known.until = known.until.max(until);
        if let Some(ended) = known.ended.filter(|_| !known.revoked) {
            demand!(
                "leases",
                ended >= until,
                "lease {lease} expired at {ended}, but a client that asked at {invoked} was promised (at {now}) that it lasts until {until}"
            );
        }
    }

    /// A client that took it up again at `invoked` was told at `now` that it lasts until `until`: that is what it goes by from now
    /// on, even if it was told of a longer time before.
    pub fn renegotiated(&mut self, lease: i64, until: Instant, invoked: Instant, now: Instant) {
        self.leases.entry(lease).or_default().until = 0;
        self.promised_until(lease, until, invoked, now);
    }

    /// A keep-alive was answered with "no such lease".
    pub fn denied(&self, lease: i64, now: Instant) {
        let known = self.leases.get(&lease).copied().unwrap_or_default();
        demand!(
            "leases",
            known.ended.is_some() || now >= known.until,
            "a keep-alive at {now} did not find lease {lease}, which clients were promised until {} and nothing ended",
            known.until
        );
    }

    /// A client's revocation was applied.
    pub fn revoked(&mut self, lease: i64, now: Instant) {
        let known = self.leases.entry(lease).or_default();
        known.ended = Some(now);
        known.revoked = true;
    }

    /// An expiry was applied.
    pub fn expired(&mut self, lease: i64, now: Instant) {
        let known = self.leases.entry(lease).or_default();
        demand!(
            "leases",
            now >= known.until,
            "lease {lease} expired at {now}, but clients were promised that it lasts until {}",
            known.until
        );
        known.ended = Some(now);
    }

    /// An expiry was applied that breaks promises which are lost as well.
    pub fn forget(&mut self, lease: i64, now: Instant) {
        let known = self.leases.entry(lease).or_default();
        (known.until, known.ended) = (0, Some(now));
    }

    /// The state goes on as it was some time ago: leases that exist in it are promised as they were, others are not.
    pub fn go_on_with(&mut self, exists: impl Fn(i64) -> bool) {
        self.leases.retain(|lease, _| exists(*lease));
        for known in self.leases.values_mut() {
            (known.ended, known.revoked) = (None, false);
        }
    }

    /// Until when the lease lasts by what clients were promised.
    #[must_use]
    pub fn until(&self, lease: i64) -> Instant {
        self.leases.get(&lease).map_or(0, |known| known.until)
    }
}
