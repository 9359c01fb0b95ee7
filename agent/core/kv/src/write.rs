//! Changing keys: everything that one command changes, at one revision. The only place that makes versions, and keeps
//! the revision index and the leases' keys in step with them.

use std::sync::Arc;

use crate::command::Put;
use crate::error::Error;
use crate::history::History;
use crate::mutation::mutated;
use crate::store::Store;
use crate::version::{Revision, Version};
use synod_tree::Edit;

/// The changes of one command in progress. The revision advances at [`Write::finish`], if there were any.
pub(crate) struct Write<'a> {
    pub(crate) store: &'a mut Store,
    next: Revision,
}

/// A version that was made, and the live one it took the place of.
struct Made {
    version: Arc<Version>,
    before: Option<Arc<Version>>,
}

impl<'a> Write<'a> {
    pub(crate) fn new(store: &'a mut Store) -> Self {
        let next = Revision::first(store.state.revision + 1);
        Self { store, next }
    }

    /// The revision that readers within see: the next one as soon as something was changed.
    pub(crate) fn header(&self) -> i64 {
        if self.next.sub == 0 {
            self.store.state.revision
        } else {
            self.next.main
        }
    }

    /// Ends the command and returns the store's revision.
    pub(crate) fn finish(self) -> i64 {
        if self.next.sub > 0 {
            self.store.state.revision = self.next.main;
        }
        self.store.state.revision
    }

    /// Writes a key and returns what it was before. The lease exists.
    ///
    /// # Errors
    /// `KeyNotFound` if something of the previous version is to be kept and there is none: nothing is changed.
    pub(crate) fn put(&mut self, put: &Put) -> Result<Option<Arc<Version>>, Error> {
        let at = self.place();
        let Made { version, before } = self.store.state.keys.edit(&put.key, |history| {
            let before = history.as_deref().and_then(History::live).cloned();
            let version = match successor(put, before.as_deref(), at) {
                Ok(version) => Arc::new(version),
                Err(error) => return (Edit::Keep, Err(error)),
            };
            let made = Ok(Made {
                version: Arc::clone(&version),
                before,
            });
            match history {
                Some(history) => {
                    history.push(version);
                    (Edit::Keep, made)
                }
                None => (Edit::Insert(History::new(version)), made),
            }
        })?;
        let lease_before = before.as_ref().map_or(0, |before| before.lease);
        self.store.move_lease(&put.key, lease_before, version.lease);
        self.record(version);
        Ok(before)
    }

    /// Deletes a key and returns what it was; `None` if it does not exist.
    pub(crate) fn delete(&mut self, key: &[u8]) -> Option<Arc<Version>> {
        self.store.state.keys.get(key).and_then(History::live)?;
        let version = Arc::new(Version::tombstone(key, self.place()));
        let before = self.store.state.keys.edit(key, |history| {
            let history = history.expect("the key was found");
            let before = Arc::clone(history.latest());
            history.push(Arc::clone(&version));
            (Edit::Keep, before)
        });
        if !mutated("kv.lease.delete_keeps") {
            self.store.move_lease(key, before.lease, 0);
        }
        self.record(version);
        if mutated("kv.revision.repeat") {
            self.next.sub = 0;
        }
        Some(before)
    }

    /// Where the next change goes.
    fn place(&mut self) -> Revision {
        if mutated("kv.txn.split_revision") && self.next.sub > 0 {
            self.next = Revision::first(self.next.main + 1);
        }
        self.next
    }

    fn record(&mut self, version: Arc<Version>) {
        self.store.state.tally.add(&version);
        self.store.changes.push(version);
        self.next = self.next.next();
    }
}

/// The version that a put makes of the live one before it.
fn successor(put: &Put, before: Option<&Version>, at: Revision) -> Result<Version, Error> {
    if before.is_none() && (put.ignore_value || put.ignore_lease) {
        return Err(Error::KeyNotFound);
    }
    let (create, version) =
        before.map_or((at.main, 1), |before| (before.create, before.version + 1));
    let value = before
        .filter(|_| put.ignore_value)
        .map_or(put.value.as_ref(), Version::value);
    let lease = before
        .filter(|_| put.ignore_lease)
        .map_or(put.lease, |before| before.lease);
    Ok(Version::new(&put.key, value, at, create, version, lease))
}
