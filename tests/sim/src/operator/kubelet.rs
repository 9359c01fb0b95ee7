//! Scheduler, kubelets and volumes in one: pods become processes of the simulated groups, claims their disks, nodes the
//! machines they run on. It reads the API as it is, and keeps what no API knows: which process really runs.

mod machines;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use synod_agent_api::{AgentConfig, Start};
use synod_operator::names;

use super::direct::{Direct, claim_path, going, kinds, label, note, pod_path, text};
use super::groups::Groups;
use super::reach::Seat;
use super::subject::{Kept, Kind};
use crate::Violation;
use crate::clock::{Instant, MS, SECOND};
use crate::random::Random;
use machines::Machine;

/// On claims, by the scheduler: the node that a volume is made for.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// How far a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Waiting,
    Up,
    /// Its process died.
    Down,
    /// It was told to stop.
    Stopping,
}

/// How long Kubernetes leaves a pod on a node that is gone.
const COLLECTED_AFTER: Instant = 60 * SECOND;

/// A pod on its machine.
#[derive(Debug)]
struct Held {
    name: String,
    node: String,
    claim: String,
    seat: Option<Seat>,
    phase: Phase,
    due: Instant,
    /// When it is removed, since its node is gone.
    collected_at: Option<Instant>,
    restarts: u64,
    /// What its status says.
    told: &'static str,
    address: String,
}

/// See the module.
pub(super) struct Kubelet {
    random: Random,
    /// Whether volumes stay on the node that they were made on.
    local_volumes: bool,
    pub(super) machines: BTreeMap<String, Machine>,
    pods: BTreeMap<String, Held>,
    /// Whose data is on the claim of this uid.
    disks: BTreeMap<String, Seat>,
    pub(super) broken_images: BTreeSet<String>,
    addresses: u32,
    nodes: u32,
    revision: u64,
    due: Instant,
    /// Processes started.
    pub(super) started: u64,
    pub(super) notes: Vec<String>,
}

impl Kubelet {
    pub(super) fn new(mut random: Random) -> Self {
        Self {
            local_volumes: random.chance(500),
            random,
            machines: BTreeMap::new(),
            pods: BTreeMap::new(),
            disks: BTreeMap::new(),
            broken_images: BTreeSet::new(),
            addresses: 0,
            nodes: 0,
            revision: 0,
            due: 0,
            started: 0,
            notes: Vec::new(),
        }
    }

    /// Looks at everything again soon.
    pub(super) const fn wake(&mut self) {
        self.due = 0;
    }

    /// Where a member's process runs now, and in which pod.
    pub(super) fn place_of(&self, seat: Seat) -> Option<(&str, &str)> {
        let runs = |held: &&Held| held.seat == Some(seat) && held.phase != Phase::Waiting;
        let held = self.pods.values().find(runs)?;
        Some((&held.node, &held.name))
    }

    /// The uid of the pod whose process is a member's.
    pub(super) fn pod_of(&self, seat: Seat) -> Option<&str> {
        let runs = |(_, held): &(&String, &Held)| {
            held.seat == Some(seat) && matches!(held.phase, Phase::Up | Phase::Stopping)
        };
        self.pods.iter().find(runs).map(|(uid, _)| uid.as_str())
    }

    /// Whose data is on a claim.
    pub(super) fn disk_of(&self, claim_uid: &str) -> Option<Seat> {
        self.disks.get(claim_uid).copied()
    }

    /// Does what is to be done now.
    pub(super) async fn look<S: Kept>(
        &mut self,
        direct: &Direct,
        groups: &mut Groups<S>,
        now: Instant,
    ) {
        let revision = direct.api.revision();
        if revision == self.revision && now < self.due {
            return;
        }
        self.due = now + SECOND;
        let pods = direct.all(kinds::PODS);
        let pods: Vec<_> = pods
            .into_iter()
            .filter(|pod| S::KIND.is_ours(pod))
            .collect();
        self.bury(&pods, groups, now);
        for pod in &pods {
            self.see_to(direct, groups, pod, now).await;
        }
        self.release_claims(direct, groups, &pods).await;
        self.revision = direct.api.revision();
    }

    /// Pods that are not in the API any more have no process, where a kubelet hears of it.
    fn bury<S: Kept>(&mut self, pods: &[Arc<Value>], groups: &mut Groups<S>, now: Instant) {
        let there: BTreeSet<&str> = pods.iter().map(|pod| text(pod, "/metadata/uid")).collect();
        let gone: Vec<String> = self
            .pods
            .keys()
            .filter(|uid| !there.contains(uid.as_str()))
            .cloned()
            .collect();
        for uid in gone {
            let held = &self.pods[&uid];
            let machine = self.machines.get(&held.node);
            if machine.is_some_and(|machine| !machine.acts(now)) && held.phase == Phase::Up {
                // Nobody there hears that it is to end.
                continue;
            }
            if let Some(seat) = held.seat.filter(|_| held.phase != Phase::Waiting) {
                groups.stop(seat, false);
            }
            self.pods.remove(&uid);
        }
    }

