//! The embedded API through `kube::Client`: what a controller can tell apart from an API server.

mod apply;
mod deletion;
mod discovery;
mod listener;
mod lists;
mod objects;
#[path = "../../../tests/strangers.rs"]
mod strangers;
mod subresources;
mod watch;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ApiResource, DynamicObject, PostParams};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use synod_operator::local::api::{self, Settings};

pub(crate) fn server() -> api::Api {
    api::Api::open(Settings::volatile()).unwrap()
}

pub(crate) fn maps(client: &Client) -> Api<ConfigMap> {
    Api::default_namespaced(client.clone())
}

pub(crate) fn map(name: &str, value: &str) -> ConfigMap {
    serde_json::from_value(
        json!({"metadata": {"name": name, "labels": {"app": "a"}}, "data": {"k": value}}),
    )
    .unwrap()
}

/// A small kind with everything a schema can say.
pub(crate) async fn widgets(client: &Client) -> Api<DynamicObject> {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "shortNames": ["wd"]},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.members", "statusReplicasPath": ".status.members"}},
                "additionalPrinterColumns": [{"name": "Members", "type": "integer", "jsonPath": ".spec.members"}],
                "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {
                    "spec": {"type": "object",
                        "x-kubernetes-validations": [{"rule": "self.members % 2 == 1", "message": "members must be odd"}],
                        "properties": {
                            "members": {"type": "integer", "default": 3, "minimum": 1},
                            "color": {"type": "string"},
                            "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                                "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "port": {"type": "integer"}}}}}},
                    "status": {"type": "object", "properties": {"members": {"type": "integer"}, "phase": {"type": "string"}}}}}}}]}});
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    definitions
        .create(
            &PostParams::default(),
            &serde_json::from_value(definition).unwrap(),
        )
        .await
        .unwrap();
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
    Api::default_namespaced_with(client.clone(), &kind)
}

pub(crate) fn widget(name: &str, spec: Value) -> DynamicObject {
    serde_json::from_value(json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec})).unwrap()
}

/// The code, reason and message of a refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, kube::Error>) -> (u16, String, String) {
    match result {
        Err(kube::Error::Api(status)) => {
            (status.code, status.reason.clone(), status.message.clone())
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}

pub(crate) fn managed(object: &impl ResourceExt) -> Vec<(String, String, Value)> {
    let entries = object.managed_fields().iter();
    entries
        .map(|entry| {
            let fields = entry.fields_v1.clone().map(|f| f.0).unwrap_or_default();
            (
                entry.manager.clone().unwrap_or_default(),
                entry.operation.clone().unwrap_or_default(),
                fields,
            )
        })
        .collect()
}
