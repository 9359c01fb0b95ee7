//! The Kubernetes objects of a group, as they should be.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, Capabilities, ConfigMap, ConfigMapVolumeSource, Container, ContainerPort, EnvVar,
    EnvVarSource, HTTPGetAction, ObjectFieldSelector, PersistentVolumeClaim,
    PersistentVolumeClaimSpec, PersistentVolumeClaimVolumeSource, Pod, PodAffinityTerm,
    PodAntiAffinity, PodSecurityContext, PodSpec, Probe, ResourceRequirements, SeccompProfile,
    Secret, SecretVolumeSource, SecurityContext, Service, ServicePort, ServiceSpec,
    TopologySpreadConstraint, Volume, VolumeMount, VolumeResourceRequirements,
    WeightedPodAffinityTerm,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use synod_agent_api::ports;
use synod_crds::{API_VERSION, RetentionPolicy, TlsMode};

use super::config::{self, CERTIFICATE, CLIENT_CERTIFICATE, CONFIG, DATA};
use super::view::{Group, Start};
use crate::action::{Issue, Seen};
use crate::child::Child;
use crate::names::{self, LABEL_KIND, LABEL_MEMBER, LABEL_NAME, LABEL_ROLE, LABEL_TEMPLATE};

/// The name of the only container.
const CONTAINER: &str = "agent";
/// Nobody in particular, as distroless images have it.
const USER: i64 = 65_532;
/// Time to hand over leadership, wait for endpoints and drain.
const GRACE_SECONDS: i64 = 30;
const KIND: &str = "ConsensusGroup";
const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Labels that find everything of a group.
pub(super) fn selector(group: &Group) -> BTreeMap<String, String> {
    [(LABEL_KIND, KIND), (LABEL_NAME, &group.name)]
        .map(owned)
        .into()
}

/// Labels of the pods that vote, or will.
fn voters(group: &Group) -> BTreeMap<String, String> {
    let mut labels = selector(group);
    labels.extend([owned((LABEL_ROLE, "voter"))]);
    labels
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn labels(group: &Group) -> BTreeMap<String, String> {
    let mut labels = selector(group);
    labels.extend(
        [
            ("app.kubernetes.io/name", "synod"),
            ("app.kubernetes.io/component", "consensusgroup"),
            ("app.kubernetes.io/instance", &group.name),
            ("app.kubernetes.io/managed-by", names::MANAGER),
        ]
        .map(owned),
    );
    labels
}

fn owner(group: &Group) -> OwnerReference {
    OwnerReference {
        api_version: API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        name: group.name.clone(),
        uid: group.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// Metadata of something that goes with the object.
fn meta(group: &Group, name: String) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(group.namespace.clone()),
        labels: Some(labels(group)),
        owner_references: Some(vec![owner(group)]),
        ..ObjectMeta::default()
    }
}

/// Metadata of a member's configuration or certificate.
fn paper_meta(group: &Group, name: String, number: u64) -> ObjectMeta {
    let mut meta = meta(group, name);
    meta.labels
        .get_or_insert_default()
        .extend([owned((LABEL_MEMBER, &number.to_string()))]);
    meta
}

fn member_meta(group: &Group, name: String, number: u64, learner: bool) -> ObjectMeta {
    let mut meta = meta(group, name);
    let role = if learner { "learner" } else { "voter" };
    let labels = meta.labels.get_or_insert_default();
    labels.extend([
        owned((LABEL_MEMBER, &number.to_string())),
        owned((LABEL_ROLE, role)),
    ]);
    meta
}

/// Whether claims go when the object goes.
pub(super) fn claim_is_owned(group: &Group) -> bool {
    group.spec.storage.retention.when_deleted == RetentionPolicy::Delete
}

/// The owners that a claim should have.
pub(super) fn claim_owners(group: &Group) -> Vec<OwnerReference> {
    if claim_is_owned(group) {
        vec![owner(group)]
    } else {
        Vec::new()
    }
}

/// A claim for a new member.
pub(super) fn claim(
    group: &Group,
    number: u64,
    start: &Start,
    learner: bool,
    replaces: Option<u64>,
) -> Child {
    let mut meta = member_meta(group, group.names.claim(number), number, learner);
    meta.owner_references = Some(claim_owners(group)).filter(|owners| !owners.is_empty());
    let mut annotations: BTreeMap<_, _> =
        [owned((names::CLUSTER_UID, &group.cluster.to_string()))].into();
    match start {
        Start::Join => annotations.extend([owned((names::START, "join"))]),
        Start::Bootstrap(initial) => {
            let initial: Vec<_> = initial.iter().map(u64::to_string).collect();
            annotations.extend([owned((names::START, "bootstrap"))]);
            annotations.extend([owned((names::INITIAL_MEMBERS, &initial.join(",")))]);
        }
    }
    if let Some(lost) = replaces {
        annotations.extend([owned((names::REPLACES, &lost.to_string()))]);
    }
    meta.annotations = Some(annotations);
    let storage = &group.spec.storage;
    PersistentVolumeClaim {
        metadata: meta,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".into()]),
            storage_class_name: storage.class_name.clone(),
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), Quantity(storage.size.0.clone()))].into()),
                limits: None,
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
    .into()
}

