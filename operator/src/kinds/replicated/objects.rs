//! The Kubernetes objects of a group, but for its pods, as they should be.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMap, PersistentVolumeClaim, PersistentVolumeClaimSpec, Secret, Service, ServicePort,
    ServiceSpec, VolumeResourceRequirements,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use synod_agent_api::ports;
use synod_crds::{API_VERSION, RetentionPolicy};

use super::seat::Start;
use super::view::Group;
use super::{adoption, config};
use crate::action::{Issue, Seen, Why};
use crate::child::Child;
use crate::mutation::mutated;
use crate::names::{self, LABEL_KIND, LABEL_MEMBER, LABEL_NAME, LABEL_ROLE};

/// Labels that find everything of a group.
pub(super) fn selector(group: &Group) -> BTreeMap<String, String> {
    [
        (LABEL_KIND, group.profile.name()),
        (LABEL_NAME, &group.name),
    ]
    .map(owned)
    .into()
}

/// Labels of the pods that vote, or will.
pub(super) fn voters(group: &Group) -> BTreeMap<String, String> {
    let mut labels = selector(group);
    labels.extend([owned((LABEL_ROLE, "voter"))]);
    labels
}

pub(super) fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn labels(group: &Group) -> BTreeMap<String, String> {
    let component = group.profile.name().to_lowercase();
    let mut labels = selector(group);
    labels.extend(
        [
            ("app.kubernetes.io/name", "synod"),
            ("app.kubernetes.io/component", &component),
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
        kind: group.profile.name().to_owned(),
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
        finalizers: mutated("hold-back-deletion").then(|| vec!["synod.dev/hold".to_owned()]),
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

/// Metadata of a member's claim or pod.
pub(super) fn member_meta(group: &Group, name: String, number: u64, learner: bool) -> ObjectMeta {
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
    let protected = group.spec.deletion_protection && !mutated("own-protected-claims");
    group.spec.storage.retention.when_deleted == RetentionPolicy::Delete && !protected
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
    let mut annotations = start.notes();
    annotations.extend([owned((names::CLUSTER_UID, &group.cluster.to_string()))]);
    if adoption::is_inherited(group) {
        annotations.extend([owned((names::ADOPTED_BY, &group.uid))]);
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

/// A member's configuration. Its text is not kept of what is seen, so whom it names is noted beside it.
pub(super) fn config_map(group: &Group, number: u64, members: &[u64]) -> Child {
    let text = config::agent(group, number, members).to_yaml();
    let mut metadata = paper_meta(group, group.names.config(number), number);
    let numbers: Vec<_> = members.iter().map(u64::to_string).collect();
    metadata
        .annotations
        .get_or_insert_default()
        .extend([owned((names::MEMBERS, &numbers.join(",")))]);
    ConfigMap {
        metadata,
        data: Some([("agent.yaml".to_owned(), text)].into()),
        ..ConfigMap::default()
    }
    .into()
}

/// Whom a configuration that was seen names; `None` if that was not noted on it.
pub(super) fn named_members(config_map: &Child) -> Option<Vec<u64>> {
    let notes = config_map.meta().annotations.as_ref()?;
    let numbers = notes.get(names::MEMBERS)?.split(',');
    numbers.map(|number| number.parse().ok()).collect()
}

/// A member's certificate.
pub(super) fn certificate(group: &Group, number: u64, seen: Option<Seen>, why: Why) -> Issue {
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
        why,
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
pub(super) fn connection(group: &Group, seen: Option<Seen>, why: Why) -> Issue {
    Issue {
        secret: secret(
            meta(group, group.names.connection()),
            connection_data(group),
        ),
        seen,
        why,
        common_name: format!("{}-client", group.names.base()),
        uri: format!(
            "synod://client/{}/{}/{}",
            group.namespace,
            group.profile.name(),
            group.name
        ),
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
    group.profile.endpoint(host, config::is_tls(group))
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
            ports: Some(vec![port("client", group.profile.client_port)]),
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
                port("client", group.profile.client_port),
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

/// No voter may be evicted that would leave fewer than `least`.
pub(super) fn budget(group: &Group, least: i32) -> Child {
    PodDisruptionBudget {
        metadata: meta(group, group.names.base().to_owned()),
        spec: Some(PodDisruptionBudgetSpec {
            min_available: Some(IntOrString::Int(least)),
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
