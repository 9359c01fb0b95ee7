//! Objects as an API server keeps them: uids, versions, preconditions, deletion in two steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde_json::Value;
use synod_operator::action::Seen;
use synod_operator::child::{Child, ChildKind};
use synod_operator::names;

/// The objects.
#[derive(Default)]
pub(crate) struct Objects {
    pub(crate) all: BTreeMap<(ChildKind, String), Arc<Child>>,
    version: u64,
}

/// Why a call was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Exists,
    Changed,
    Missing,
}

impl Objects {
    fn next(&mut self) -> String {
        self.version += 1;
        self.version.to_string()
    }

    pub(crate) fn get(&self, kind: ChildKind, name: &str) -> Option<&Child> {
        self.all.get(&(kind, name.to_owned())).map(|child| &**child)
    }

    pub(crate) fn create(&mut self, mut object: Child) -> Result<(), Refused> {
        let key = (object.kind(), object.name().to_owned());
        if self.all.contains_key(&key) {
            return Err(Refused::Exists);
        }
        let version = self.next();
        let meta = object.meta_mut();
        meta.uid = Some(format!("uid-{version}"));
        meta.resource_version = Some(version);
        self.all.insert(key, Arc::new(object));
        Ok(())
    }

    /// Changes an object, whatever its version.
    pub(crate) fn change(&mut self, kind: ChildKind, name: &str, change: impl FnOnce(&mut Child)) {
        let version = self.next();
        if let Some(found) = self.all.get_mut(&(kind, name.to_owned())) {
            let mut object = (**found).clone();
            change(&mut object);
            object.meta_mut().resource_version = Some(version);
            *found = Arc::new(object);
        }
    }

    pub(crate) fn check(&self, seen: &Seen) -> Result<(), Refused> {
        let meta = self
            .get(seen.kind, &seen.name)
            .ok_or(Refused::Missing)?
            .meta();
        let same = meta.uid.as_ref() == Some(&seen.uid)
            && meta.resource_version.as_ref() == Some(&seen.version);
        if same { Ok(()) } else { Err(Refused::Changed) }
    }

    pub(crate) fn apply(&mut self, seen: &Seen, object: &Child) -> Result<(), Refused> {
        self.check(seen)?;
        let found = self
            .get(object.kind(), object.name())
            .ok_or(Refused::Missing)?;
        let mut value = found.to_json();
        json_patch::merge(&mut value, &object.to_json());
        let merged = decode(object.kind(), value);
        self.change(object.kind(), object.name(), |old| *old = merged);
        Ok(())
    }

    pub(crate) fn patch(&mut self, seen: &Seen, patch: &Value) -> Result<(), Refused> {
        self.check(seen)?;
        let mut value = self
            .get(seen.kind, &seen.name)
            .ok_or(Refused::Missing)?
            .to_json();
        json_patch::merge(&mut value, patch);
        let merged = decode(seen.kind, value);
        // What changes nothing stores nothing.
        if self.get(seen.kind, &seen.name) != Some(&merged) {
            self.change(seen.kind, &seen.name, |old| *old = merged);
        }
        Ok(())
    }

    /// Pods and claims only begin to go; [`Objects::finish`] ends it.
    pub(crate) fn delete(&mut self, kind: ChildKind, name: &str) {
        if matches!(kind, ChildKind::Pod | ChildKind::Claim) {
            let now = Time("2026-01-01T00:00:00Z".parse().expect("a time"));
            self.change(kind, name, |object| {
                object.meta_mut().deletion_timestamp.get_or_insert(now);
            });
        } else {
            self.finish(kind, name);
        }
    }

    pub(crate) fn finish(&mut self, kind: ChildKind, name: &str) {
        self.all.remove(&(kind, name.to_owned()));
    }

    pub(crate) fn of(&self, kind: ChildKind) -> Vec<Arc<Child>> {
        self.all
            .iter()
            .filter(|((k, _), _)| *k == kind)
            .map(|(_, object)| object.clone())
            .collect()
    }
}

/// The member number on an object.
pub(crate) fn number(meta: &ObjectMeta) -> Option<u64> {
    meta.labels.as_ref()?.get(names::LABEL_MEMBER)?.parse().ok()
}

fn decode(kind: ChildKind, value: Value) -> Child {
    fn of<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).expect("an object of its kind")
    }
    match kind {
        ChildKind::Pod => Child::Pod(of(value)),
        ChildKind::Claim => Child::Claim(of(value)),
        ChildKind::Service => Child::Service(of(value)),
        ChildKind::Secret => Child::Secret(of(value)),
        ChildKind::ConfigMap => Child::ConfigMap(of(value)),
        ChildKind::Budget => Child::Budget(of(value)),
    }
}
