//! A member's pod, as it should be.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, Capabilities, ConfigMapVolumeSource, Container, ContainerPort, EnvVar, EnvVarSource,
    HTTPGetAction, LocalObjectReference, ObjectFieldSelector, PersistentVolumeClaimVolumeSource,
    Pod, PodAffinityTerm, PodAntiAffinity, PodSecurityContext, PodSpec, Probe,
    ResourceRequirements, SeccompProfile, SecretVolumeSource, SecurityContext,
    TopologySpreadConstraint, Volume, VolumeMount, WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use synod_agent_api::ports;
use synod_crds::{SpreadRule, TlsMode};

use super::config::{self, CERTIFICATE, CLIENT_CERTIFICATE, CONFIG, DATA};
use super::objects::{member_meta, owned, selector};
use super::password;
use super::view::Group;
use crate::child::Child;
use crate::names::{CLUSTER_UID, LABEL_TEMPLATE};

/// The name of the only container.
const CONTAINER: &str = "agent";
/// Nobody in particular, as distroless images have it.
const USER: i64 = 65_532;
/// Time to hand over leadership, wait for endpoints and drain.
const GRACE_SECONDS: i64 = 30;
const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// A member's pod.
pub(super) fn pod(group: &Group, number: u64, learner: bool) -> Child {
    let mut metadata = member_meta(group, group.names.pod(number), number, learner);
    let template = config::template(group);
    metadata
        .labels
        .get_or_insert_default()
        .extend([owned((LABEL_TEMPLATE, &template))]);
    metadata
        .annotations
        .get_or_insert_default()
        .extend([owned((CLUSTER_UID, &group.cluster.to_string()))]);
    let scheduling = &group.spec.scheduling;
    let spec = PodSpec {
        hostname: Some(group.names.pod(number)),
        subdomain: Some(group.names.peer_service()),
        containers: vec![container(group)],
        volumes: Some(volumes(group, number)),
        affinity: Some(affinity(group)),
        topology_spread_constraints: Some(vec![over_zones(group)]),
        node_selector: Some(scheduling.node_selector.clone()).filter(|labels| !labels.is_empty()),
        tolerations: Some(scheduling.tolerations.clone()).filter(|all| !all.is_empty()),
        image_pull_secrets: Some(pull_secrets(group)).filter(|all| !all.is_empty()),
        priority_class_name: scheduling.priority_class_name.clone(),
        security_context: Some(pod_security()),
        termination_grace_period_seconds: Some(GRACE_SECONDS),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        restart_policy: Some("Always".to_owned()),
        ..PodSpec::default()
    };
    Pod {
        metadata,
        spec: Some(spec),
        status: None,
    }
    .into()
}

fn pull_secrets(group: &Group) -> Vec<LocalObjectReference> {
    let all = group.spec.image_pull_secrets.iter();
    all.map(|secret| LocalObjectReference {
        name: secret.name.clone(),
    })
    .collect()
}

fn container(group: &Group) -> Container {
    let port = |name: &str, port: u16| ContainerPort {
        name: Some(name.to_owned()),
        container_port: port.into(),
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    };
    Container {
        name: CONTAINER.to_owned(),
        image: Some(group.image().to_owned()),
        command: Some(vec!["synod-agent".to_owned()]),
        args: Some(vec!["--config".to_owned(), format!("{CONFIG}/agent.yaml")]),
        env: Some(vec![EnvVar {
            name: "SYNOD_BIND_ADDRESS".to_owned(),
            value_from: Some(EnvVarSource {
                field_ref: Some(ObjectFieldSelector {
                    field_path: "status.podIP".to_owned(),
                    api_version: Some("v1".to_owned()),
                }),
                ..EnvVarSource::default()
            }),
            value: None,
        }]),
        ports: Some(vec![
            port("client", group.profile.client_port),
            port("peer", ports::PEER),
            port("admin", ports::ADMIN),
            port("health", ports::HEALTH),
        ]),
        resources: Some(resources(group)),
        volume_mounts: Some(mounts(group)),
        liveness_probe: Some(probe("/livez", 10, 6)),
        readiness_probe: Some(probe("/readyz", 1, 2)),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            read_only_root_filesystem: Some(true),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                add: None,
            }),
            ..SecurityContext::default()
        }),
        ..Container::default()
    }
}

