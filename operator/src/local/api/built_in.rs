//! What the API server does for single types of Kubernetes: defaults, first status, fields that may not change.
//!
//! Only what a controller of this project can meet is here; the rest of a type is stored as it comes.

use super::object;
use super::refusal::Cause;
use super::resource::Resource;
use base64::Engine as _;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Paths of `sent` that decoding lost: fields that the type does not know.
pub(super) fn lost(sent: &Value, known: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    collect_lost(sent, known, "", &mut paths);
    paths
}

/// Decodes the metadata of a custom object, as that of built-in types is: returns the fields that are none.
pub(super) fn known_metadata(object: &mut Value) -> Result<Vec<String>, String> {
    let Some(sent) = object.get("metadata") else {
        return Ok(Vec::new());
    };
    let typed = ObjectMeta::deserialize(sent).map_err(|e| format!("metadata: {e}"))?;
    let known = serde_json::to_value(typed).map_err(|e| e.to_string())?;
    let mut unknown = Vec::new();
    collect_lost(sent, &known, "metadata", &mut unknown);
    object["metadata"] = known;
    Ok(unknown)
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
        "deployments.apps" => deployment_defaults(&mut new["spec"]),
        "persistentvolumeclaims" => default(&mut new["spec"], "volumeMode", json!("Filesystem")),
        "secrets" => secret_defaults(new),
        "namespaces" => {
            let name = object::name(new).to_owned();
            let labels = object::metadata_mut(new)
                .entry("labels")
                .or_insert_with(|| json!({}));
            labels["kubernetes.io/metadata.name"] = json!(name);
        }
        "endpointslices.discovery.k8s.io" => {
            for port in new["ports"].as_array_mut().into_iter().flatten() {
                default(port, "protocol", json!("TCP"));
            }
        }
        "customresourcedefinitions.apiextensions.k8s.io" => definition_defaults(&mut new["spec"]),
        _ => {}
    }
}

fn deployment_defaults(spec: &mut Value) {
    default(spec, "replicas", json!(1));
    default(spec, "revisionHistoryLimit", json!(10));
    default(spec, "progressDeadlineSeconds", json!(600));
    let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}});
    default(spec, "strategy", rolling);
    pod_template_defaults(&mut spec["template"]["spec"]);
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

fn pod_defaults(spec: &mut Value) {
    default(spec, "enableServiceLinks", json!(true));
    pod_template_defaults(spec);
}

fn pod_template_defaults(spec: &mut Value) {
    default(spec, "restartPolicy", json!("Always"));
    default(spec, "terminationGracePeriodSeconds", json!(30));
    default(spec, "dnsPolicy", json!("ClusterFirst"));
    default(spec, "schedulerName", json!("default-scheduler"));
    default(spec, "securityContext", json!({}));
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

/// Whether an image's name means the same image tomorrow: by digest, or by a tag that is not `latest`.
fn names_one_image(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    image.contains('@') || last.split_once(':').is_some_and(|(_, tag)| tag != "latest")
}

fn container_defaults(container: &mut Value) {
    let image = container["image"].as_str().unwrap_or_default();
    let policy = if names_one_image(image) {
        "IfNotPresent"
    } else {
        "Always"
    };
    default(container, "imagePullPolicy", json!(policy));
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

/// Checks what is particular to a type.
pub(super) fn check(
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
