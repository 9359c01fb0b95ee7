//! What any cluster does.

use std::time::Duration;

use super::pods::{NAMESPACE, Pods};
use crate::Failure;
use crate::place;
use crate::process::{output, run, succeeds, wait};

/// metrics-server asks every 10 s, and needs two answers.
const MEASURED_MAX: Duration = Duration::from_secs(60);
/// The kubelet looks after its pods every 10 s.
const GROWN_MAX: Duration = Duration::from_secs(60);

pub(super) fn network(pods: &Pods<'_>) -> Result<(), Failure> {
    for (from, to) in [(&pods.witness, &pods.victim), (&pods.victim, &pods.witness)] {
        if !pods.reaches(from, to) {
            return Err(format!("{to} cannot be reached from {from}"));
        }
    }
    let page = pods.shell(
        &pods.witness,
        &format!("wget -q -O - page.{NAMESPACE}.svc.cluster.local"),
    )?;
    if !pods.bed.nodes()?.contains(&page) {
        return Err(format!("the Service answered `{page}`"));
    }
    Ok(())
}

const CLAIM: &str = "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: bed-checks}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: POD, namespace: bed-checks}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  containers:
  - name: it
    image: synod.dev/bed/busybox:1
    imagePullPolicy: Never
    command: [sh, -c, 'COMMAND']
    volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
";

pub(super) fn volumes(pods: &Pods<'_>) -> Result<(), Failure> {
    for (pod, line) in [
        ("writer", "echo kept >/data/it"),
        ("reader", "grep kept /data/it"),
    ] {
        pods.apply(&CLAIM.replace("POD", pod).replace("COMMAND", line))?;
        let mut wait = pods.kubectl("wait");
        wait.args([
            "--for=jsonpath={.status.phase}=Succeeded",
            "--timeout=60s",
            "pod",
            pod,
        ]);
        run(&mut wait)?;
    }
    run(pods
        .kubectl("delete")
        .args(["pod/writer", "pod/reader", "pvc/data"]))
}

/// While a pod uses it: the claim's capacity is what was asked for, and nothing is pending.
pub(super) fn growth(pods: &Pods<'_>) -> Result<(), Failure> {
    pods.apply(
        &CLAIM
            .replace("POD", "user")
            .replace("COMMAND", "exec sleep 3600"),
    )?;
    run(pods
        .kubectl("wait")
        .args(["--for=condition=Ready", "--timeout=60s", "pod/user"]))?;
    let more = r#"{"spec": {"resources": {"requests": {"storage": "2Gi"}}}}"#;
    run(pods.kubectl("patch").args(["pvc/data", "--patch", more]))?;
    let told = |path: &str| {
        let mut get = pods.kubectl("get");
        output(get.args([
            "pvc/data",
            "--output",
            &format!("jsonpath={{.status.{path}}}"),
        ]))
    };
    wait("a volume has grown", GROWN_MAX, || {
        let is = |path, value: &str| told(path).is_ok_and(|told| told == value);
        let pending = "conditions[?(@.status==\"True\")].type";
        is("capacity.storage", "2Gi") && is(pending, "")
    })?;
    run(pods.kubectl("delete").args(["pod/user", "pvc/data"]))
}

pub(super) fn metrics(pods: &Pods<'_>) -> Result<(), Failure> {
    wait("metrics of nodes and pods", MEASURED_MAX, || {
        let pods_are = || succeeds(pods.kubectl("top").arg("pods"));
        succeeds(pods.bed.kubectl("top").arg("nodes")) && pods_are()
    })
}

/// A service account's call is there with its name, its verb, and what it was about.
pub(super) fn audit(pods: &Pods<'_>) -> Result<(), Failure> {
    let account = format!("system:serviceaccount:{NAMESPACE}:default");
    let mut call = pods.kubectl("get");
    // Refused, but called.
    let _ = output(call.args(["secrets", "--as", &account]));
    let told = |line: &str| {
        [&account, "\"verb\":\"list\"", "\"resource\":\"secrets\""]
            .iter()
            .all(|part| line.contains(*part))
    };
    for log in pods.bed.audit_logs()? {
        let text = std::fs::read_to_string(&log)
            .map_err(|error| format!("cannot read {}: {error}", log.display()))?;
        if text.lines().any(told) {
            return Ok(());
        }
    }
    Err(format!(
        "the audit log does not tell of a call of {account}"
    ))
}

pub(super) fn logs(pods: &Pods<'_>) -> Result<(), Failure> {
    let kubelet = format!("{}/kubelet.log", pods.victim);
    are_written(pods, &[&kubelet, "log.json"])
}

pub(super) fn engine_log(pods: &Pods<'_>) -> Result<(), Failure> {
    are_written(pods, &["engine.log"])
}

fn are_written(pods: &Pods<'_>, files: &[&str]) -> Result<(), Failure> {
    let folder = place::beds()?.join(pods.bed.name()).join("logs");
    place::remove(&folder)?;
    pods.bed.logs(&folder)?;
    for file in files {
        if !folder.join(file).is_file() {
            return Err(format!("{} has no {file}", folder.display()));
        }
    }
    place::remove(&folder)
}