fn resources(group: &Group) -> ResourceRequirements {
    let synod_crds::Resources { requests, limits } = &group.spec.resources;
    let quantity = |q: &synod_crds::Quantity| Quantity(q.0.clone());
    let mut most = BTreeMap::from([("memory".to_owned(), quantity(&limits.memory))]);
    most.extend(
        limits
            .cpu
            .as_ref()
            .map(|cpu| ("cpu".to_owned(), quantity(cpu))),
    );
    ResourceRequirements {
        requests: Some(
            [
                ("cpu".to_owned(), quantity(&requests.cpu)),
                ("memory".to_owned(), quantity(&requests.memory)),
            ]
            .into(),
        ),
        limits: Some(most),
        claims: None,
    }
}

fn probe(path: &str, period_seconds: i32, failures: i32) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String("health".to_owned()),
            ..HTTPGetAction::default()
        }),
        period_seconds: Some(period_seconds),
        timeout_seconds: Some(5),
        failure_threshold: Some(failures),
        ..Probe::default()
    }
}

fn mounts(group: &Group) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str, read_only: bool| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: Some(read_only),
        ..VolumeMount::default()
    };
    let mut mounts = vec![
        mount("data", DATA, false),
        mount("config", CONFIG, true),
        mount("tls", CERTIFICATE, true),
    ];
    if group.spec.tls.mode == TlsMode::Secret {
        mounts.push(mount("client-tls", CLIENT_CERTIFICATE, true));
    }
    if password::is_wanted(group) {
        mounts.push(mount(password::VOLUME, password::FOLDER, true));
    }
    mounts
}

fn volumes(group: &Group, number: u64) -> Vec<Volume> {
    let secret = |name: &str, secret: String| Volume {
        name: name.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(secret),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    };
    let mut volumes = vec![
        Volume {
            name: "data".to_owned(),
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name: group.names.claim(number),
                read_only: None,
            }),
            ..Volume::default()
        },
        Volume {
            name: "config".to_owned(),
            config_map: Some(ConfigMapVolumeSource {
                name: group.names.config(number),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        },
        secret("tls", group.names.certificate(number)),
    ];
    volumes.extend(password::volume(group));
    volumes.extend(
        group
            .spec
            .tls
            .secret_name
            .clone()
            .map(|name| secret("client-tls", name)),
    );
    volumes
}

/// On nodes of their own, preferably or strictly, and on such that the user names.
fn affinity(group: &Group) -> Affinity {
    Affinity {
        node_affinity: group.spec.scheduling.node_affinity.clone(),
        pod_anti_affinity: Some(apart(group)),
        pod_affinity: None,
    }
}

fn apart(group: &Group) -> PodAntiAffinity {
    let term = PodAffinityTerm {
        topology_key: HOST.to_owned(),
        label_selector: Some(LabelSelector {
            match_labels: Some(selector(group)),
            match_expressions: None,
        }),
        ..PodAffinityTerm::default()
    };
    match group.spec.scheduling.spread.nodes {
        SpreadRule::Required => PodAntiAffinity {
            required_during_scheduling_ignored_during_execution: Some(vec![term]),
            ..PodAntiAffinity::default()
        },
        SpreadRule::Preferred => PodAntiAffinity {
            preferred_during_scheduling_ignored_during_execution: Some(vec![
                WeightedPodAffinityTerm {
                    weight: 100,
                    pod_affinity_term: term,
                },
            ]),
            ..PodAntiAffinity::default()
        },
    }
}

/// As many in each zone, preferably or strictly.
fn over_zones(group: &Group) -> TopologySpreadConstraint {
    let unsatisfiable = match group.spec.scheduling.spread.zones {
        SpreadRule::Required => "DoNotSchedule",
        SpreadRule::Preferred => "ScheduleAnyway",
    };
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: ZONE.to_owned(),
        when_unsatisfiable: unsatisfiable.to_owned(),
        label_selector: Some(LabelSelector {
            match_labels: Some(selector(group)),
            match_expressions: None,
        }),
        ..TopologySpreadConstraint::default()
    }
}

/// What the restricted pod security standard asks for.
fn pod_security() -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(USER),
        run_as_group: Some(USER),
        fs_group: Some(USER),
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            localhost_profile: None,
        }),
        ..PodSecurityContext::default()
    }
}
