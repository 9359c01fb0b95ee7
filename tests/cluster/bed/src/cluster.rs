//! What kind is told: nodes, and how Kubernetes is set up on them.

use std::path::Path;

use crate::image::NodeImage;
use crate::release::TAGS;
use crate::{Failure, Release, place};

/// The folder of the API server's audit log and policy, in a bed's folder and, below `/etc/kubernetes`, on the node.
pub(crate) const AUDIT: &str = "audit";
/// The file in it that is being written. Those before it are beside it.
pub(crate) const AUDIT_LOG: &str = "log.json";

/// A lost node is noticed after this long: a third of what is usual, so that tests of it are quick, and still several
/// missed renewals of its lease (every quarter of `LEASE_SECONDS`).
const GRACE_SECONDS: u32 = 16;
const LEASE_SECONDS: u32 = 12;
/// How often lost nodes are looked for.
const PERIOD_SECONDS: u32 = 2;
/// Pods that do not say otherwise are evicted from a lost node after this long; usual are 300 s.
const TOLERATION_SECONDS: u32 = 10;
/// How often a kubelet looks whether its node's status has changed; usual are 10 s.
const STATUS_SECONDS: u32 = 4;
/// How often a kubelet looks after a pod that does not change, and with it whether its volumes grow; usual are 60 s.
const SYNC_SECONDS: u32 = 10;

/// Who called what, without the bodies; not the control plane's own calls, which nobody asks for.
const POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: ['system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler', 'system:kube-proxy']
- level: None
  userGroups: ['system:nodes']
- level: None
  nonResourceURLs: ['/healthz*', '/livez*', '/readyz*']
- level: Metadata
";

/// Writes kind's configuration and the audit policy into the bed's folder, and returns the former's path.
pub(crate) fn write(
    folder: &Path,
    nodes: u8,
    release: Release,
    image: &NodeImage,
) -> Result<std::path::PathBuf, Failure> {
    let audit = folder.join(AUDIT);
    place::make(&audit)?;
    place::write(&audit.join("policy.yaml"), POLICY)?;
    // The API server, which is root, keeps the owner that a log has: whoever made the bed can read it.
    place::write(&audit.join(AUDIT_LOG), "")?;
    let path = folder.join("kind.yaml");
    place::write(&path, &configuration(&audit, nodes, release, image))?;
    Ok(path)
}

fn configuration(audit: &Path, nodes: u8, release: Release, image: &NodeImage) -> String {
    let mut text = format!(
        "kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking:
  podSubnet: 10.244.0.0/16
kubeadmConfigPatches:
{}{}{}kubeadmConfigPatchesJSON6902:
- group: kubeadm.k8s.io
  version: {}
  kind: ClusterConfiguration
  patch: |
{}nodes:
- role: control-plane
  extraMounts:
  - hostPath: {}
    containerPath: /etc/kubernetes/{AUDIT}
",
        taints(nodes),
        kubelet(image.made),
        if image.made { made() } else { String::new() },
        version(release),
        arguments(release),
        audit.display(),
    );
    for _ in 1..nodes {
        text.push_str("- role: worker\n");
    }
    text
}

/// The version of kubeadm's configuration that kind writes for the release.
fn version(release: Release) -> &'static str {
    match release {
        Release::V1_37 => "v1beta4",
        Release::V1_33 => "v1beta3",
    }
}

/// The control plane's node takes pods like the others. Of a single one, kind itself sees to that, and insists on it.
fn taints(nodes: u8) -> &'static str {
    if nodes == 1 {
        return "";
    }
    "- |
  kind: InitConfiguration
  nodeRegistration:
    taints: []
"
}

fn kubelet(made: bool) -> String {
    let mut text = format!(
        "- |
  kind: KubeletConfiguration
  failCgroupV1: false
  nodeLeaseDurationSeconds: {LEASE_SECONDS}
  nodeStatusUpdateFrequency: {STATUS_SECONDS}s
  syncFrequency: {SYNC_SECONDS}s
"
    );
    if made {
        // As its containerd is set (image/node.sh).
        text.push_str("  cgroupDriver: cgroupfs\n  oomScoreAdj: 0\n");
    }
    text
}

/// What a node image made here has in other versions than kubeadm expects, or may not do.
fn made() -> String {
    format!(
        "- |
  kind: ClusterConfiguration
  etcd:
    local:
      imageTag: {}
  dns:
    imageTag: {}
- |
  kind: KubeProxyConfiguration
  oomScoreAdj: 0
",
        TAGS.etcd, TAGS.dns
    )
}

/// Arguments of the control plane's programs, added to those that kind gives.
fn arguments(release: Release) -> String {
    let seconds = |seconds: u32| format!("{seconds}s");
    let plain = |number: u32| number.to_string();
    let file = |name: &str| format!("/etc/kubernetes/{AUDIT}/{name}");
    let table = [
        (
            "apiServer",
            "default-not-ready-toleration-seconds",
            plain(TOLERATION_SECONDS),
        ),
        (
            "apiServer",
            "default-unreachable-toleration-seconds",
            plain(TOLERATION_SECONDS),
        ),
        ("apiServer", "audit-policy-file", file("policy.yaml")),
        ("apiServer", "audit-log-path", file(AUDIT_LOG)),
        (
            "controllerManager",
            "node-monitor-grace-period",
            seconds(GRACE_SECONDS),
        ),
        (
            "controllerManager",
            "node-monitor-period",
            seconds(PERIOD_SECONDS),
        ),
    ];
    let mut text = String::new();
    for (component, name, value) in table {
        let (path, value) = match release {
            Release::V1_37 => ("-", format!("{{name: {name}, value: \"{value}\"}}")),
            Release::V1_33 => (name, format!("\"{value}\"")),
        };
        text.push_str(&format!(
            "    - {{op: add, path: /{component}/extraArgs/{path}, value: {value}}}\n"
        ));
    }
    text.push_str(&format!(
        "    - op: add
      path: /apiServer/extraVolumes
      value: [{{name: {AUDIT}, hostPath: /etc/kubernetes/{AUDIT}, mountPath: /etc/kubernetes/{AUDIT}}}]
"
    ));
    text
}
