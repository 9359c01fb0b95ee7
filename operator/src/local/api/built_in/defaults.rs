//! Defaults that apply at every write.

use super::super::object;
use super::super::resource::Resource;
use super::default;
use base64::Engine as _;
use serde_json::{Map, Value, json};

/// Defaults that apply at every write.
pub(crate) fn fill_defaults(resource: &Resource, new: &mut Value) {
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
