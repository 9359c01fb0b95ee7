//! The tiny model: what etcd's store means, written a second time, slowly and obviously. It shares nothing with
//! `synod_kv` and keeps every version for ever, so that any answer of the past can be checked.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::operation::{Operation, Outcome, Pair, Refused};

/// One change as a watcher sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The revision that made it.
    pub revision: u64,
    /// The key.
    pub key: Bytes,
    /// What it holds since; nothing if it was deleted.
    pub pair: Option<Pair>,
}

/// The versions of one key, oldest first: revision and what it held since.
type History = Vec<(u64, Option<Pair>)>;

/// The whole state, with its past.
#[derive(Clone, Debug)]
pub struct Model {
    revision: u64,
    compacted: u64,
    keys: BTreeMap<Bytes, History>,
    /// Where each was granted, and its keys.
    leases: BTreeMap<i64, (u64, BTreeSet<Bytes>)>,
    /// All changes in order.
    changes: Vec<Change>,
    /// After each slot: revision and compacted revision. Index 0 is before the first slot.
    slots: Vec<(u64, u64)>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            revision: 1,
            compacted: 0,
            keys: BTreeMap::new(),
            leases: BTreeMap::new(),
            changes: Vec::new(),
            slots: vec![(1, 0)],
        }
    }
}

impl Model {
    /// The revision now.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Everything before it is forgotten.
    #[must_use]
    pub fn compacted(&self) -> u64 {
        self.compacted
    }

    /// The revision after `slot`.
    #[must_use]
    pub fn revision_at(&self, slot: u64) -> u64 {
        self.slots[slot as usize].0
    }

    /// All changes so far, in order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The index of the first change at or after `revision`.
    #[must_use]
    pub fn changes_from(&self, revision: u64) -> usize {
        self.changes
            .partition_point(|change| change.revision < revision)
    }

    /// Leases that exist.
    #[must_use]
    pub fn leases(&self) -> Vec<i64> {
        self.leases.keys().copied().collect()
    }

    /// A lease that exists, and the slot it was granted at: one with keys if there is one.
    #[must_use]
    pub fn some_lease(&self) -> Option<(i64, u64)> {
        let with_keys = self.leases.iter().find(|(_, (_, keys))| !keys.is_empty());
        let any = with_keys.or_else(|| self.leases.iter().next());
        any.map(|(lease, (granted, _))| (*lease, *granted))
    }

    /// Whether the lease exists.
    #[must_use]
    pub fn has_lease(&self, lease: i64) -> bool {
        self.leases.contains_key(&lease)
    }

    /// Keys attached to a lease, now.
    #[must_use]
    pub fn lease_keys(&self, lease: i64) -> Vec<Bytes> {
        self.leases
            .get(&lease)
            .into_iter()
            .flat_map(|(_, keys)| keys)
            .cloned()
            .collect()
    }

    /// The next slot holds a client's operation, applied at a feature level.
    pub fn apply(&mut self, operation: &Operation, level: u32) -> Outcome {
        let outcome = self.execute(operation, level);
        self.pass();
        outcome
    }

    /// The next slot holds an expiry, by the newest leader, of the lease granted at slot `granted`. Whether there was one.
    pub fn expire(&mut self, lease: i64, granted: u64) -> bool {
        let found = self
            .leases
            .get(&lease)
            .is_some_and(|(slot, _)| *slot == granted);
        if found {
            self.revoke(lease);
        }
        self.pass();
        found
    }

    /// The state goes on as another group's: what its clients know of revisions is left behind, for them to read anew.
    pub fn renew(&mut self) {
        const REVISIONS: u64 = 1_000_000_000;
        self.revision += REVISIONS;
        self.compacted = self.revision;
        let last = self.slots.last_mut().expect("there is slot 0");
        *last = (self.revision, self.compacted);
    }

    /// The next slot holds nothing that changes the state.
    pub fn pass(&mut self) {
        self.slots.push((self.revision, self.compacted));
    }

