//! The pods that the checks play with: one on every node, each of which serves its node's name.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use crate::process::{output, run, shown, wait};
use crate::{Bed, Failure};

pub(crate) const NAMESPACE: &str = "bed-checks";
/// What is to be noticed is noticed after this long: the grace of a lost node, and some.
const NOTICE_MAX: Duration = Duration::from_secs(40);
/// What is mended works after this long.
pub(crate) const MENDED_MAX: Duration = Duration::from_secs(90);

const PODS: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: bed-checks}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: page, namespace: bed-checks}
spec:
  selector: {matchLabels: {app: page}}
  template:
    metadata: {labels: {app: page}}
    spec:
      terminationGracePeriodSeconds: 0
      tolerations: [{operator: Exists}]
      containers:
      - name: page
        image: synod.dev/bed/busybox:1
        imagePullPolicy: Never
        command: [sh, -c, 'mkdir /tmp/www && echo $NODE >/tmp/www/index.html && httpd -f -p 8080 -h /tmp/www']
        env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
        readinessProbe: {httpGet: {port: 8080, path: /index.html}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: page, namespace: bed-checks}
spec:
  selector: {app: page}
  ports: [{port: 80, targetPort: 8080}]
";

/// The pods of a bed.
pub(crate) struct Pods<'a> {
    pub(crate) bed: &'a Bed,
    /// A node that faults happen to, and one that sees them.
    pub(crate) victim: String,
    pub(crate) witness: String,
}

impl<'a> Pods<'a> {
    pub(crate) fn start(bed: &'a Bed) -> Result<Self, Failure> {
        let nodes = bed.nodes()?;
        let [_, victim, witness, ..] = nodes.as_slice() else {
            return Err(format!("the checks need three nodes, not {}", nodes.len()));
        };
        let pods = Self {
            bed,
            victim: victim.clone(),
            witness: witness.clone(),
        };
        pods.apply(PODS)?;
        run(pods
            .kubectl("rollout")
            .args(["status", "daemonset/page", "--timeout=60s"]))?;
        Ok(pods)
    }

    pub(crate) fn end(&self) -> Result<(), Failure> {
        run(self.bed.kubectl("delete").args(["namespace", NAMESPACE]))
    }

    pub(crate) fn kubectl(&self, verb: &str) -> std::process::Command {
        let mut kubectl = self.bed.kubectl(verb);
        kubectl.args(["--namespace", NAMESPACE]);
        kubectl
    }

    pub(crate) fn apply(&self, manifest: &str) -> Result<(), Failure> {
        let mut apply = self.bed.kubectl("apply");
        apply.args(["-f", "-"]).stdin(Stdio::piped());
        let words = shown(&apply);
        let cannot = |error: std::io::Error| format!("`{words}`: {error}");
        let mut child = apply.stdout(Stdio::null()).spawn().map_err(cannot)?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(manifest.as_bytes()).map_err(cannot)?;
        }
        let status = child.wait().map_err(cannot)?;
        status
            .success()
            .then_some(())
            .ok_or_else(|| format!("`{words}` failed ({status})"))
    }

    /// What a jsonpath of the pod on a node says.
    pub(crate) fn of_pod(&self, node: &str, path: &str) -> Result<String, Failure> {
        let mut get = self.kubectl("get");
        get.args(["pods", "--selector=app=page", "--field-selector"]);
        get.arg(format!("spec.nodeName={node}"));
        output(get.args(["--output", &format!("jsonpath={{.items[0]{path}}}")]))
    }

    /// Runs a line of shell in the pod on a node.
    pub(crate) fn shell(&self, node: &str, line: &str) -> Result<String, Failure> {
        let pod = self.of_pod(node, ".metadata.name")?;
        output(self.kubectl("exec").args([&pod, "--", "sh", "-c", line]))
    }

    /// Whether the pod on one node gets the page of the pod on another.
    pub(crate) fn reaches(&self, from: &str, to: &str) -> bool {
        let page = self.of_pod(to, ".status.podIP").and_then(|address| {
            self.shell(from, &format!("timeout 2 wget -q -O - {address}:8080"))
        });
        page.is_ok_and(|page| page == to)
    }

    /// Whether the control plane takes a node for ready.
    pub(crate) fn is_ready(&self, node: &str) -> bool {
        let mut get = self.bed.kubectl("get");
        get.args(["node", node, "--output"]);
        get.arg("jsonpath={.status.conditions[?(@.type==\"Ready\")].status}");
        output(&mut get).is_ok_and(|status| status == "True")
    }

    /// Waits until the victim is taken for lost.
    pub(crate) fn await_loss(&self) -> Result<(), Failure> {
        let what = format!("{} is noticed to be lost", self.victim);
        wait(&what, NOTICE_MAX, || !self.is_ready(&self.victim))
    }

    /// Waits until the victim is ready, and its pod serves again.
    pub(crate) fn await_mended(&self) -> Result<(), Failure> {
        let what = format!("{} is ready and serves again", self.victim);
        wait(&what, MENDED_MAX, || {
            self.is_ready(&self.victim) && self.reaches(&self.witness, &self.victim)
        })
    }
}
