//! GET of one object and of a collection.

use super::State;
use super::refusal::Refusal;
use super::selector::Selector;
use super::service::{Answer, Context};
use super::store::Key;
use base64::Engine as _;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

impl State {
    /// The stored object of the context's name.
    pub(super) fn stored(&self, context: &Context) -> Result<Arc<Value>, Refusal> {
        let name = context.name()?;
        self.store
            .get(&context.key(name))
            .cloned()
            .ok_or_else(|| Refusal::not_found(&context.resource, name))
    }

    pub(super) fn get(&self, context: &Context) -> Result<Answer, Refusal> {
        let (asked, newest) = (
            parse_version(&context.query.resource_version)?,
            self.store.revision(),
        );
        if asked > newest {
            return Err(Refusal::too_new(asked, newest));
        }
        let object = self.stored(context)?;
        Ok(Answer::Document(
            StatusCode::OK,
            context.view.one(&context.resource, &object),
        ))
    }

    /// A list at one revision; long ones in pages that all show the same revision.
    pub(super) fn list(&self, context: &Context) -> Result<Answer, Refusal> {
        let query = &context.query;
        let selector = Selector::parse(&query.label_selector, &query.field_selector)?;
        selector.check(&context.resource)?;
        query.check_versions()?;
        let (revision, after) = self.list_position(context)?;
        let known = self
            .store
            .of_at(
                &context.resource.qualified(),
                &context.target.namespace,
                revision,
            )
            .map_err(|oldest| Refusal::expired(revision, oldest))?;
        let mut matching = known.into_iter().filter(|(key, object)| {
            after
                .as_ref()
                .is_none_or(|after| (&key.namespace, &key.name) > (&after.0, &after.1))
                && selector.matches(object)
        });
        let limit = query.limit.unwrap_or(usize::MAX);
        let page: Vec<(Key, Arc<Value>)> = matching.by_ref().take(limit).collect();
        let remaining = matching.count();
        let mut metadata = json!({"resourceVersion": revision.to_string()});
        if let (Some((last, _)), true) = (page.last(), remaining > 0) {
            metadata["continue"] = json!(continue_token(revision, last));
            // How many a selection leaves is not known without looking at all of them.
            if selector.is_everything() {
                metadata["remainingItemCount"] = json!(remaining);
            }
        }
        let objects: Vec<_> = page.into_iter().map(|(_, object)| object).collect();
        Ok(Answer::Document(
            StatusCode::OK,
            context.view.list(&context.resource, &objects, metadata),
        ))
    }

    /// The revision to show, and the object to go on after.
    fn list_position(&self, context: &Context) -> Result<(u64, Option<(String, String)>), Refusal> {
        let query = &context.query;
        let newest = self.store.revision();
        if !query.continue_token.is_empty() {
            if !matches!(query.resource_version.as_str(), "" | "0") {
                let why = "specifying resource version is not allowed when using continue";
                return Err(Refusal::bad_request(why));
            }
            let (revision, namespace, name) = parse_token(&query.continue_token)
                .ok_or_else(|| Refusal::bad_request("continue key is not valid"))?;
            return Ok((revision, Some((namespace, name))));
        }
        let asked = parse_version(&query.resource_version)?;
        if asked > newest {
            return Err(Refusal::too_new(asked, newest));
        }
        let exact = query.resource_version_match == "Exact" && asked > 0;
        Ok((if exact { asked } else { newest }, None))
    }
}

/// A `resourceVersion` of a request; 0 where none is given.
pub(super) fn parse_version(text: &str) -> Result<u64, Refusal> {
    match text {
        "" => Ok(0),
        text => text
            .parse()
            .map_err(|_| Refusal::bad_request(format!("resourceVersion: Invalid value: {text:?}"))),
    }
}

fn continue_token(revision: u64, last: &Key) -> String {
    let token = json!([revision, last.namespace, last.name]).to_string();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token)
}

fn parse_token(token: &str) -> Option<(u64, String, String)> {
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(token)
        .ok()?;
    serde_json::from_slice(&bytes).ok()
}
