//! The replicated state, in one value that is cloned in constant time to pin a view.

use std::collections::BTreeSet;

use xxhash_rust::xxh3::xxh3_64;

use crate::command::{Alarm, AlarmKind, Limits};
use crate::history::History;
use crate::version::{Revision, Version};
use synod_tree::{Entry, Tree};

/// Bytes that a lease counts for.
pub(crate) const LEASE_COST_BYTES: u64 = 96;

/// A lease as replicated: without its deadline, which is the leader's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    id: [u8; 8],
    pub(crate) ttl: i64,
    /// The slot in which it was granted.
    pub(crate) granted: u64,
}

impl Lease {
    pub(crate) const fn new(id: i64, ttl: i64, granted: u64) -> Self {
        Self {
            id: lease_key(id),
            ttl,
            granted,
        }
    }

    pub(crate) const fn id(&self) -> i64 {
        (u64::from_be_bytes(self.id) ^ (1 << 63)) as i64
    }

    fn digest(&self) -> u64 {
        let mut fields = [0u8; 32];
        fields[..8].copy_from_slice(&self.id);
        fields[8..16].copy_from_slice(&self.ttl.to_le_bytes());
        fields[16..24].copy_from_slice(&self.granted.to_le_bytes());
        fields[24..].copy_from_slice(b"a lease.");
        xxh3_64(&fields)
    }
}

/// An id in the form whose byte order is the ids' order.
pub(crate) const fn lease_key(id: i64) -> [u8; 8] {
    (id as u64 ^ (1 << 63)).to_be_bytes()
}

impl Entry for Lease {
    fn key(&self) -> &[u8] {
        &self.id
    }
}

/// Sums over everything held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// The size.
    pub(crate) bytes: u64,
    /// Versions, tombstones included.
    pub(crate) versions: u64,
    /// The sum of the digests of versions and leases, modulo 2^64.
    pub(crate) sum: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, version: &Version) {
        self.bytes += version.cost();
        self.versions += 1;
        self.sum = self.sum.wrapping_add(version.digest());
    }

    pub(crate) fn remove(&mut self, version: &Version) {
        self.bytes -= version.cost();
        self.versions -= 1;
        self.sum = self.sum.wrapping_sub(version.digest());
    }

    fn add_lease(&mut self, lease: &Lease) {
        self.bytes += LEASE_COST_BYTES;
        self.sum = self.sum.wrapping_add(lease.digest());
    }

    fn remove_lease(&mut self, lease: &Lease) {
        self.bytes -= LEASE_COST_BYTES;
        self.sum = self.sum.wrapping_sub(lease.digest());
    }
}

/// Everything that members agree on.
///
/// Invariants: 1. `compact_revision <= revision`; 2. `reclaimed.main <= compact_revision` once something was
/// reclaimed; 3. `tally` sums over all versions and leases held; 4. of the versions
/// before `reclaimed`, those before the compact revision are the newest of their key up to there; 5. the lease of every live key exists.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) keys: Tree<History>,
    pub(crate) leases: Tree<Lease>,
    /// The revision of the last effective change. An empty store has revision 1.
    pub(crate) revision: i64,
    /// The oldest readable revision; -1 if there was no compaction.
    pub(crate) compact_revision: i64,
    /// Changes before this position were looked at by reclamation.
    pub(crate) reclaimed: Revision,
    pub(crate) tally: Tally,
    pub(crate) alarms: BTreeSet<Alarm>,
    pub(crate) limits: Limits,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            keys: Tree::default(),
            leases: Tree::default(),
            revision: 1,
            compact_revision: -1,
            reclaimed: Revision::default(),
            tally: Tally::default(),
            alarms: BTreeSet::new(),
            limits: Limits::default(),
        }
    }

    /// The revision index holds the versions from here on: those that reclamation has not looked at, and those of the
    /// compact revision and after it.
    pub(crate) fn indexed_from(&self) -> Revision {
        self.reclaimed.min(Revision::first(self.compact_revision))
    }

    pub(crate) fn lease(&self, id: i64) -> Option<&Lease> {
        self.leases.get(&lease_key(id))
    }

    pub(crate) fn insert_lease(&mut self, lease: Lease) {
        self.tally.add_lease(&lease);
        self.leases.insert(lease);
    }

    pub(crate) fn remove_lease(&mut self, id: i64) -> Option<Lease> {
        let lease = self.leases.remove(&lease_key(id))?;
        self.tally.remove_lease(&lease);
        Some(lease)
    }

    pub(crate) fn has_alarm(&self, kind: AlarmKind) -> bool {
        self.alarms.iter().any(|alarm| alarm.kind == kind)
    }

    /// The digest of everything, in constant time.
    pub(crate) fn digest(&self) -> u64 {
        let mut fields = Vec::with_capacity(128);
        for number in [
            self.tally.sum,
            self.revision as u64,
            self.compact_revision as u64,
            self.reclaimed.main as u64,
            u64::from(self.reclaimed.sub),
            self.tally.bytes,
            self.tally.versions,
            self.keys.len() as u64,
            self.leases.len() as u64,
            self.limits.quota_bytes,
            self.limits.lease_ttl_min_s as u64,
        ] {
            fields.extend_from_slice(&number.to_le_bytes());
        }
        for alarm in &self.alarms {
            fields.push(alarm.kind as u8);
            fields.extend_from_slice(&alarm.member.to_le_bytes());
        }
        xxh3_64(&fields)
    }

    /// Walks everything and checks the sums.
    ///
    /// # Panics
    /// With the evidence if an invariant does not hold.
    pub(crate) fn invariants_deep(&self) {
        self.keys.invariants();
        self.leases.invariants();
        let mut recount = Tally::default();
        for history in self.keys.iter() {
            self.check_history(history);
            history.versions().for_each(|version| recount.add(version));
        }
        self.leases
            .iter()
            .for_each(|lease| recount.add_lease(lease));
        assert_eq!(recount, self.tally, "sums over the state");
    }

    fn check_history(&self, history: &History) {
        let versions: Vec<_> = history.versions().collect();
        let key = history.key().escape_ascii();
        for pair in versions.windows(2) {
            assert!(
                pair[0].at < pair[1].at,
                "versions of {key} grow: {:?} {:?}",
                pair[0].at,
                pair[1].at
            );
            assert_eq!(pair[0].key(), pair[1].key(), "a history is of one key");
            assert!(
                !(pair[0].is_tombstone() && pair[1].is_tombstone()),
                "{key} died twice"
            );
            assert!(
                pair[1].at >= self.reclaimed || pair[0].at.main >= self.compact_revision,
                "{key} at {:?} is kept though superseded",
                pair[0].at
            );
        }
        for version in versions {
            assert!(
                version.at.main <= self.revision,
                "{key} at {:?} is from the future",
                version.at
            );
            assert!(
                version.is_tombstone()
                    || (1 <= version.create && version.create <= version.at.main),
                "{key} was created at {} and modified at {:?}",
                version.create,
                version.at
            );
        }
        let live = history.live().filter(|live| live.lease != 0);
        assert!(
            live.is_none_or(|live| self.lease(live.lease).is_some()),
            "the lease of {key} exists"
        );
    }
}