/// A member's configuration.
pub(super) fn config_map(group: &Group, number: u64, members: &[u64]) -> Child {
    let text = config::agent(group, number, members).to_yaml();
    ConfigMap {
        metadata: paper_meta(group, group.names.config(number), number),
        data: Some([("agent.yaml".to_owned(), text)].into()),
        ..ConfigMap::default()
    }
    .into()
}

/// A member's certificate.
pub(super) fn certificate(group: &Group, number: u64, seen: Option<Seen>) -> Issue {
    let base = group.names.base();
    let namespace = &group.namespace;
    let pod = group.seats.get(&number).and_then(|seat| seat.pod.as_ref());
    let address = pod
        .and_then(|pod| pod.address)
        .filter(|_| group.settings.advertise_addresses);
    Issue {
        secret: secret(
            paper_meta(group, group.names.certificate(number), number),
            BTreeMap::new(),
        ),
        seen,
        common_name: group.names.pod(number),
        uri: group.identity(number).to_string(),
        dns: vec![
            group.names.host(number, namespace),
            format!("{}.{}", group.names.pod(number), group.names.peer_service()),
            base.to_owned(),
            format!("{base}.{namespace}"),
            format!("{base}.{namespace}.svc"),
            format!("{base}.{namespace}.svc.cluster.local"),
            "localhost".to_owned(),
        ],
        addresses: address.into_iter().collect(),
        server: true,
    }
}

/// What clients need; with a certificate of their own if the operator issues them.
pub(super) fn connection(group: &Group, seen: Option<Seen>) -> Issue {
    Issue {
        secret: secret(
            meta(group, group.names.connection()),
            connection_data(group),
        ),
        seen,
        common_name: format!("{}-client", group.names.base()),
        uri: format!("synod://client/{}/{KIND}/{}", group.namespace, group.name),
        dns: Vec::new(),
        addresses: Vec::new(),
        server: false,
    }
}

fn connection_data(group: &Group) -> BTreeMap<String, String> {
    [("endpoints".to_owned(), endpoint(group))].into()
}

/// The connection Secret of a group whose clients need no certificate of ours.
pub(super) fn plain_connection(group: &Group) -> Child {
    secret(
        meta(group, group.names.connection()),
        connection_data(group),
    )
}

fn secret(metadata: ObjectMeta, data: BTreeMap<String, String>) -> Child {
    let data: BTreeMap<_, _> = data
        .into_iter()
        .map(|(name, text)| (name, k8s_openapi::ByteString(text.into_bytes())))
        .collect();
    Secret {
        metadata,
        data: Some(data).filter(|data| !data.is_empty()),
        type_: Some("Opaque".to_owned()),
        ..Secret::default()
    }
    .into()
}

