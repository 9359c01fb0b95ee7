//! Garbage collection: what happens to objects whose owners go, and to the contents of a namespace that goes.
//!
//! One pass looks at all objects and is idempotent; it runs after changes. An owner is known by uid alone, so an owner
//! that was deleted and made again does not keep the dependents of the first.

use super::delete::{FOREGROUND, ORPHAN, set_finalizers};
use super::object;
use super::refusal::Refusal;
use super::store::Key;
use super::{Api, Environment, State};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Changes come in bursts; a pass waits this long for the burst to end.
const SETTLE: Duration = Duration::from_millis(20);

impl Api {
    /// Runs the collector until the runtime goes.
    pub async fn collect(self) {
        loop {
            let changed = self.inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Err(error) = self.collect_once() {
                tracing::warn!(%error, "garbage collection failed; it is tried again at the next change");
            }
            changed.await;
            tokio::time::sleep(SETTLE).await;
        }
    }

    /// Runs passes until nothing is left to collect.
    pub fn collect_once(&self) -> Result<(), Refusal> {
        let environment = &*self.inner.settings.environment;
        let mut state = self.state();
        let before = state.store.revision();
        let mut revision = before;
        let outcome = loop {
            if let Err(refusal) = state.collect(environment) {
                break Err(refusal);
            }
            if state.store.revision() == revision {
                break Ok(());
            }
            revision = state.store.revision();
        };
        if revision != before {
            self.announce();
        }
        outcome
    }
}

/// What a pass decided for one object.
enum Verdict {
    Delete { foreground: bool },
    LetGo { uid: String },
    Release { finalizer: &'static str },
    RemoveNamespace,
}

impl State {
    fn collect(&mut self, environment: &dyn Environment) -> Result<(), Refusal> {
        self.expire_events(environment.now())?;
        for (key, verdict) in self.verdicts() {
            match verdict {
                Verdict::Delete { foreground } => {
                    let Some(resource) = self
                        .types
                        .values()
                        .find(|r| r.qualified() == key.resource)
                        .cloned()
                    else {
                        continue;
                    };
                    self.delete_in_background(&resource, key, environment, foreground)?;
                }
                Verdict::LetGo { uid } => self.let_go(key, &uid)?,
                Verdict::Release { finalizer } => self.release(key, finalizer)?,
                Verdict::RemoveNamespace => self.remove(key)?,
            }
        }
        Ok(())
    }

    fn verdicts(&self) -> Vec<(Key, Verdict)> {
        let owners: BTreeMap<&str, &Arc<Value>> = self
            .store
            .all()
            .map(|(_, object)| (object::uid(object), object))
            .collect();
        let mut blocked = BTreeSet::new();
        let mut owned = BTreeSet::new();
        let mut verdicts = Vec::new();
        for (key, object) in self.store.all() {
            let references = object::owners(object);
            for owner in &references {
                owned.insert(owner.uid);
                if owner.blocks {
                    blocked.insert(owner.uid);
                }
            }
            if let Some(verdict) = self.of_dependent(key, object, &owners) {
                verdicts.push((key.clone(), verdict));
            }
        }
        for (key, object) in self
            .store
            .all()
            .filter(|(_, object)| object::deleting(object))
        {
            let finalizers = object::finalizers(object);
            if finalizers.contains(&FOREGROUND) && !blocked.contains(object::uid(object)) {
                verdicts.push((
                    key.clone(),
                    Verdict::Release {
                        finalizer: FOREGROUND,
                    },
                ));
            }
            if finalizers.contains(&ORPHAN) && !owned.contains(object::uid(object)) {
                verdicts.push((key.clone(), Verdict::Release { finalizer: ORPHAN }));
            }
            if key.resource == "namespaces"
                && finalizers.is_empty()
                && !self.store.all().any(|(k, _)| k.namespace == key.name)
            {
                verdicts.push((key.clone(), Verdict::RemoveNamespace));
            }
        }
        verdicts
    }

    fn of_dependent(
        &self,
        key: &Key,
        object: &Value,
        owners: &BTreeMap<&str, &Arc<Value>>,
    ) -> Option<Verdict> {
        let references = object::owners(object);
        let found: Vec<&Arc<Value>> = references
            .iter()
            .filter_map(|owner| owners.get(owner.uid).copied())
            .collect();
        let orphaning = found
            .iter()
            .find(|owner| object::deleting(owner) && object::finalizers(owner).contains(&ORPHAN));
        if let Some(owner) = orphaning {
            return Some(Verdict::LetGo {
                uid: object::uid(owner).to_owned(),
            });
        }
        if object::deleting(object) {
            return None;
        }
        let foreground = |owner: &&Arc<Value>| {
            object::deleting(owner) && object::finalizers(owner).contains(&FOREGROUND)
        };
        if !references.is_empty() && found.iter().all(foreground) {
            return Some(Verdict::Delete {
                foreground: !found.is_empty(),
            });
        }
        let namespace = Key {
            resource: "namespaces".to_owned(),
            namespace: String::new(),
            name: key.namespace.clone(),
        };
        let home_goes = !key.namespace.is_empty()
            && self
                .store
                .get(&namespace)
                .is_none_or(|home| object::deleting(home));
        home_goes.then_some(Verdict::Delete { foreground: false })
    }

    fn let_go(&mut self, key: Key, uid: &str) -> Result<(), Refusal> {
        let Some(object) = self.store.get(&key) else {
            return Ok(());
        };
        let mut next = Value::clone(object);
        let metadata = object::metadata_mut(&mut next);
        if let Some(Value::Array(references)) = metadata.get_mut("ownerReferences") {
            references.retain(|reference| reference["uid"] != uid);
            if references.is_empty() {
                metadata.remove("ownerReferences");
            }
        }
        self.put(key, next).map(drop)
    }

    fn release(&mut self, key: Key, finalizer: &str) -> Result<(), Refusal> {
        let Some(object) = self.store.get(&key) else {
            return Ok(());
        };
        let mut next = Value::clone(object);
        let rest: Vec<_> = object::finalizers(object)
            .into_iter()
            .filter(|f| *f != finalizer)
            .map(ToOwned::to_owned)
            .collect();
        let free = rest.is_empty()
            && next["metadata"]["deletionGracePeriodSeconds"]
                .as_u64()
                .unwrap_or(0)
                == 0;
        set_finalizers(&mut next, rest);
        if free {
            self.remove(key)
        } else {
            self.put(key, next).map(drop)
        }
    }
}
