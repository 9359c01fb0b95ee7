//! What the API server does for single types of Kubernetes: defaults, first status, fields that may not change.
//!
//! Only what a controller of this project can meet is here; the rest of a type is stored as it comes.

mod checks;
mod defaults;
mod fields;

pub(super) use checks::check;
pub(super) use defaults::fill_defaults;
pub(super) use fields::{known_metadata, lost};

use super::object;
use super::resource::Resource;
use serde_json::{Value, json};

fn default(fields: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = fields {
        fields.entry(name).or_insert(value);
    }
}

/// The status a new object begins with.
pub(super) fn on_create(resource: &Resource, new: &mut Value) {
    match resource.qualified().as_str() {
        "pods" => {
            new["status"] = json!({"phase": "Pending", "qosClass": quality(&new["spec"])});
            admit_pod(&mut new["spec"]);
        }
        "persistentvolumeclaims" => {
            new["status"] = json!({"phase": "Pending"});
            let metadata = object::metadata_mut(new);
            let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
            if let Value::Array(list) = finalizers {
                list.push(json!("kubernetes.io/pvc-protection"));
            }
        }
        "services" => {
            new["status"] = json!({"loadBalancer": {}});
            if new["spec"]["clusterIP"] == "None" {
                default(&mut new["spec"], "clusterIPs", json!(["None"]));
            }
            default(&mut new["spec"], "ipFamilies", json!(["IPv4"]));
            default(&mut new["spec"], "ipFamilyPolicy", json!("SingleStack"));
        }
        "poddisruptionbudgets.policy" => {
            new["status"] = json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0});
        }
        "namespaces" => {
            new["spec"] = json!({"finalizers": ["kubernetes"]});
            new["status"] = json!({"phase": "Active"});
        }
        "customresourcedefinitions.apiextensions.k8s.io" => establish(new),
        _ => {}
    }
}

/// What the server adds at a change.
pub(super) fn on_update(resource: &Resource, old: &Value, new: &mut Value) {
    if resource.is_core("services") {
        keep_addresses(&old["spec"], &mut new["spec"]);
    }
    if resource.qualified() == "customresourcedefinitions.apiextensions.k8s.io" {
        establish(new);
    }
}

/// A client that replaces a Service without naming its addresses does not mean to take them away.
fn keep_addresses(old: &Value, new: &mut Value) {
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if let (true, Some(value)) = (new[field].is_null(), old.get(field)) {
            new[field] = value.clone();
        }
    }
}

/// A definition is served as soon as it is stored.
fn establish(definition: &mut Value) {
    let since = definition["metadata"]["creationTimestamp"].clone();
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": since});
    let storage = definition["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten();
    let stored: Vec<_> = storage
        .filter(|v| v["storage"] == true)
        .map(|v| v["name"].clone())
        .collect();
    definition["status"] = json!({
        "acceptedNames": definition["spec"]["names"],
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "storedVersions": stored,
    });
}

/// What pods get besides when they are made: the API server's admission of priorities and of brief absences of nodes.
fn admit_pod(spec: &mut Value) {
    default(spec, "priority", json!(0));
    default(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    default(spec, "tolerations", json!([]));
    let Some(Value::Array(tolerations)) = spec.get_mut("tolerations") else {
        return;
    };
    for taint in [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ] {
        let tolerated = |toleration: &Value| {
            let key = toleration["key"].as_str().unwrap_or_default();
            (key == taint || key.is_empty())
                && matches!(toleration["effect"].as_str(), None | Some("NoExecute"))
        };
        if !tolerations.iter().any(tolerated) {
            tolerations.push(json!({"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
        }
    }
}

/// How much the node promises a pod, by its requests and limits.
fn quality(spec: &Value) -> &'static str {
    let containers = spec["containers"].as_array().into_iter().flatten();
    let (mut any, mut guaranteed) = (false, true);
    for container in containers {
        let resources = &container["resources"];
        let (requests, limits) = (&resources["requests"], &resources["limits"]);
        for name in ["cpu", "memory"] {
            any |= requests.get(name).is_some() || limits.get(name).is_some();
            let asked = requests.get(name).or(limits.get(name));
            guaranteed &= limits.get(name).is_some() && asked == limits.get(name);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
