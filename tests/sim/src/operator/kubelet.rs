//! Scheduler, kubelets and volumes in one: pods become processes of the simulated groups, claims their disks, nodes the
//! machines they run on. It reads the API as it is, and keeps what no API knows: which process really runs.

mod disks;
mod machines;
mod scheduling;
mod starting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::direct::{Direct, going, kinds, pod_path, text};
use super::groups::Groups;
use super::reach::Seat;
use super::subject::Kept;
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