    async fn see_to<S: Kept>(
        &mut self,
        direct: &Direct,
        groups: &mut Groups<S>,
        pod: &Value,
        now: Instant,
    ) {
        let uid = text(pod, "/metadata/uid").to_owned();
        if !self.pods.contains_key(&uid) {
            let span = self.random.between(20, 1_500) * MS;
            let held = Held {
                name: text(pod, "/metadata/name").to_owned(),
                node: String::new(),
                claim: claim_of(pod).to_owned(),
                seat: None,
                phase: Phase::Waiting,
                due: now + span,
                collected_at: None,
                restarts: 0,
                told: "",
                address: String::new(),
            };
            self.pods.insert(uid.clone(), held);
        }
        let held = self.pods.get_mut(&uid).expect("it was noted");
        if !held.node.is_empty() {
            let Some(machine) = self.machines.get(&held.node) else {
                // As Kubernetes collects pods of nodes that are gone.
                if now >= *held.collected_at.get_or_insert(now + COLLECTED_AFTER) {
                    let name = held.name.clone();
                    direct.finish_pod(&name, &uid).await;
                }
                return;
            };
            if !machine.acts(now) {
                return;
            }
        }
        if going(pod) {
            self.end(direct, groups, &uid, now).await;
        } else {
            self.keep(direct, groups, &uid, pod, now).await;
        }
        if let Some(held) = self.pods.get(&uid) {
            self.due = self.due.min(held.due.max(now + MS));
        }
    }

    /// Stops a pod's process, after it had time to hand over.
    async fn end<S: Kept>(
        &mut self,
        direct: &Direct,
        groups: &mut Groups<S>,
        uid: &str,
        now: Instant,
    ) {
        let held = self.pods.get_mut(uid).expect("it was noted");
        let seat = held
            .seat
            .filter(|seat| held.phase != Phase::Waiting && groups.runs(*seat));
        match (seat, held.phase) {
            (Some(seat), Phase::Up) => {
                hand_over(groups, seat);
                held.phase = Phase::Stopping;
                held.due = now + self.random.between(50, 1_500) * MS;
            }
            (Some(seat), _) if now >= held.due => {
                groups.stop(seat, false);
                let name = held.name.clone();
                direct.finish_pod(&name, uid).await;
            }
            (Some(_), _) => {}
            (None, _) => {
                let name = held.name.clone();
                direct.finish_pod(&name, uid).await;
            }
        }
    }

    async fn keep<S: Kept>(
        &mut self,
        direct: &Direct,
        groups: &mut Groups<S>,
        uid: &str,
        pod: &Value,
        now: Instant,
    ) {
        let held = self.pods.get_mut(uid).expect("it was noted");
        match held.phase {
            Phase::Waiting if now < held.due => {}
            Phase::Waiting if held.node.is_empty() => self.schedule(direct, uid, now).await,
            Phase::Waiting => self.start(direct, groups, uid, pod, now).await,
            Phase::Up => {
                let dead = held.seat.is_some_and(|seat| !groups.runs(seat));
                if dead {
                    held.phase = Phase::Down;
                    held.restarts += 1;
                    held.due = now + self.random.between(200, 3_000) * MS;
                    self.tell(direct, uid, "CrashLoopBackOff").await;
                }
            }
            Phase::Down if now < held.due => {}
            Phase::Down => self.start(direct, groups, uid, pod, now).await,
            Phase::Stopping => {}
        }
    }