/// Where clients in the cluster connect.
pub(super) fn endpoint(group: &Group) -> String {
    let host = format!("{}.{}.svc", group.names.base(), group.namespace);
    format!("{}://{host}:{}", config::scheme(group), ports::CLIENT)
}

fn port(name: &str, port: u16) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        port: port.into(),
        target_port: Some(IntOrString::String(name.to_owned())),
        protocol: Some("TCP".to_owned()),
        ..ServicePort::default()
    }
}

/// The Service that clients connect to.
pub(super) fn client_service(group: &Group) -> Child {
    Service {
        metadata: meta(group, group.names.base().to_owned()),
        spec: Some(ServiceSpec {
            selector: Some(voters(group)),
            ports: Some(vec![port("client", ports::CLIENT)]),
            type_: Some("ClusterIP".to_owned()),
            ..ServiceSpec::default()
        }),
        status: None,
    }
    .into()
}

/// The headless Service that gives members their host names, ready or not: they must find each other first.
pub(super) fn peer_service(group: &Group) -> Child {
    Service {
        metadata: meta(group, group.names.peer_service()),
        spec: Some(ServiceSpec {
            selector: Some(selector(group)),
            ports: Some(vec![
                port("client", ports::CLIENT),
                port("peer", ports::PEER),
            ]),
            cluster_ip: Some("None".to_owned()),
            type_: Some("ClusterIP".to_owned()),
            publish_not_ready_addresses: Some(true),
            ..ServiceSpec::default()
        }),
        status: None,
    }
    .into()
}

/// At most one of `voting` voters may be evicted.
pub(super) fn budget(group: &Group, voting: i32) -> Child {
    PodDisruptionBudget {
        metadata: meta(group, group.names.base().to_owned()),
        spec: Some(PodDisruptionBudgetSpec {
            min_available: Some(IntOrString::Int(voting - 1)),
            selector: Some(LabelSelector {
                match_labels: Some(voters(group)),
                match_expressions: None,
            }),
            ..PodDisruptionBudgetSpec::default()
        }),
        status: None,
    }
    .into()
}

/// A member's pod.
pub(super) fn pod(group: &Group, number: u64, learner: bool) -> Child {
    let mut metadata = member_meta(group, group.names.pod(number), number, learner);
    let template = config::template(group);
    metadata
        .labels
        .get_or_insert_default()
        .extend([owned((LABEL_TEMPLATE, &template))]);
    let scheduling = &group.spec.scheduling;
    let spec = PodSpec {
        hostname: Some(group.names.pod(number)),
        subdomain: Some(group.names.peer_service()),
        containers: vec![container(group)],
        volumes: Some(volumes(group, number)),
        affinity: Some(apart(group)),
        topology_spread_constraints: Some(vec![over_zones(group)]),
        node_selector: Some(scheduling.node_selector.clone()).filter(|labels| !labels.is_empty()),
        tolerations: Some(scheduling.tolerations.clone()).filter(|all| !all.is_empty()),
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
            port("client", ports::CLIENT),
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

/// Preferably on nodes of their own.
fn apart(group: &Group) -> Affinity {
    Affinity {
        pod_anti_affinity: Some(PodAntiAffinity {
            preferred_during_scheduling_ignored_during_execution: Some(vec![
                WeightedPodAffinityTerm {
                    weight: 100,
                    pod_affinity_term: PodAffinityTerm {
                        topology_key: HOST.to_owned(),
                        label_selector: Some(LabelSelector {
                            match_labels: Some(selector(group)),
                            match_expressions: None,
                        }),
                        ..PodAffinityTerm::default()
                    },
                },
            ]),
            ..PodAntiAffinity::default()
        }),
        ..Affinity::default()
    }
}

/// Preferably as many in each zone.
fn over_zones(group: &Group) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: ZONE.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
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
