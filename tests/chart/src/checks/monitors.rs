//! What Prometheus is told to scrape is there: the Service, and members' pods as the operator makes them.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Service;
use serde_json::Value;

use super::{ensure, restricted};
use crate::helm::Values;
use crate::rendered::Rendered;
use crate::{Failure, Tools};

pub(super) fn select_what_there_is(tools: &Tools) -> Result<(), Failure> {
    let rendered = tools.helm.template(&Values::set(&[
        "metrics.serviceMonitor.enabled=true",
        "metrics.podMonitor.enabled=true",
        "watchNamespaces={default,team-b}",
    ]))?;
    service(&rendered)?;
    pods(tools, &rendered)
}

fn one<'a>(rendered: &'a Rendered, kind: &'a str) -> Result<&'a Value, Failure> {
    let object = rendered.of(kind).next();
    object
        .map(|object| &object.0["spec"])
        .ok_or_else(|| format!("there is no {kind}"))
}

/// Whether all labels that a monitor selects by are there.
fn selects(monitor: &Value, labels: Option<&BTreeMap<String, String>>) -> bool {
    let found = |name: &str| Some(labels?.get(name)?.as_str());
    let selector = &monitor["selector"];
    let mut equal = selector["matchLabels"].as_object().into_iter().flatten();
    let mut among = selector["matchExpressions"]
        .as_array()
        .into_iter()
        .flatten();
    selector.as_object().is_some_and(|parts| !parts.is_empty())
        && equal.all(|(name, value)| found(name) == value.as_str())
        && among.all(|rule| {
            let found = rule["key"].as_str().and_then(found);
            let values = rule["values"].as_array();
            rule["operator"] == "In"
                && values.is_some_and(|all| all.iter().any(|it| it.as_str() == found))
        })
}

fn service(rendered: &Rendered) -> Result<(), Failure> {
    let monitor = one(rendered, "ServiceMonitor")?;
    let services: Vec<Service> = rendered.decoded("Service")?;
    let mut chosen = services
        .iter()
        .filter(|service| selects(monitor, service.metadata.labels.as_ref()));
    let spec = chosen.next().and_then(|service| service.spec.as_ref());
    let port = spec.and_then(|spec| spec.ports.as_ref()?.first()?.name.clone());
    let wanted = monitor["endpoints"][0]["port"].as_str();
    ensure(port.as_deref() == wanted && chosen.next().is_none(), || {
        format!("the ServiceMonitor's port is {wanted:?}, the Service's {port:?}")
    })?;
    // An object's namespace and name must not be taken for the operator's.
    ensure(monitor["endpoints"][0]["honorLabels"] == true, || {
        "honorLabels is not true".to_owned()
    })
}

fn pods(tools: &Tools, rendered: &Rendered) -> Result<(), Failure> {
    let monitor = one(rendered, "PodMonitor")?;
    let watched = &monitor["namespaceSelector"]["matchNames"];
    ensure(*watched == serde_json::json!(["default", "team-b"]), || {
        format!("the PodMonitor looks in {watched}")
    })?;
    let endpoint = &monitor["podMetricsEndpoints"][0];
    let path = endpoint["path"].as_str().unwrap_or_default();
    let local = tools.local()?;
    for pod in local.pods()? {
        let labels = pod.metadata.labels.as_ref();
        ensure(selects(monitor, labels), || {
            format!("{labels:?} are not selected")
        })?;
        for rule in endpoint["relabelings"].as_array().into_iter().flatten() {
            let source = rule["sourceLabels"][0].as_str().unwrap_or_default();
            let is_it = |name: &String| {
                let plain = name.replace(['.', '/', '-'], "_");
                source == format!("__meta_kubernetes_pod_label_{plain}")
            };
            ensure(
                labels.is_some_and(|labels| labels.keys().any(is_it)),
                || format!("no label of {labels:?} is {source}"),
            )?;
        }
        let spec = pod.spec.clone().unwrap_or_default();
        let port = endpoint["port"].as_str().unwrap_or_default();
        let (status, text) = local.member(&pod, port, path)?;
        ensure(status == 200 && text.contains("synod_ready"), || {
            format!("{path} of a member: {status}")
        })?;
        restricted::is_restricted(&spec)?;
    }
    Ok(())
}
