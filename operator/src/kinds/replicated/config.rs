//! The agent's configuration of one member, and what of it is part of the pod's template.

use std::net::IpAddr;
use std::path::PathBuf;

use synod_agent_api::{
    Advertise, AgentConfig, ClientTls, ClientTlsMode, ClusterUid, Drain, InitialMember, Limits,
    Listen, Log, MemberSpec, PeerTls, Runtime, Snapshot, Start as AgentStart, Timing, Tls, ports,
};
use synod_crds::{Spread, TlsMode};

use super::seat::{Claim, Start};
use super::view::Group;
use crate::authority::Authority;
use crate::certificates::digest;
use crate::mutation::mutated;

/// Where the claim is mounted.
pub(super) const DATA: &str = "/var/lib/synod";
/// Where the configuration is mounted.
pub(super) const CONFIG: &str = "/etc/synod/config";
/// Where the member's own certificate is mounted.
pub(super) const CERTIFICATE: &str = "/etc/synod/tls";
/// Where a certificate given by the user is mounted.
pub(super) const CLIENT_CERTIFICATE: &str = "/etc/synod/client-tls";
/// The smallest state quota that an agent takes.
const STATE_BYTES_MIN: u64 = 1 << 20;

/// The configuration of member `number`. `members` are those it may dial before its log tells.
pub(super) fn agent(group: &Group, number: u64, members: &[u64]) -> AgentConfig {
    let (start, former) = start(group, number);
    AgentConfig {
        cluster_uid: group.cluster,
        former_cluster_uid: former,
        kind: group.profile.kind,
        group: group.name.clone(),
        name: group.names.pod(number),
        number,
        start,
        members: members
            .iter()
            .map(|member| initial(group, *member))
            .collect(),
        data_dir: PathBuf::from(DATA).join("data"),
        listen: listen(group),
        advertise: advertise(group, number),
        tls: tls(group),
        timing: Timing {
            heartbeat_ms: group.spec.timing.heartbeat_ms.unsigned_abs().into(),
            election_ms: group.spec.timing.election_ms.unsigned_abs().into(),
            lease: None,
        },
        limits: Limits {
            state_bytes_max: state_bytes_max(group),
            ..Limits::default()
        },
        zookeeper: group.spec.own.zookeeper.clone(),
        cache: group.spec.own.cache.clone(),
        snapshot: Snapshot::default(),
        drain: Drain {
            endpoints_wait_ms: u64::try_from(group.settings.endpoints_wait.as_millis())
                .unwrap_or(u64::MAX),
            ..Drain::default()
        },
        runtime: Runtime::default(),
        log: Log::default(),
    }
}

/// An empty disk is a beginning, and one of the cluster of before is gone on with, only for a member that was never seen in its
/// group.
fn start(group: &Group, number: u64) -> (AgentStart, Option<ClusterUid>) {
    let claim = group
        .seats
        .get(&number)
        .and_then(|seat| seat.claim.as_ref());
    let begins = |claim: &&Claim| !claim.joined || mutated("bootstrap-adopted-claim");
    match claim.filter(begins).map(|claim| &claim.start) {
        Some(Start::Bootstrap(_)) => (AgentStart::Bootstrap, None),
        Some(Start::Join) => (AgentStart::Join, None),
        Some(Start::Recover(former)) => (AgentStart::Recover, Some(*former)),
        None => (AgentStart::Resume, None),
    }
}

fn listen(group: &Group) -> Listen {
    let mut listen = Listen::default();
    listen.client.set_port(group.profile.client_port);
    listen
}

fn advertise(group: &Group, number: u64) -> Advertise {
    let MemberSpec {
        peer_address,
        client_urls,
        peer_urls,
        ..
    } = member(group, number);
    Advertise {
        client_urls,
        peer_urls,
        peer_address: Some(peer_address),
    }
}

fn initial(group: &Group, number: u64) -> InitialMember {
    let MemberSpec {
        name,
        peer_address,
        peer_urls,
        client_urls,
    } = member(group, number);
    InitialMember {
        number,
        name,
        peer_address,
        peer_urls,
        client_urls,
    }
}

