//! What is asked for at the API itself, right before something is done that rests on it and carries no precondition: a cache may be
//! behind.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::ListParams;
use kube::core::{DynamicObject, ObjectMeta};

use super::{ActError, Actor, Context, label};
use crate::action::Seen;
use crate::child::ChildKind;
use crate::mutation::mutated;
use crate::names::{self, Key};

impl Actor {
    /// The object that is acted for is there, and is not going. Whatever is created for one that is gone goes with the next
    /// collection of garbage, but runs until then, on data that the object's successor may refuse.
    pub(super) async fn confirm_there(&self, context: &Context) -> Result<(), ActError> {
        if mutated("create-for-what-is-gone") {
            return Ok(());
        }
        let Key {
            kind,
            namespace,
            name,
        } = &context.key;
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), namespace, &context.resource);
        let found = api.get_opt(name).await?;
        let there = found.is_some_and(|found| {
            found.metadata.uid == context.uid && found.metadata.deletion_timestamp.is_none()
        });
        match there {
            true => Ok(()),
            false => Err(ActError::Outdated(format!("{kind} {name} is gone"))),
        }
    }

    pub(super) async fn confirm_gone(
        &self,
        context: &Context,
        kind: ChildKind,
        name: &str,
    ) -> Result<(), ActError> {
        match self.api(kind, &context.key.namespace).get_opt(name).await? {
            None => Ok(()),
            Some(found) if is_of(context, &found.metadata) => {
                Err(ActError::Outdated(format!("{kind} {name} is there")))
            }
            Some(_) => Err(ActError::NameConflict {
                kind: kind.to_string(),
                name: name.to_owned(),
            }),
        }
    }

    pub(super) async fn confirm_none(
        &self,
        context: &Context,
        kind: ChildKind,
        labels: &BTreeMap<String, String>,
        but: &[String],
    ) -> Result<(), ActError> {
        let terms: Vec<_> = labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        // Without a resourceVersion the newest state is listed, not a cache's.
        let parameters = ListParams::default().labels(&terms.join(","));
        let found = self
            .api(kind, &context.key.namespace)
            .list(&parameters)
            .await?;
        let mut names = found
            .items
            .iter()
            .filter_map(|it| it.metadata.name.as_ref());
        match names.find(|name| !but.contains(name)) {
            Some(name) => Err(ActError::Outdated(format!("there is {kind} {name}"))),
            None => Ok(()),
        }
    }

    pub(super) async fn confirm_unchanged(
        &self,
        context: &Context,
        seen: &Seen,
    ) -> Result<(), ActError> {
        let found = self
            .api(seen.kind, &context.key.namespace)
            .get_opt(&seen.name)
            .await?;
        let same = found.is_some_and(|found| {
            found.metadata.uid.as_ref() == Some(&seen.uid)
                && found.metadata.resource_version.as_ref() == Some(&seen.version)
        });
        if same {
            return Ok(());
        }
        let Seen { kind, name, .. } = seen;
        Err(ActError::Outdated(format!(
            "{kind} {name} is not as it was"
        )))
    }

    /// Asks for all Secrets with a certificate at the API itself: a cache may not know of one yet.
    pub(super) async fn confirm_followed(&self, context: &Context) -> Result<(), ActError> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &context.key.namespace);
        let ours = ListParams::default().labels(names::LABEL_KIND);
        let found = secrets.list(&ours).await?;
        match context.trusted()?.behind(&found.items, context.now) {
            Some(lag) => Err(ActError::Outdated(format!(
                "a certificate of the namespace has not followed its authority: {lag:?}"
            ))),
            None => Ok(()),
        }
    }
}

/// Whether an object bears the labels of the object that is looked after.
fn is_of(context: &Context, meta: &ObjectMeta) -> bool {
    let key = &context.key;
    label(meta, names::LABEL_KIND) == Some(&key.kind.to_string())
        && label(meta, names::LABEL_NAME) == Some(&key.name)
}
