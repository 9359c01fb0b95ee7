//! Pods that run shell scripts, and what their status tells.

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// A pod that runs a shell script.
pub(crate) fn script(name: &str, script: &str, more: Value) -> Value {
    let mut pod = json!({"metadata": {"name": name, "labels": {"app": name}}, "spec": {"terminationGracePeriodSeconds": 20,
        "containers": [{"name": "c", "image": "none", "command": ["/bin/sh", "-c", script]}]}});
    json_merge(&mut pod["spec"]["containers"][0], &more["container"]);
    json_merge(&mut pod["spec"], &more["spec"]);
    pod
}

fn json_merge(target: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        target[key] = value.clone();
    }
}

pub(crate) const FOREVER: &str = "trap 'exit 0' TERM; while true; do sleep 0.05; done";

pub(crate) fn ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.clone())
        .unwrap_or_default();
    conditions
        .iter()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

pub(crate) fn container_id(pod: &Pod) -> String {
    pod.status
        .as_ref()
        .unwrap()
        .container_statuses
        .as_ref()
        .unwrap()[0]
        .container_id
        .clone()
        .unwrap_or_default()
}

pub(crate) fn pid(pod: &Pod) -> i32 {
    container_id(pod)
        .trim_start_matches("process://")
        .parse()
        .unwrap()
}

pub(crate) fn restarts(pod: &Pod) -> i32 {
    pod.status
        .as_ref()
        .and_then(|status| status.container_statuses.as_ref())
        .map_or(0, |list| list[0].restart_count)
}

pub(crate) fn address(pod: &Pod) -> String {
    pod.status
        .as_ref()
        .and_then(|status| status.pod_ip.clone())
        .unwrap_or_default()
}

pub(crate) fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
