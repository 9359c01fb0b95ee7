//! The scale subresource: one number of the spec, as `autoscaling/v1` Scale.

use super::State;
use super::object;
use super::patch;
use super::refusal::{Cause, Refusal};
use super::resource::ScalePaths;
use super::service::{Answer, Context};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

impl State {
    pub(super) fn get_scale(&self, context: &Context) -> Result<Answer, Refusal> {
        let object = self.stored(context)?;
        Ok(Answer::Document(
            StatusCode::OK,
            scale_of(paths(context)?, &object),
        ))
    }

    pub(super) fn replace_scale(
        &mut self,
        context: &mut Context,
        scale: Value,
    ) -> Result<Answer, Refusal> {
        let old = self.stored(context)?;
        self.store_scale(context, &old, &scale)
    }

    pub(super) fn patch_scale(
        &mut self,
        context: &mut Context,
        kind: &str,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let old = self.stored(context)?;
        let current = scale_of(paths(context)?, &old);
        // Scale has no keyed lists: a strategic patch of it is a merge patch.
        let kind = if kind == patch::STRATEGIC || kind == patch::APPLY {
            patch::MERGE
        } else {
            kind
        };
        let scale = patch::patched(&context.resource, kind, &current, body)?;
        self.store_scale(context, &old, &scale)
    }

    fn store_scale(
        &mut self,
        context: &mut Context,
        old: &Arc<Value>,
        scale: &Value,
    ) -> Result<Answer, Refusal> {
        let paths = paths(context)?.clone();
        let Some(replicas) = scale["spec"]["replicas"]
            .as_i64()
            .or(Some(0).filter(|_| scale["spec"]["replicas"].is_null()))
        else {
            let causes = [Cause::invalid(
                "spec.replicas",
                &scale["spec"]["replicas"],
                "must be a whole number",
            )];
            return Err(Refusal::invalid(
                &context.resource,
                object::name(old),
                &causes,
            ));
        };
        let mut new = Value::clone(old);
        let metadata = object::metadata_mut(&mut new);
        for field in ["resourceVersion", "uid"] {
            if let Some(value) = scale["metadata"][field]
                .as_str()
                .filter(|value| !value.is_empty())
            {
                metadata.insert(field.to_owned(), json!(value));
            }
        }
        set(&mut new, &paths.spec, json!(replicas));
        let stored = self.update(context, old, new, true)?;
        Ok(Answer::Document(StatusCode::OK, scale_of(&paths, &stored)))
    }
}

fn paths(context: &Context) -> Result<&ScalePaths, Refusal> {
    context
        .resource
        .scale
        .as_ref()
        .ok_or_else(Refusal::no_such_path)
}

fn scale_of(paths: &ScalePaths, object: &Value) -> Value {
    let at = |path: &str| {
        path.split('.')
            .try_fold(object, |at, part| at.get(part))
            .cloned()
    };
    let number = |path: &str| at(path).and_then(|value| value.as_i64()).unwrap_or(0);
    let selector = paths.selector.as_deref().and_then(at).map(as_text);
    let mut status = json!({"replicas": number(&paths.status)});
    if let Some(selector) = selector.filter(|selector| *selector != "") {
        status["selector"] = selector;
    }
    let mut metadata = json!({});
    for field in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    ] {
        metadata[field] = object["metadata"][field].clone();
    }
    json!({
        "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": metadata,
        "spec": {"replicas": number(&paths.spec)},
        "status": status,
    })
}

/// A selector as text: custom types keep it so, a Deployment as labels.
fn as_text(selector: Value) -> Value {
    let Some(labels) = selector["matchLabels"].as_object() else {
        return selector;
    };
    let pairs = labels
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    json!(pairs.collect::<Vec<_>>().join(","))
}

fn set(object: &mut Value, path: &str, value: Value) {
    let mut at = object;
    for part in path.split('.') {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[part];
    }
    *at = value;
}
