//! All objects, their one revision counter, and the recent changes that watches and paged lists read.
//!
//! 1. Revisions grow by one with every change; an object's `resourceVersion` is the revision of its last change.
//! 2. A change is in the journal before it is in the objects or the history: what was answered survives a crash.
//! 3. The history holds the newest `history_changes_max` changes without a gap; what is older is `Expired`.

use super::journal::{Journal, JournalError, Record};
use super::object;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

/// The journal is compacted when it is this much longer than twice its compacted length.
const COMPACT_SLACK_BYTES: u64 = 4 * 1024 * 1024;

/// Where an object is: qualified type, namespace, name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// One change, as watches tell it.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) key: Key,
    /// What was there before; none at creation.
    pub(crate) before: Option<Arc<Value>>,
    /// What is there now; none after deletion.
    pub(crate) after: Option<Arc<Value>>,
}

/// The objects and their history.
pub(crate) struct Store {
    objects: BTreeMap<Key, Arc<Value>>,
    revision: u64,
    /// Changes after this revision are all in `history`.
    history_from: u64,
    history: VecDeque<Change>,
    history_changes_max: usize,
    journal: Option<Journal>,
    compacted_bytes: u64,
}

impl Store {
    /// An empty store that forgets everything at its end.
    pub(crate) fn volatile(history_changes_max: usize) -> Self {
        Self {
            objects: BTreeMap::new(),
            revision: 0,
            history_from: 0,
            history: VecDeque::new(),
            history_changes_max,
            journal: None,
            compacted_bytes: 0,
        }
    }

    /// The store whose journal is at `path`.
    pub(crate) fn open(path: &Path, history_changes_max: usize) -> Result<Self, JournalError> {
        let (journal, records) = Journal::open(path)?;
        let mut store = Self::volatile(history_changes_max);
        for record in records {
            store.replay(record);
        }
        store.journal = Some(journal);
        store.compact()?;
        Ok(store)
    }

    fn replay(&mut self, record: Record) {
        let revision = record.revision.max(self.revision);
        if record.resource.is_empty() {
            // The head of a compacted journal: nothing before it is known.
            self.revision = revision;
            self.history_from = revision;
            self.history.clear();
            return;
        }
        let key = Key {
            resource: record.resource,
            namespace: record.namespace,
            name: record.name,
        };
        self.remember(revision, key, record.object.map(Arc::new));
    }