    async fn schedule(&mut self, direct: &Direct, uid: &str, now: Instant) {
        let held = self.pods.get_mut(uid).expect("it was noted");
        held.due = now + SECOND;
        let claim = direct.one(kinds::CLAIMS, &held.claim);
        let Some(claim) = claim.filter(|claim| !going(claim)) else {
            return self.unschedulable(direct, uid).await;
        };
        let chosen = note(&claim, SELECTED_NODE).to_owned();
        let able: Vec<&String> = self
            .machines
            .iter()
            .filter(|(_, machine)| machine.acts(now))
            .map(|(name, _)| name)
            .filter(|name| chosen.is_empty() || !self.local_volumes || **name == chosen)
            .collect();
        let busy = |name: &str| self.pods.values().filter(|held| held.node == name).count();
        let Some(node) = able.into_iter().min_by_key(|name| busy(name)).cloned() else {
            return self.unschedulable(direct, uid).await;
        };
        let held = self.pods.get_mut(uid).expect("it was noted");
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding", "metadata": { "name": held.name },
            "target": { "apiVersion": "v1", "kind": "Node", "name": node },
        });
        let path = format!("{}/binding", pod_path(&held.name));
        if !direct.post(&path, &binding).await {
            return;
        }
        held.node.clone_from(&node);
        held.told = "";
        held.due = now + self.random.between(10, 800) * MS;
        if self.local_volumes && chosen.is_empty() {
            let patch = json!({ "metadata": { "annotations": { SELECTED_NODE: node } } });
            let path = claim_path(&self.pods[uid].claim);
            direct.merge(&path, &patch).await;
        }
    }

    async fn unschedulable(&mut self, direct: &Direct, uid: &str) {
        let held = self.pods.get_mut(uid).expect("it was noted");
        if std::mem::replace(&mut held.told, "Unschedulable") == "Unschedulable" {
            return;
        }
        let condition =
            json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" });
        let status = json!({ "status": { "phase": "Pending", "conditions": [condition] } });
        let path = format!("{}/status", pod_path(&held.name));
        direct.merge(&path, &status).await;
    }

    /// Starts the process of a pod, if all that it needs is there.
    async fn start<S: Kept>(
        &mut self,
        direct: &Direct,
        groups: &mut Groups<S>,
        uid: &str,
        pod: &Value,
        now: Instant,
    ) {
        let held = self.pods.get_mut(uid).expect("it was noted");
        held.due = now + SECOND;
        let stuck = self.machines[&held.node].stuck_until > now;
        let image = text(pod, "/spec/containers/0/image");
        if stuck || self.broken_images.contains(image) {
            let why = if stuck {
                "ContainerCreating"
            } else {
                "ImagePullBackOff"
            };
            return self.tell(direct, uid, why).await;
        }
        let Some((config, claim_uid)) = papers(direct, held) else {
            return;
        };
        let seat = (config.cluster_uid, config.number);
        if config.start == Start::Bootstrap && !self.disks.contains_key(&claim_uid) {
            check_founder(direct, S::KIND, &config.name, &claim_uid);
        }
        self.hand_over_disk(&config, &claim_uid);
        self.claim_disk(groups, seat, &claim_uid, uid);
        let held = self.pods.get_mut(uid).expect("it was noted");
        if held.address.is_empty() {
            self.addresses += 1;
            let a = self.addresses;
            held.address = format!("10.{}.{}.{}", a >> 16 & 255, a >> 8 & 255, a & 255);
        }
        held.seat = Some(seat);
        held.phase = Phase::Up;
        self.started += 1;
        let (start, members) = (config.start, config.members.len());
        let begins = groups.start(&config, now);
        self.notes.push(format!(
            "{} starts ({start:?}, told of {members} members{})",
            config.name,
            if begins { ", a cluster begins" } else { "" }
        ));
        self.tell(direct, uid, "").await;
    }

    /// A disk of the cluster of before becomes the first one of the cluster that goes on with it.
    fn hand_over_disk(&mut self, config: &AgentConfig, claim_uid: &str) {
        let former = config.former_cluster_uid.map(|uid| (uid, config.number));
        if former.is_some() && self.disks.get(claim_uid) == former.as_ref() {
            let seat = (config.cluster_uid, config.number);
            self.disks.insert(claim_uid.to_owned(), seat);
        }
    }

    /// The disk behind a claim: an empty one, if nothing of this member is on it.
    fn claim_disk<S: Kept>(
        &mut self,
        groups: &mut Groups<S>,
        seat: Seat,
        claim_uid: &str,
        pod_uid: &str,
    ) {
        let other = self.pods.iter().find(|(uid, held)| {
            uid.as_str() != pod_uid
                && held.seat == Some(seat)
                && matches!(held.phase, Phase::Up | Phase::Stopping)
                && groups.runs(seat)
        });
        if let Some((_, held)) = other {
            Violation::raise(
                "one process",
                format!(
                    "a second process of {} starts while the first one still runs on {}",
                    held.name, held.node
                ),
            );
        }
        match self.disks.get(claim_uid) {
            Some(on_it) if *on_it != seat => Violation::raise(
                "one cluster",
                format!("the disk of {on_it:?} is given to {seat:?}"),
            ),
            Some(_) => {}
            None => {
                // Whatever an earlier claim of this member held is not on this one.
                if groups.host(seat).is_some_and(|host| host.formatted) {
                    groups.lose_disk(seat);
                }
                self.disks.insert(claim_uid.to_owned(), seat);
            }
        }
    }

    /// Writes the pod's status: it runs, or what it waits for.
    async fn tell(&mut self, direct: &Direct, uid: &str, waiting: &'static str) {
        let held = self.pods.get_mut(uid).expect("it was noted");
        let told = if waiting.is_empty() {
            "Running"
        } else {
            waiting
        };
        let repeated = std::mem::replace(&mut held.told, told) == told;
        if repeated && told != "Running" {
            return;
        }
        let state = if waiting.is_empty() {
            json!({ "running": {}, "waiting": null })
        } else {
            json!({ "waiting": { "reason": waiting }, "running": null })
        };
        let phase = if held.address.is_empty() {
            "Pending"
        } else {
            "Running"
        };
        let mut status = json!({ "phase": phase, "containerStatuses": [{
            "name": "agent", "image": "", "imageID": "", "ready": waiting.is_empty(),
            "restartCount": held.restarts, "state": state,
        }]});
        if !held.address.is_empty() {
            status["podIP"] = json!(held.address);
        }
        let path = format!("{}/status", pod_path(&held.name));
        direct.merge(&path, &json!({ "status": status })).await;
    }

    /// A claim that is being deleted goes when no pod uses it, and its data with it.
    async fn release_claims<S: Kept>(
        &mut self,
        direct: &Direct,
        groups: &mut Groups<S>,
        pods: &[Arc<Value>],
    ) {
        let claims = direct.all(kinds::CLAIMS);
        for claim in claims.iter().filter(|claim| going(claim)) {
            let name = text(claim, "/metadata/name");
            if label(claim, names::LABEL_KIND).is_empty()
                || pods.iter().any(|pod| claim_of(pod) == name)
            {
                continue;
            }
            let released = json!({ "metadata": { "finalizers": null } });
            direct.merge(&claim_path(name), &released).await;
        }
        let there: BTreeSet<String> = direct
            .all(kinds::CLAIMS)
            .iter()
            .map(|claim| text(claim, "/metadata/uid").to_owned())
            .collect();
        let gone: Vec<String> = self
            .disks
            .keys()
            .filter(|uid| !there.contains(*uid))
            .cloned()
            .collect();
        for uid in gone {
            if let Some(seat) = self.disks.remove(&uid)
                && !self.disks.values().any(|other| *other == seat)
            {
                groups.lose_disk(seat);
            }
        }
    }
}

