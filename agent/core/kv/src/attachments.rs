//! Which keys hang on which lease: derived from the live keys, so not part of snapshots.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

/// The live keys of every lease that has any.
#[derive(Default, PartialEq, Eq, Debug)]
pub(crate) struct Attachments {
    keys: BTreeMap<i64, BTreeSet<Box<[u8]>>>,
}

impl Attachments {
    /// Moves a key from one lease to another; 0 is no lease.
    pub(crate) fn shift(&mut self, key: &[u8], from: i64, to: i64) {
        if from == to {
            return;
        }
        if from != 0
            && let Some(keys) = self.keys.get_mut(&from)
        {
            keys.remove(key);
            if keys.is_empty() {
                self.keys.remove(&from);
            }
        }
        if to != 0 {
            self.keys.entry(to).or_default().insert(key.into());
        }
    }

    /// The keys of a lease, in order.
    pub(crate) fn of(&self, lease: i64) -> Vec<Bytes> {
        self.keys
            .get(&lease)
            .into_iter()
            .flatten()
            .map(|key| Bytes::copy_from_slice(key))
            .collect()
    }
}