    /// The revision of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// One object.
    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// All objects of all types, in key order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.objects.iter()
    }

    /// The objects of a type (of one namespace, unless it is empty), in key order.
    pub(crate) fn of<'a>(
        &'a self,
        resource: &'a str,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        let from = Key {
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: String::new(),
        };
        self.objects.range(from..).take_while(move |(key, _)| {
            key.resource == resource && (namespace.is_empty() || key.namespace == namespace)
        })
    }

    /// The objects of a type as they were at `revision`; the oldest known revision if that is no longer known.
    pub(crate) fn of_at(
        &self,
        resource: &str,
        namespace: &str,
        revision: u64,
    ) -> Result<BTreeMap<Key, Arc<Value>>, u64> {
        if revision < self.history_from {
            return Err(self.history_from);
        }
        let mut objects: BTreeMap<_, _> = self
            .of(resource, namespace)
            .map(|(k, o)| (k.clone(), Arc::clone(o)))
            .collect();
        for change in self
            .history
            .iter()
            .rev()
            .take_while(|change| change.revision > revision)
        {
            if change.key.resource != resource
                || !(namespace.is_empty() || change.key.namespace == namespace)
            {
                continue;
            }
            match &change.before {
                Some(before) => objects.insert(change.key.clone(), Arc::clone(before)),
                None => objects.remove(&change.key),
            };
        }
        Ok(objects)
    }

    /// The changes after `revision`, oldest first; the oldest known revision if some of them are forgotten.
    pub(crate) fn since(&self, revision: u64) -> Result<impl Iterator<Item = &Change>, u64> {
        if revision < self.history_from {
            return Err(self.history_from);
        }
        let start = self
            .history
            .partition_point(|change| change.revision <= revision);
        Ok(self.history.range(start..))
    }

    /// Stores an object under the next revision and returns it with its `resourceVersion`.
    pub(crate) fn put(&mut self, key: Key, mut object: Value) -> Result<Arc<Value>, JournalError> {
        let revision = self.revision + 1;
        object::metadata_mut(&mut object)
            .insert("resourceVersion".to_owned(), revision.to_string().into());
        self.write(revision, &key, Some(&object))?;
        let object = Arc::new(object);
        self.remember(revision, key, Some(Arc::clone(&object)));
        self.compact_if_long();
        Ok(object)
    }

    /// Removes an object under the next revision.
    pub(crate) fn remove(&mut self, key: Key) -> Result<(), JournalError> {
        let revision = self.revision + 1;
        self.write(revision, &key, None)?;
        self.remember(revision, key, None);
        self.compact_if_long();
        Ok(())
    }

    fn write(
        &mut self,
        revision: u64,
        key: &Key,
        object: Option<&Value>,
    ) -> Result<(), JournalError> {
        if self.journal.as_ref().is_some_and(Journal::is_doubtful) {
            self.compact()?;
        }
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        journal.append(&Record {
            revision,
            resource: key.resource.clone(),
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            object: object.cloned(),
        })
    }

    fn remember(&mut self, revision: u64, key: Key, after: Option<Arc<Value>>) {
        assert!(
            revision >= self.revision,
            "revision {revision} after {}",
            self.revision
        );
        self.revision = revision;
        let before = match &after {
            Some(object) => self.objects.insert(key.clone(), Arc::clone(object)),
            None => self.objects.remove(&key),
        };
        self.history.push_back(Change {
            revision,
            key,
            before,
            after,
        });
        while self.history.len() > self.history_changes_max {
            if let Some(forgotten) = self.history.pop_front() {
                self.history_from = forgotten.revision;
            }
        }
    }

    fn compact_if_long(&mut self) {
        let Some(journal) = &self.journal else {
            return;
        };
        if journal.bytes() < 2 * self.compacted_bytes + COMPACT_SLACK_BYTES {
            return;
        }
        if let Err(error) = self.compact() {
            // The long journal is still whole; it is tried again when it has grown further.
            tracing::warn!(%error, "cannot compact the API journal");
            self.compacted_bytes = self.journal.as_ref().map_or(0, Journal::bytes);
        }
    }

    /// Writes the whole state into a new journal.
    fn compact(&mut self) -> Result<(), JournalError> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        let head = Record {
            revision: self.revision,
            resource: String::new(),
            namespace: String::new(),
            name: String::new(),
            object: None,
        };
        let objects = self.objects.iter().map(|(key, object)| Record {
            revision: self.revision,
            resource: key.resource.clone(),
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            object: Some(Value::clone(object)),
        });
        journal.compact(std::iter::once(head).chain(objects))?;
        self.compacted_bytes = journal.bytes();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(name: &str) -> Key {
        Key {
            resource: "pods".into(),
            namespace: "a".into(),
            name: name.into(),
        }
    }

    #[test]
    fn reopening_gives_objects_revision_and_history() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut store = Store::open(&path, 100).unwrap();
        store.put(key("x"), json!({"n": 1})).unwrap();
        store.put(key("y"), json!({"n": 2})).unwrap();
        store.put(key("x"), json!({"n": 3})).unwrap();
        store.remove(key("y")).unwrap();
        drop(store);
        let store = Store::open(&path, 100).unwrap();
        assert_eq!(store.revision(), 4);
        assert_eq!(store.get(&key("x")).unwrap()["n"], 3);
        assert!(store.get(&key("y")).is_none());
        assert_eq!(store.since(2).unwrap().count(), 2);
        let then = store.of_at("pods", "a", 2).unwrap();
        assert_eq!(
            then.values().map(|o| o["n"].clone()).collect::<Vec<_>>(),
            [json!(1), json!(2)]
        );
    }

    #[test]
    fn history_is_bounded() {
        let mut store = Store::volatile(2);
        for n in 0..5 {
            store.put(key("x"), json!({"n": n})).unwrap();
        }
        assert_eq!(store.since(2).err(), Some(3));
        assert_eq!(store.since(3).unwrap().count(), 2);
        assert_eq!(store.since(5).unwrap().count(), 0);
    }
}