/// A member's name and addresses as the group's configuration should have them: [`member`], but with the pod's address
/// where clients connect by address.
pub(super) fn advertised(group: &Group, number: u64) -> MemberSpec {
    let mut spec = member(group, number);
    if let Some(endpoint) = endpoint(group, number) {
        spec.client_urls = vec![endpoint];
    }
    spec
}

/// Where clients connect to a member, as its certificate says too: by name, which holds for every pod that it ever has; where
/// names lead nowhere, by the pod's address while it has one.
pub(super) fn endpoint(group: &Group, number: u64) -> Option<String> {
    if !group.settings.advertise_addresses {
        return client_urls(group, number).pop();
    }
    let pod = group.seats.get(&number)?.pod.as_ref()?;
    Some(group.profile.endpoint(written(pod.address?), is_tls(group)))
}

/// A member's name and the addresses that hold for every pod it ever has.
fn member(group: &Group, number: u64) -> MemberSpec {
    MemberSpec {
        name: group.names.pod(number),
        peer_address: format!(
            "{}:{}",
            group.names.host(number, &group.namespace),
            ports::PEER
        ),
        peer_urls: Vec::new(),
        client_urls: client_urls(group, number),
    }
}

/// An address as it stands before a port.
fn written(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// Whether clients come by TLS.
pub(super) const fn is_tls(group: &Group) -> bool {
    match group.spec.tls.mode {
        TlsMode::Disabled => false,
        TlsMode::Auto | TlsMode::Secret => true,
    }
}

fn client_urls(group: &Group, number: u64) -> Vec<String> {
    let host = group.names.host(number, &group.namespace);
    vec![group.profile.endpoint(host, is_tls(group))]
}

fn tls(group: &Group) -> Tls {
    let file = |folder: &str, name: &str| Some(PathBuf::from(folder).join(name));
    let client = match group.spec.tls.mode {
        TlsMode::Disabled => None,
        TlsMode::Auto => Some(CERTIFICATE),
        TlsMode::Secret => Some(CLIENT_CERTIFICATE),
    };
    Tls {
        client: client.map_or_else(ClientTls::default, |folder| ClientTls {
            mode: ClientTlsMode::Mutual,
            cert: file(folder, "tls.crt"),
            key: file(folder, "tls.key"),
            ca: file(folder, "ca.crt"),
        }),
        peer: PeerTls {
            cert: file(CERTIFICATE, "tls.crt"),
            key: file(CERTIFICATE, "tls.key"),
            ca: file(CERTIFICATE, "ca.crt"),
            insecure: false,
        },
    }
}

/// What keys and values may take: as asked for, or half of the memory.
fn state_bytes_max(group: &Group) -> u64 {
    let asked = group
        .spec
        .quota
        .as_ref()
        .and_then(|quota| quota.whole().ok());
    let half = || group.spec.resources.limits.memory.whole().unwrap_or(0) / 2;
    asked.unwrap_or_else(half).max(STATE_BYTES_MIN)
}

/// As it is hashed: fields that came later are left out at their defaults, so that their coming changes no name.
fn scheduling(group: &Group) -> serde_json::Value {
    let scheduling = &group.spec.scheduling;
    let mut all = serde_json::json!(scheduling);
    if scheduling.spread == Spread::default()
        && let Some(fields) = all.as_object_mut()
    {
        fields.remove("spread");
    }
    all
}

/// Names what a pod is made from: pods of another template are replaced. Made from what the user wrote only, so that
/// a new operator, which may build pods in another way, replaces none.
pub(super) fn template(group: &Group) -> String {
    let spec = &group.spec;
    let mut text = serde_json::json!({
        "image": group.image(),
        "tls": spec.tls,
        "resources": spec.resources,
        "quota": spec.quota,
        "timing": spec.timing,
        "scheduling": scheduling(group),
    });
    if !spec.image_pull_secrets.is_empty() {
        text["imagePullSecrets"] = serde_json::json!(spec.image_pull_secrets);
    }
    for (name, value) in &spec.own.fields {
        text[*name] = value.clone();
    }
    let mut text = text.to_string();
    if mutated("restart-for-certificates") {
        text.extend(group.authority.as_deref().map(Authority::signer));
    }
    let mut hash = digest(&text);
    hash.truncate(16);
    hash
}
