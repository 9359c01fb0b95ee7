//! The API as those see it who have no faults: kubelet, users, checks.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use std::sync::Arc;
use synod_operator::local::api::Api;

/// The namespace of all that is simulated.
pub(super) const NAMESPACE: &str = "default";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

/// Types, as the API stores them.
pub(super) mod kinds {
    pub(crate) const PODS: &str = "pods";
    pub(crate) const CLAIMS: &str = "persistentvolumeclaims";
    pub(crate) const MAPS: &str = "configmaps";
    pub(crate) const SECRETS: &str = "secrets";
    pub(crate) const BUDGETS: &str = "poddisruptionbudgets.policy";
}

/// The API without faults.
#[derive(Clone)]
pub(super) struct Direct {
    pub(super) api: Api,
}

impl Direct {
    /// All objects of a type.
    pub(super) fn all(&self, resource: &str) -> Vec<Arc<Value>> {
        self.api.objects(resource)
    }

    /// One object of [`NAMESPACE`].
    pub(super) fn one(&self, resource: &str, name: &str) -> Option<Arc<Value>> {
        self.api.object(resource, NAMESPACE, name)
    }

    async fn send(&self, method: &str, path: &str, media: &str, body: &Value) -> (u16, Value) {
        let body = match body {
            Value::Null => Bytes::new(),
            body => Bytes::from(body.to_string()),
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::CONTENT_TYPE, media)
            .body(Full::new(body))
            .expect("a request");
        let response = self.api.handle(request).await;
        let code = response.status().as_u16();
        let body = match response.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(never) => match never {},
        };
        (code, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Creates an object at a path of its type.
    pub(super) async fn create(&self, path: &str, object: &Value) {
        let (code, answer) = self.send("POST", path, JSON, object).await;
        assert!(code < 300, "{path}: {answer}");
    }

    /// Merges a patch. True if it was taken.
    pub(super) async fn merge(&self, path: &str, patch: &Value) -> bool {
        self.send("PATCH", path, MERGE, patch).await.0 < 300
    }

    /// Applies an object as a user does. True if it was taken.
    pub(super) async fn apply(&self, path: &str, object: &Value) -> bool {
        let path = format!("{path}?fieldManager=user&force=true");
        self.send("PATCH", &path, APPLY, object).await.0 < 300
    }

    /// Posts something to a subresource. True if it was taken.
    pub(super) async fn post(&self, path: &str, object: &Value) -> bool {
        self.send("POST", path, JSON, object).await.0 < 300
    }

    /// Deletes with options. True if it was taken.
    pub(super) async fn delete(&self, path: &str, options: &Value) -> bool {
        self.send("DELETE", path, JSON, options).await.0 < 300
    }

    /// A kubelet confirms that a pod has ended.
    pub(super) async fn finish_pod(&self, name: &str, uid: &str) {
        let options = json!({ "gracePeriodSeconds": 0, "preconditions": { "uid": uid } });
        self.delete(&pod_path(name), &options).await;
    }
}

/// Where a pod is.
pub(super) fn pod_path(name: &str) -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/pods/{name}")
}

/// Where a claim is.
pub(super) fn claim_path(name: &str) -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims/{name}")
}

/// A text at a path of keys and indices, without escapes; empty if there is none. [`Value::pointer`] would allocate for each
/// key, and this is what a run asks most often.
pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    let step = |value: &'a Value, key: &str| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    };
    let found = pointer.split('/').skip(1).try_fold(object, step);
    found.and_then(Value::as_str).unwrap_or_default()
}

/// A label; empty if there is none.
pub(super) fn label<'a>(object: &'a Value, name: &str) -> &'a str {
    object["metadata"]["labels"][name]
        .as_str()
        .unwrap_or_default()
}

/// An annotation; empty if there is none.
pub(super) fn note<'a>(object: &'a Value, name: &str) -> &'a str {
    object["metadata"]["annotations"][name]
        .as_str()
        .unwrap_or_default()
}

/// Whether it is being deleted.
pub(super) fn going(object: &Value) -> bool {
    !text(object, "/metadata/deletionTimestamp").is_empty()
}