    /// What a range sees in the state after `slot`, at `revision` (0: the newest).
    #[must_use]
    pub fn range(&self, slot: u64, from: &Bytes, to: &Bytes, revision: u64) -> Outcome {
        let (newest, compacted) = self.slots[slot as usize];
        if revision > newest {
            return Outcome::Refused(Refused::FutureRevision);
        }
        if revision != 0 && revision < compacted {
            return Outcome::Refused(Refused::Compacted);
        }
        let at = if revision == 0 { newest } else { revision };
        let pairs = self
            .keys
            .range(from.clone()..to.clone())
            .filter_map(|(_, history)| pair_at(history, at))
            .cloned()
            .collect();
        Outcome::Range {
            revision: newest,
            pairs,
        }
    }

    /// What a key held at `revision`.
    #[must_use]
    pub fn pair_at(&self, key: &Bytes, revision: u64) -> Option<&Pair> {
        self.keys
            .get(key)
            .and_then(|history| pair_at(history, revision))
    }

    fn current(&self, key: &Bytes) -> Option<&Pair> {
        self.keys
            .get(key)
            .and_then(|history| pair_at(history, self.revision))
    }

    fn execute(&mut self, operation: &Operation, level: u32) -> Outcome {
        match operation {
            Operation::Put { key, value, lease } => self.put_one(key, value, *lease),
            Operation::Delete { from, to } => self.delete(from, to),
            Operation::Swap {
                key,
                expected,
                value,
                marker,
            } => self.swap(key, *expected, value, marker),
            Operation::Batch { pairs } => {
                self.put_all(pairs.iter().map(|(key, value)| (key, value)))
            }
            Operation::Fenced {
                fence,
                token,
                key,
                value,
            } => {
                let newer = |held: &Pair| held.value > token;
                if level >= 2 && self.current(fence).is_some_and(newer) {
                    return Outcome::Refused(Refused::OlderToken);
                }
                self.put_all([(fence, token), (key, value)])
            }
            Operation::Grant { lease, ttl_s } => {
                if self.leases.contains_key(lease) {
                    return Outcome::Refused(Refused::LeaseExists);
                }
                let slot = self.slots.len() as u64;
                self.leases.insert(*lease, (slot, BTreeSet::new()));
                Outcome::Granted { ttl_s: *ttl_s }
            }
            Operation::Revoke { lease } => self.revoke(*lease),
            Operation::Compact { revision } => {
                if *revision <= self.compacted {
                    return Outcome::Refused(Refused::Compacted);
                }
                if *revision > self.revision {
                    return Outcome::Refused(Refused::FutureRevision);
                }
                self.compacted = *revision;
                Outcome::Done {
                    revision: self.revision,
                }
            }
            Operation::Range { .. } | Operation::KeepAlive { .. } => {
                unreachable!("not replicated")
            }
        }
    }

    fn put_one(&mut self, key: &Bytes, value: &Bytes, lease: i64) -> Outcome {
        if lease != 0 && !self.leases.contains_key(&lease) {
            return Outcome::Refused(Refused::LeaseNotFound);
        }
        let previous = self.current(key).cloned();
        self.revision += 1;
        self.write(key, value, lease);
        Outcome::Put {
            revision: self.revision,
            previous,
        }
    }

