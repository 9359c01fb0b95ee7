//! What values may be, and which may not change.

use super::super::object;
use super::super::refusal::Cause;
use super::super::resource::Resource;
use serde_json::{Value, json};

/// Checks what is particular to a type.
pub(crate) fn check(
    resource: &Resource,
    new: &Value,
    old: Option<&Value>,
    causes: &mut Vec<Cause>,
) {
    if resource.is_core("secrets") || resource.is_core("configmaps") {
        check_keys(new, causes);
    }
    match (resource.qualified().as_str(), old) {
        ("pods", None) => check_pod(new, causes),
        ("services", _) => check_service(new, causes),
        ("secrets", None) => check_secret(new, causes),
        ("persistentvolumeclaims", None) => check_claim(new, causes),
        ("events", None) => check_event(new, causes),
        ("deployments.apps", _) => check_deployment(new, old, causes),
        ("leases.coordination.k8s.io", _) => check_lease(new, causes),
        ("poddisruptionbudgets.policy", _) => check_budget(new, causes),
        ("pods", Some(old)) => check_pod_change(new, old, causes),
        ("persistentvolumeclaims", Some(old)) => check_claim_change(new, old, causes),
        ("secrets" | "configmaps", Some(old)) => {
            if new["type"] != old["type"] {
                causes.push(Cause::immutable("type", &new["type"]));
            }
            check_immutable_data(new, old, causes);
        }
        ("customresourcedefinitions.apiextensions.k8s.io", _) => check_definition(new, causes),
        _ => {}
    }
}

fn check_pod(new: &Value, causes: &mut Vec<Cause>) {
    if new["spec"]["containers"]
        .as_array()
        .is_none_or(Vec::is_empty)
    {
        causes.push(Cause::required("spec.containers"));
    }
}

/// Keys become the names of files.
fn check_keys(new: &Value, causes: &mut Vec<Cause>) {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    for field in ["data", "binaryData"] {
        for key in new[field]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
        {
            if key.is_empty() || !key.chars().all(good) {
                let why =
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
                let path = format!("{field}[{key}]");
                causes.push(Cause::invalid(&path, &json!(key), why));
            }
        }
    }
}

fn check_service(new: &Value, causes: &mut Vec<Cause>) {
    let spec = &new["spec"];
    let needs_ports = spec["clusterIP"] != "None" && spec["type"] != "ExternalName";
    if needs_ports && spec["ports"].as_array().is_none_or(Vec::is_empty) {
        causes.push(Cause::required("spec.ports"));
    }
}

fn check_secret(new: &Value, causes: &mut Vec<Cause>) {
    if new["type"] != "kubernetes.io/tls" {
        return;
    }
    for key in ["tls.crt", "tls.key"] {
        if new["data"].get(key).is_none() {
            causes.push(Cause::required(&format!("data[{key}]")));
        }
    }
}

fn check_claim(new: &Value, causes: &mut Vec<Cause>) {
    if new["spec"]["resources"]["requests"]
        .get("storage")
        .is_none()
    {
        causes.push(Cause::required("spec.resources[storage]"));
    }
}

fn check_event(new: &Value, causes: &mut Vec<Cause>) {
    let about = &new["involvedObject"]["namespace"];
    let elsewhere = about
        .as_str()
        .is_some_and(|about| !about.is_empty() && about != object::namespace(new));
    if elsewhere {
        let why = "does not match event.namespace";
        causes.push(Cause::invalid("involvedObject.namespace", about, why));
    }
}

fn check_deployment(new: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let selector = &new["spec"]["selector"];
    if old.is_some_and(|old| old["spec"]["selector"] != *selector) {
        causes.push(Cause::immutable("spec.selector", selector));
    }
    let labels = &new["spec"]["template"]["metadata"]["labels"];
    let wanted = selector["matchLabels"].as_object().into_iter().flatten();
    if wanted
        .clone()
        .any(|(key, value)| labels.get(key) != Some(value))
    {
        let why = "`selector` does not match template `labels`";
        causes.push(Cause::invalid("spec.template.metadata.labels", labels, why));
    }
}

fn check_lease(new: &Value, causes: &mut Vec<Cause>) {
    let seconds = &new["spec"]["leaseDurationSeconds"];
    if seconds.as_i64().is_some_and(|seconds| seconds <= 0) {
        causes.push(Cause::invalid(
            "spec.leaseDurationSeconds",
            seconds,
            "must be greater than 0",
        ));
    }
}

fn check_budget(new: &Value, causes: &mut Vec<Cause>) {
    let spec = &new["spec"];
    if !spec["minAvailable"].is_null() && !spec["maxUnavailable"].is_null() {
        let why = "minAvailable and maxUnavailable cannot be both set";
        causes.push(Cause::invalid("spec", spec, why));
    }
}

fn check_pod_change(new: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let fixed = |object: &Value| {
        let mut spec = object["spec"].clone();
        for list in ["containers", "initContainers"] {
            for container in spec
                .get_mut(list)
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                container["image"] = Value::Null;
            }
        }
        for field in ["activeDeadlineSeconds", "tolerations", "nodeName"] {
            spec[field] = Value::Null;
        }
        spec
    };
    let bound = old["spec"]["nodeName"]
        .as_str()
        .is_some_and(|node| !node.is_empty());
    if fixed(new) != fixed(old) || (bound && new["spec"]["nodeName"] != old["spec"]["nodeName"]) {
        let why = "pod updates may not change fields other than `spec.containers[*].image`, \
                   `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations`";
        causes.push(Cause::forbidden("spec", why));
    }
}

fn check_claim_change(new: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let fixed = |object: &Value| {
        let mut spec = object["spec"].clone();
        spec["resources"]["requests"] = Value::Null;
        for field in [
            "volumeName",
            "storageClassName",
            "volumeAttributesClassName",
        ] {
            spec[field] = Value::Null;
        }
        spec
    };
    if fixed(new) != fixed(old) {
        let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        causes.push(Cause::forbidden("spec", why));
    }
}

fn check_immutable_data(new: &Value, old: &Value, causes: &mut Vec<Cause>) {
    if old["immutable"] != true {
        return;
    }
    for field in ["data", "binaryData"] {
        if new[field] != old[field] {
            causes.push(Cause::forbidden(
                field,
                "field is immutable when `immutable` is set",
            ));
        }
    }
}

fn check_definition(new: &Value, causes: &mut Vec<Cause>) {
    let spec = &new["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let wanted = format!(
        "{}.{}",
        text(&spec["names"]["plural"]),
        text(&spec["group"])
    );
    if object::name(new) != wanted {
        causes.push(Cause::invalid(
            "metadata.name",
            &new["metadata"]["name"],
            "must be spec.names.plural+\".\"+spec.group",
        ));
    }
}