/// Its configuration, and the uid of its claim, once all of it is there.
fn papers(direct: &Direct, held: &Held) -> Option<(AgentConfig, String)> {
    let (base, number) = held.name.rsplit_once('-')?;
    let map = direct.one(kinds::MAPS, &format!("{base}-config-{number}"))?;
    direct.one(kinds::SECRETS, &format!("{base}-tls-{number}"))?;
    let claim = direct.one(kinds::CLAIMS, &held.claim)?;
    let config = match AgentConfig::parse(text(&map, "/data/agent.yaml")) {
        Ok(config) => config,
        Err(why) => Violation::raise(
            "configuration",
            format!(
                "{} gets a configuration that no agent takes: {why}",
                held.name
            ),
        ),
    };
    Some((config, text(&claim, "/metadata/uid").to_owned()))
}

/// A group begins on disks that most of its first claims name as the founders'.
fn check_founder(direct: &Direct, kind: Kind, name: &str, claim_uid: &str) {
    let claims = direct.all(kinds::CLAIMS);
    let first: Vec<_> = claims
        .iter()
        .filter(|claim| kind.is_ours(claim))
        .filter(|claim| !note(claim, names::INITIAL_MEMBERS).is_empty())
        .collect();
    let naming = first
        .iter()
        .filter(|claim| note(claim, names::FOUNDERS).contains(claim_uid));
    crate::demand!(
        "founding",
        2 * naming.count() > first.len(),
        "{name} begins on a disk that is not known as a founder's"
    );
}

/// A process that is told to end hands over first, if it leads.
fn hand_over<S: Kept>(groups: &mut Groups<S>, (cluster, number): Seat) {
    let node = synod_paxos::Node(number);
    let Some(group) = groups.group_mut(cluster) else {
        return;
    };
    if group.world.leader() == Some(node) {
        group.world.ask(node, crate::world::Asker::Admin, |ticket| {
            synod_replica::Request::Transfer { ticket, to: None }
        });
    }
}

/// The claim that a pod uses.
fn claim_of(pod: &Value) -> &str {
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    let mut claims = volumes.map(|volume| text(volume, "/persistentVolumeClaim/claimName"));
    claims.find(|name| !name.is_empty()).unwrap_or_default()
}
