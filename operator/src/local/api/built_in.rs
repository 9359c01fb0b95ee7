//! What the API server does for single types of Kubernetes: defaults, first status, fields that may not change.
//!
//! Only what a controller of this project can meet is here; the rest of a type is stored as it comes.

use super::object;
use super::refusal::Cause;
use super::resource::Resource;
use base64::Engine as _;
use serde_json::{Map, Value, json};

/// Paths of `sent` that decoding lost: fields that the type does not know.
pub(super) fn lost(sent: &Value, known: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    collect_lost(sent, known, "", &mut paths);
    paths
}

fn collect_lost(sent: &Value, known: &Value, path: &str, paths: &mut Vec<String>) {
    match (sent, known) {
        (Value::Object(sent), Value::Object(known)) => {
            for (name, value) in sent {
                let below = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                match known.get(name) {
                    Some(known) => collect_lost(value, known, &below, paths),
                    None if is_empty(value) => {}
                    None => paths.push(below),
                }
            }
        }
        (Value::Array(sent), Value::Array(known)) => {
            for (index, (sent, known)) in sent.iter().zip(known).enumerate() {
                collect_lost(sent, known, &format!("{path}[{index}]"), paths);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn default(fields: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = fields {
        fields.entry(name).or_insert(value);
    }
}

/// Defaults that apply at every write.
pub(super) fn fill_defaults(resource: &Resource, new: &mut Value) {
    match resource.qualified().as_str() {
        "pods" => pod_defaults(&mut new["spec"]),
        "services" => service_defaults(&mut new["spec"]),
        "persistentvolumeclaims" => default(&mut new["spec"], "volumeMode", json!("Filesystem")),
        "secrets" => secret_defaults(new),
        "customresourcedefinitions.apiextensions.k8s.io" => definition_defaults(&mut new["spec"]),
        _ => {}
    }
}

fn pod_defaults(spec: &mut Value) {
    default(spec, "restartPolicy", json!("Always"));
    default(spec, "terminationGracePeriodSeconds", json!(30));
    default(spec, "dnsPolicy", json!("ClusterFirst"));
    default(spec, "schedulerName", json!("default-scheduler"));
    default(spec, "securityContext", json!({}));
    default(spec, "enableServiceLinks", json!(true));
    for list in ["containers", "initContainers"] {
        let Some(Value::Array(containers)) = spec.get_mut(list) else {
            continue;
        };
        containers.iter_mut().for_each(container_defaults);
    }
    let Some(Value::Array(volumes)) = spec.get_mut("volumes") else {
        return;
    };
    for volume in volumes {
        for kind in ["secret", "configMap", "projected", "downwardAPI"] {
            if let Some(source) = volume.get_mut(kind) {
                default(source, "defaultMode", json!(0o644));
            }
        }
    }
}

fn container_defaults(container: &mut Value) {
    default(container, "imagePullPolicy", json!("IfNotPresent"));
    default(
        container,
        "terminationMessagePath",
        json!("/dev/termination-log"),
    );
    default(container, "terminationMessagePolicy", json!("File"));
    default(container, "resources", json!({}));
    for port in container
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        default(port, "protocol", json!("TCP"));
    }
    for variable in container
        .get_mut("env")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(field) = variable
            .get_mut("valueFrom")
            .and_then(|from| from.get_mut("fieldRef"))
        {
            default(field, "apiVersion", json!("v1"));
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get_mut(name) else {
            continue;
        };
        for (field, value) in [
            ("timeoutSeconds", 1),
            ("periodSeconds", 10),
            ("successThreshold", 1),
            ("failureThreshold", 3),
        ] {
            default(probe, field, json!(value));
        }
        if let Some(get) = probe.get_mut("httpGet") {
            default(get, "path", json!("/"));
            default(get, "scheme", json!("HTTP"));
        }
    }
}

fn service_defaults(spec: &mut Value) {
    if spec.is_null() {
        *spec = json!({});
    }
    default(spec, "type", json!("ClusterIP"));
    default(spec, "sessionAffinity", json!("None"));
    default(spec, "internalTrafficPolicy", json!("Cluster"));
    for port in spec
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        default(port, "protocol", json!("TCP"));
        let number = port["port"].clone();
        default(port, "targetPort", number);
    }
}

fn secret_defaults(new: &mut Value) {
    default(new, "type", json!("Opaque"));
    let Value::Object(fields) = new else { return };
    let Some(Value::Object(plain)) = fields.remove("stringData") else {
        return;
    };
    let data = fields
        .entry("data")
        .or_insert_with(|| Value::Object(Map::new()));
    for (key, value) in plain {
        let encoded =
            base64::engine::general_purpose::STANDARD.encode(value.as_str().unwrap_or_default());
        data[key] = json!(encoded);
    }
}

fn definition_defaults(spec: &mut Value) {
    let kind = spec["names"]["kind"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    default(&mut spec["names"], "singular", json!(kind.to_lowercase()));
    default(&mut spec["names"], "listKind", json!(format!("{kind}List")));
    default(spec, "conversion", json!({"strategy": "None"}));
}

/// The status a new object begins with.
pub(super) fn on_create(resource: &Resource, new: &mut Value) {
    match resource.qualified().as_str() {
        "pods" => new["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"}),
        "persistentvolumeclaims" => {
            new["status"] = json!({"phase": "Pending"});
            let metadata = object::metadata_mut(new);
            let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
            if let Value::Array(list) = finalizers {
                list.push(json!("kubernetes.io/pvc-protection"));
            }
        }
        "services" => new["status"] = json!({"loadBalancer": {}}),
        "namespaces" => {
            let name = object::name(new).to_owned();
            new["spec"] = json!({"finalizers": ["kubernetes"]});
            new["status"] = json!({"phase": "Active"});
            let labels = object::metadata_mut(new)
                .entry("labels")
                .or_insert_with(|| json!({}));
            labels["kubernetes.io/metadata.name"] = json!(name);
        }
        "customresourcedefinitions.apiextensions.k8s.io" => establish(new),
        _ => {}
    }
}

/// What the server adds at a change.
pub(super) fn on_update(resource: &Resource, new: &mut Value) {
    if resource.qualified() == "customresourcedefinitions.apiextensions.k8s.io" {
        establish(new);
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

/// Checks what is particular to a type.
pub(super) fn check(
    resource: &Resource,
    new: &Value,
    old: Option<&Value>,
    causes: &mut Vec<Cause>,
) {
    match (resource.qualified().as_str(), old) {
        ("pods", None) => check_pod(new, causes),
        ("pods", Some(old)) => check_pod_change(new, old, causes),
        ("persistentvolumeclaims", Some(old)) => check_claim_change(new, old, causes),
        ("secrets" | "configmaps", Some(old)) => check_immutable_data(new, old, causes),
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
