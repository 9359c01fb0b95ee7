//! What is kept of an object that was seen: all that plans read, nothing else. Memory is what a large cluster asks of an
//! operator first, and a pod's template, a configuration's text and a private key are the largest part of it.
//!
//! Texts that are only compared are kept as their digests. So private keys are not in the operator's memory longer than it
//! takes to read them off the wire.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{
    ConfigMap, Container, ContainerState, ContainerStateRunning, ContainerStateTerminated,
    ContainerStateWaiting, ContainerStatus, PersistentVolumeClaim, PersistentVolumeClaimSpec,
    PersistentVolumeClaimStatus, Pod, PodCondition, PodSpec, PodStatus, Secret,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use xxhash_rust::xxh3::xxh3_128;

use super::Child;

/// What a digest begins with; no text of ours does.
const MARK: &str = "digest:";
/// What the labels begin with by which anything is found or decided.
const OURS: &str = "synod.dev/";

impl Child {
    /// Drops what no plan reads.
    pub fn strip(&mut self) {
        // The largest part of most objects.
        self.meta_mut().managed_fields = None;
        match self {
            Self::Pod(pod) => {
                strip_labels(&mut pod.metadata);
                strip_pod(pod);
            }
            Self::Claim(claim) => {
                strip_labels(&mut claim.metadata);
                strip_claim(claim);
            }
            Self::Service(service) => service.status = None,
            Self::Budget(budget) => budget.status = None,
            Self::Secret(_) | Self::ConfigMap(_) => {}
        }
        self.digest_texts();
    }

    /// Replaces the texts of configurations and Secrets, but for certificates, by their digests; done twice it is as done
    /// once.
    pub(super) fn digest_texts(&mut self) {
        match self {
            Self::Secret(secret) => digest_secret(secret),
            Self::ConfigMap(config) => digest_config(config),
            Self::Pod(_) | Self::Claim(_) | Self::Service(_) | Self::Budget(_) => {}
        }
    }
}

/// Pods and claims are never compared with wanted ones, so their labels for people need not be kept.
fn strip_labels(meta: &mut ObjectMeta) {
    if let Some(labels) = &mut meta.labels {
        labels.retain(|name, _| name.starts_with(OURS));
    }
    meta.finalizers = None;
    meta.creation_timestamp = None;
}

/// What was asked for and what became of it.
fn strip_claim(claim: &mut PersistentVolumeClaim) {
    if let Some(spec) = &mut claim.spec {
        *spec = PersistentVolumeClaimSpec {
            resources: spec.resources.take(),
            ..PersistentVolumeClaimSpec::default()
        };
    }
    if let Some(status) = &mut claim.status {
        *status = PersistentVolumeClaimStatus {
            phase: status.phase.take(),
            ..PersistentVolumeClaimStatus::default()
        };
    }
}

/// What a pod was made from is named by a label.
fn strip_pod(pod: &mut Pod) {
    if let Some(status) = &mut pod.status {
        strip_status(status);
    }
    let Some(spec) = &mut pod.spec else { return };
    let containers = spec.containers.iter_mut().map(|container| Container {
        name: std::mem::take(&mut container.name),
        image: container.image.take(),
        ..Container::default()
    });
    *spec = PodSpec {
        containers: containers.collect(),
        node_name: spec.node_name.take(),
        ..PodSpec::default()
    };
}

/// Phase, address, that no node was found, and whether containers run or what keeps them from it, or since when they do not serve.
fn strip_status(status: &mut PodStatus) {
    let conditions = status.conditions.take().unwrap_or_default();
    let conditions = conditions.into_iter().filter_map(stripped_condition);
    let conditions: Vec<_> = conditions.collect();
    let containers = status.container_statuses.iter_mut().flatten();
    let containers = containers.map(|container| ContainerStatus {
        name: std::mem::take(&mut container.name),
        state: container.state.take().map(stripped_state),
        ..ContainerStatus::default()
    });
    let containers: Vec<_> = containers.collect();
    *status = PodStatus {
        phase: status.phase.take(),
        pod_ip: status.pod_ip.take(),
        conditions: (!conditions.is_empty()).then_some(conditions),
        container_statuses: (!containers.is_empty()).then_some(containers),
        ..PodStatus::default()
    };
}

