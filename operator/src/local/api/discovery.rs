//! What kubectl asks before anything else: versions, groups, resource types.

use super::refusal::Refusal;
use super::resource::{Resource, Shape};
use super::route::Path;
use super::service::Answer;
use super::{Types, open_api};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const VERBS: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

const CUSTOM_VERBS: &[&str] = &[
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
];

/// Answers every path that is not about objects.
pub(super) fn answer(types: &Types, path: &Path) -> Result<Answer, Refusal> {
    let document = match path {
        Path::Version => version(),
        Path::Health => return Ok(Answer::Text("ok")),
        Path::CoreVersions => {
            json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
        }
        Path::Groups => {
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups(types).into_values().collect::<Vec<_>>()})
        }
        Path::Group(name) => {
            let mut group = groups(types).remove(name).ok_or_else(Refusal::unrouted)?;
            group["kind"] = json!("APIGroup");
            group["apiVersion"] = json!("v1");
            group
        }
        Path::Resources(group, version) => resources(types, group, version)?,
        Path::OpenApi(rest) => open_api::answer(types, rest)?,
        Path::Objects(_) => return Err(Refusal::unrouted()),
    };
    Ok(Answer::Document(StatusCode::OK, document))
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "33", "gitVersion": concat!("v1.33.0+synod-", env!("CARGO_PKG_VERSION")),
        "gitCommit": "", "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "none", "compiler": "rustc", "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    })
}

fn groups(types: &Types) -> BTreeMap<String, Value> {
    let mut groups = BTreeMap::new();
    for (group, version, _) in types.keys().filter(|(group, _, _)| !group.is_empty()) {
        let entry = json!({"groupVersion": format!("{group}/{version}"), "version": version});
        let known = groups.entry(group.clone()).or_insert_with(
            || json!({"name": group, "versions": [], "preferredVersion": entry.clone()}),
        );
        if let Value::Array(versions) = &mut known["versions"]
            && !versions.contains(&entry)
        {
            versions.push(entry);
        }
    }
    groups
}

fn resources(types: &Types, group: &str, version: &str) -> Result<Value, Refusal> {
    let served = types
        .iter()
        .filter(|((g, v, _), _)| g == group && v == version);
    let list: Vec<Value> = served.flat_map(|(_, resource)| entries(resource)).collect();
    if list.is_empty() {
        return Err(Refusal::unrouted());
    }
    let group_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    Ok(
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list}),
    )
}

/// The verbs in the order in which the API server lists them.
fn verbs(resource: &Resource) -> Vec<&'static str> {
    if matches!(resource.shape, Shape::Custom(..)) {
        return CUSTOM_VERBS.to_vec();
    }
    let of_all = !resource.is_core("namespaces");
    let verbs = VERBS.iter().copied();
    verbs
        .filter(|verb| of_all || *verb != "deletecollection")
        .collect()
}

fn entries(resource: &Resource) -> Vec<Value> {
    let mut main = json!({
        "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": verbs(resource),
    });
    if !resource.short_names.is_empty() {
        main["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        main["categories"] = json!(resource.categories);
    }
    let sub = |name: &str, kind: &str, verbs: &[&str]| {
        json!({"name": format!("{}/{name}", resource.plural), "singularName": "", "namespaced": resource.namespaced,
            "kind": kind, "verbs": verbs})
    };
    let mut list = vec![main];
    if resource.status {
        list.push(sub("status", &resource.kind, &["get", "patch", "update"]));
    }
    if resource.scale.is_some() {
        let mut scale = sub("scale", "Scale", &["get", "patch", "update"]);
        scale["group"] = json!("autoscaling");
        scale["version"] = json!("v1");
        list.push(scale);
    }
    if resource.is_core("pods") {
        list.push(sub("binding", "Binding", &["create"]));
        let mut eviction = sub("eviction", "Eviction", &["create"]);
        eviction["group"] = json!("policy");
        eviction["version"] = json!("v1");
        list.push(eviction);
    }
    list
}