    fn put_all<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a Bytes, &'a Bytes)>) -> Outcome {
        self.revision += 1;
        for (key, value) in pairs {
            self.write(key, value, 0);
        }
        Outcome::Txn {
            revision: self.revision,
            succeeded: true,
            seen: None,
        }
    }

    fn delete(&mut self, from: &Bytes, to: &Bytes) -> Outcome {
        let keys: Vec<Bytes> = self
            .keys
            .range(from.clone()..to.clone())
            .filter(|(_, history)| pair_at(history, self.revision).is_some())
            .map(|(key, _)| key.clone())
            .collect();
        let count = keys.len() as u64;
        self.remove(&keys);
        Outcome::Deleted {
            revision: self.revision,
            count,
        }
    }

    /// If `key` was last changed at `expected` (0: does not exist), puts `value`; else reads it. Puts `marker` anyway.
    fn swap(
        &mut self,
        key: &Bytes,
        expected: u64,
        value: &Bytes,
        marker: &(Bytes, Bytes),
    ) -> Outcome {
        let current = self.current(key).cloned();
        let succeeded = current.as_ref().map_or(0, |pair| pair.modified) == expected;
        self.revision += 1;
        if succeeded {
            self.write(key, value, 0);
        }
        self.write(&marker.0, &marker.1, 0);
        Outcome::Txn {
            revision: self.revision,
            succeeded,
            seen: if succeeded { None } else { current },
        }
    }

    fn revoke(&mut self, lease: i64) -> Outcome {
        let Some((_, keys)) = self.leases.remove(&lease) else {
            return Outcome::Refused(Refused::LeaseNotFound);
        };
        let keys: Vec<Bytes> = keys.into_iter().collect();
        self.remove(&keys);
        Outcome::Done {
            revision: self.revision,
        }
    }

    fn remove(&mut self, keys: &[Bytes]) {
        if keys.is_empty() {
            return;
        }
        self.revision += 1;
        for key in keys {
            self.detach(key);
            self.record(key, None);
        }
    }

    fn write(&mut self, key: &Bytes, value: &Bytes, lease: i64) {
        let (created, version) = self
            .keys
            .get(key)
            .and_then(|history| history.last())
            .and_then(|(_, pair)| pair.as_ref())
            .map_or((self.revision, 1), |pair| (pair.created, pair.version + 1));
        self.detach(key);
        if let Some((_, keys)) = self.leases.get_mut(&lease) {
            keys.insert(key.clone());
        }
        let pair = Pair {
            key: key.clone(),
            value: value.clone(),
            created,
            modified: self.revision,
            version,
            lease,
        };
        self.record(key, Some(pair));
    }

    fn detach(&mut self, key: &Bytes) {
        let lease = self
            .keys
            .get(key)
            .and_then(|h| h.last())
            .and_then(|(_, p)| p.as_ref())
            .map(|p| p.lease);
        if let Some((_, keys)) = lease.and_then(|lease| self.leases.get_mut(&lease)) {
            keys.remove(key);
        }
    }

    fn record(&mut self, key: &Bytes, pair: Option<Pair>) {
        self.changes.push(Change {
            revision: self.revision,
            key: key.clone(),
            pair: pair.clone(),
        });
        self.keys
            .entry(key.clone())
            .or_default()
            .push((self.revision, pair));
    }
}

fn pair_at(history: &History, revision: u64) -> Option<&Pair> {
    let upto = history.partition_point(|(since, _)| *since <= revision);
    history[..upto].last().and_then(|(_, pair)| pair.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &'static str) -> Bytes {
        Bytes::from_static(name.as_bytes())
    }

    #[test]
    fn the_past_stays_readable() {
        let mut model = Model::default();
        let put = |value| Operation::Put {
            key: key("a"),
            value: key(value),
            lease: 0,
        };
        model.apply(&put("1"), 2);
        model.apply(&put("2"), 2);
        let delete = Operation::Delete {
            from: key("a"),
            to: key("b"),
        };
        model.apply(&delete, 2);
        for (revision, expected) in [(2, Some("1")), (3, Some("2")), (4, None)] {
            let Outcome::Range { pairs, .. } = model.range(3, &key("a"), &key("b"), revision)
            else {
                panic!("refused")
            };
            assert_eq!(pairs.first().map(|p| p.value.clone()), expected.map(key));
        }
    }

    #[test]
    fn expiry_takes_the_keys_along_in_one_revision() {
        let mut model = Model::default();
        model.apply(&Operation::Grant { lease: 7, ttl_s: 1 }, 2);
        for name in ["a", "b"] {
            let put = Operation::Put {
                key: key(name),
                value: key("x"),
                lease: 7,
            };
            model.apply(&put, 2);
        }
        assert!(model.expire(7, 1));
        assert_eq!(model.revision(), 4);
        assert_eq!(
            model.changes().iter().filter(|c| c.revision == 4).count(),
            2
        );
    }
}