fn stripped_condition(condition: PodCondition) -> Option<PodCondition> {
    let unschedulable = condition.reason.as_deref() == Some("Unschedulable");
    let unready = condition.type_ == "ContainersReady" && condition.status == "False";
    (unschedulable || unready).then(|| PodCondition {
        type_: condition.type_,
        status: condition.status,
        reason: condition.reason.filter(|_| unschedulable),
        last_transition_time: condition.last_transition_time.filter(|_| unready),
        ..PodCondition::default()
    })
}

fn stripped_state(state: ContainerState) -> ContainerState {
    ContainerState {
        running: state.running.map(|_| ContainerStateRunning::default()),
        waiting: state.waiting.map(|waiting| ContainerStateWaiting {
            reason: waiting.reason,
            message: None,
        }),
        terminated: state
            .terminated
            .map(|_| ContainerStateTerminated::default()),
    }
}

/// Certificates are read by plans; they are no secrets.
fn digest_secret(secret: &mut Secret) {
    for (name, content) in secret.data.iter_mut().flatten() {
        if let Some(digest) = digest(&content.0).filter(|_| !name.ends_with(".crt")) {
            *content = ByteString(digest.into_bytes());
        }
    }
}

fn digest_config(config: &mut ConfigMap) {
    for text in config.data.iter_mut().flat_map(|data| data.values_mut()) {
        if let Some(digest) = digest(text.as_bytes()) {
            *text = digest;
        }
    }
}

/// `None` for what is a digest already.
fn digest(text: &[u8]) -> Option<String> {
    let done = text.starts_with(MARK.as_bytes());
    (!done).then(|| format!("{MARK}{:032x}", xxh3_128(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
    use serde_json::json;

    fn config(text: &str) -> Child {
        let object = json!({"metadata": {"name": "c"}, "data": {"agent.yaml": text}});
        let config: ConfigMap = serde_json::from_value(object).expect("a ConfigMap");
        config.into()
    }

    #[test]
    fn a_stripped_object_is_compared_as_a_whole_one() {
        let mut seen = config("a: 1");
        seen.meta_mut().managed_fields = Some(vec![ManagedFieldsEntry::default()]);
        seen.strip();
        assert!(!seen.to_json().to_string().contains("a: 1"));
        assert_eq!(seen.meta().managed_fields, None);
        assert!(seen.satisfies(&config("a: 1")));
        assert!(!seen.satisfies(&config("a: 2")));
        assert!(config("a: 1").satisfies(&config("a: 1")));
        let once = seen.clone();
        seen.strip();
        assert_eq!(seen, once);
    }

    #[test]
    fn no_private_key_is_kept() {
        let secret = json!({"data": {"tls.crt": "cHVibGlj", "tls.key": "c2VjcmV0"}});
        let secret: Secret = serde_json::from_value(secret).expect("a Secret");
        let mut seen = Child::from(secret.clone());
        seen.strip();
        let kept = seen.to_json().to_string();
        assert!(
            !kept.contains("c2VjcmV0") && kept.contains("cHVibGlj"),
            "{kept}"
        );
        assert!(seen.satisfies(&secret.into()));
    }

    #[test]
    fn of_a_pod_image_node_and_status_are_kept() {
        let pod = json!({
            "spec": {"nodeName": "n", "volumes": [{"name": "data"}], "containers": [{"name": "agent", "image": "i", "args": ["x"]}]},
            "status": {"podIP": "10.0.0.1", "conditions": [
                {"type": "Ready", "status": "False", "message": "m"},
                {"type": "ContainersReady", "status": "False", "reason": "r", "lastTransitionTime": "2026-01-01T00:00:00Z"},
            ]},
        });
        let pod: Pod = serde_json::from_value(pod).expect("a Pod");
        let mut seen = Child::from(pod);
        seen.strip();
        let kept = seen.to_json();
        let spec = json!({"nodeName": "n", "containers": [{"name": "agent", "image": "i"}]});
        assert_eq!(kept["spec"], spec);
        let unready = json!({"type": "ContainersReady", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        assert_eq!(
            kept["status"],
            json!({"podIP": "10.0.0.1", "conditions": [unready]})
        );
    }
}
