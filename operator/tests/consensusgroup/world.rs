//! The world that a plan acts on.

mod checks;

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateRunning, ContainerStateWaiting, ContainerStatus, PodSpec,
    PodStatus,
};
use serde_json::{Value, json};
use synod_agent_api::{AgentConfig, Change, InitialMember, Kind, MemberSpec};
use synod_operator::act::paper;
use synod_operator::action::{Action, Seen};
use synod_operator::child::{Child, ChildKind};
use synod_operator::kinds::profiles;
use synod_operator::names::{self, Names};
use synod_operator::observe::{Floor, NodeSeen, NodesSeen};

use crate::api::{Objects, Refused, number};
use crate::group::Group;

pub(crate) const UID: &str = "5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee";

/// Objects, group, and the object that all is for.
pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) names: Names,
    pub(crate) objects: Objects,
    pub(crate) group: Group,
    pub(crate) spec: Value,
    pub(crate) status: Value,
    pub(crate) uid: String,
    pub(crate) generation: i64,
    /// Authority, certificates, and who uses which.
    pub(crate) trust: crate::trust::Trust,
    pub(crate) floor: Option<Floor>,
    /// Members whose container does not start with this image.
    pub(crate) broken_image: Option<String>,
    /// A Secret that pods mount and nobody made.
    pub(crate) missing_secret: Option<String>,
    /// Agents that do not answer the operator.
    pub(crate) silent: Vec<u64>,
    /// The operator's default image.
    pub(crate) default_image: String,
    /// The nodes that the API shows.
    pub(crate) nodes: NodesSeen,
    /// The operator decided on the nodes that there are now.
    pub(crate) nodes_are_seen: bool,
    /// Nodes without power, whatever the API shows.
    pub(crate) dark: BTreeSet<String>,
    /// Volumes are only reached from the node that they were made on.
    pub(crate) local_volumes: bool,
    /// Voters that served until their pod was deleted, and do not again yet.
    pub(crate) down: BTreeSet<u64>,
    /// How many members fell ill, or lost something, by themselves.
    pub(crate) mishaps: u64,
    /// How many had when whoever acts now asked the members how they are, if it did in this round.
    pub(crate) asked: Option<u64>,
}

impl World {
    pub(crate) fn new(spec: Value) -> Self {
        Self::of(Kind::ConsensusGroup, spec)
    }

    /// With an object of this kind.
    pub(crate) fn of(kind: Kind, spec: Value) -> Self {
        let profile = profiles().into_iter().find(|profile| profile.kind == kind);
        let names = Names::new("config", profile.expect("a profile").short);
        Self {
            objects: Objects::default(),
            group: Group::of(kind),
            kind,
            names,
            spec,
            status: Value::Null,
            uid: UID.to_owned(),
            generation: 1,
            trust: crate::trust::Trust::default(),
            floor: None,
            broken_image: None,
            missing_secret: None,
            silent: Vec::new(),
            default_image: "agent:1".to_owned(),
            nodes: ["a", "b", "c"]
                .map(|name| (name.to_owned(), NodeSeen::default()))
                .into(),
            nodes_are_seen: false,
            dark: BTreeSet::new(),
            local_volumes: false,
            down: BTreeSet::new(),
            mishaps: 0,
            asked: None,
        }
    }

    /// The object is deleted, and one of the same name and spec is created. The garbage collector was there.
    pub(crate) fn recreate(&mut self) {
        let uid = self.uid.clone();
        let ours = |object: &Child| {
            let owners = object.meta().owner_references.clone().unwrap_or_default();
            owners.iter().any(|owner| owner.uid == uid)
        };
        for kind in [
            ChildKind::Pod,
            ChildKind::Service,
            ChildKind::Secret,
            ChildKind::ConfigMap,
            ChildKind::Budget,
            ChildKind::Claim,
        ] {
            for object in self.objects.of(kind).iter().filter(|object| ours(object)) {
                match kind {
                    ChildKind::Pod => self.lose_pod(object),
                    ChildKind::Claim => self.lose_claim(object),
                    _ => self.objects.finish(kind, object.name()),
                }
            }
        }
        self.group.leader = None;
        self.uid = "0d9c1a77-52b1-4c1e-8a41-6d1f0c0ffee0".to_owned();
        self.status = Value::Null;
        self.generation = 1;
        self.floor = None;
    }

    pub(crate) fn edit(&mut self, name: &str, value: Value) {
        self.spec[name] = value;
        self.generation += 1;
    }

    /// Carries out one action as `act` would.
    pub(crate) fn act(&mut self, action: &Action) -> Result<(), String> {
        let refused = |refused: Refused| format!("{refused:?}");
        match action {
            Action::CreateAuthority => self.trust.create_authority().map_err(refused)?,
            Action::Issue(issue) => self.issue(issue).map_err(refused)?,
            Action::Trust(seen) => self.tell_whom_to_trust(seen).map_err(refused)?,
            Action::GivePassword(seen) => {
                let patch = paper::with_password(format!("sesame-{}", seen.version));
                self.objects.patch(seen, &patch).map_err(refused)?;
            }
            Action::ConfirmFollowed => self.confirm_followed()?,
            Action::Rotate { seen, step } => self.trust.rotate(seen, *step).map_err(refused)?,
            Action::Create(object) => self.objects.create(object.clone()).map_err(refused)?,
            Action::Apply { seen, object } => self.objects.apply(seen, object).map_err(refused)?,
            Action::Patch { seen, patch } => self.objects.patch(seen, patch).map_err(refused)?,
            Action::Delete { seen, .. } => {
                self.objects.check(seen).map_err(refused)?;
                self.check_delete(seen.kind, &seen.name);
                self.objects.delete(seen.kind, &seen.name);
            }
            Action::ForceDelete { seen, node } => self.force_delete(seen, node).map_err(refused)?,
            Action::ConfirmGone { kind, name } => {
                if self.objects.get(*kind, name).is_some() {
                    return Err("it is there".into());
                }
            }
            Action::ConfirmNone { kind, labels, but } => {
                let has = |object: &Child| {
                    let all = object.meta().labels.clone().unwrap_or_default();
                    labels
                        .iter()
                        .all(|(name, value)| all.get(name) == Some(value))
                };
                let is_known = |object: &Child| but.iter().any(|name| name == object.name());
                let found = self.objects.of(*kind);
                if found.iter().any(|it| has(it) && !is_known(it)) {
                    return Err("there is one".into());
                }
            }
            Action::ConfirmUnchanged { seen } => self.objects.check(seen).map_err(refused)?,
            Action::ConfirmServing {
                via,
                configuration,
                without,
                members,
            } => {
                self.leads(*via, *configuration)?;
                let serving = self.group.healthy();
                let voters = self.group.voters();
                let mut all = members.iter().chain(&voters);
                if let Some(ill) = all.find(|n| *n != without && !serving.contains(n)) {
                    return Err(format!("{ill} does not serve"));
                }
                self.asked = Some(self.mishaps);
            }
            Action::ConfirmAiling {
                via,
                configuration,
                member,
                others,
            } => {
                self.leads(*via, *configuration)?;
                let serving = self.group.healthy();
                let voters = self.group.voters();
                let serving = voters
                    .iter()
                    .filter(|n| *n != member && serving.contains(n));
                if serving.count() < *others {
                    return Err("too few others serve".into());
                }
                let members = &self.group.members;
                let current = members.get(member).is_some_and(|member| member.caught_up);
                if current && self.group.runs(*member) {
                    return Err(format!("{member} serves again"));
                }
                self.asked = Some(self.mishaps);
            }
            Action::ConfirmConfiguration { via, configuration } => {
                self.leads(*via, *configuration)?;
            }
            Action::ConfirmQuorumLost {
                from,
                configuration,
                members,
                lost,
            } => {
                for number in members {
                    self.has_no_leader(*number, lost.contains(number))?;
                }
                let status = self.group.status(*from).ok_or("it does not answer")?;
                if status.configuration.id != *configuration {
                    return Err(format!("{from} knows another configuration"));
                }
            }
            Action::Membership { via, request } => {
                let voters = self.group.voters();
                let id = self.group.change(*via, request)?;
                let cluster = self.group.cluster.expect("a group that began");
                self.floor = Some(Floor { cluster, id });
                // One that did not vote leaves the quorum as it was.
                if matches!(request.change, Change::Remove { number } if voters.contains(&number)) {
                    self.check_change(&request.change);
                }
            }
            Action::Transfer { via, to } => self.group.transfer(*via, *to)?,
        }
        Ok(())
    }

    /// Whether this member leads this configuration.
    fn leads(&self, number: u64, configuration: u64) -> Result<(), String> {
        let leads = self.group.leader == Some(number) && self.group.runs(number);
        if leads && self.group.id == configuration {
            Ok(())
        } else {
            Err(format!(
                "{number} does not lead configuration {configuration}"
            ))
        }
    }

    /// Whether this member answers, hears of no leader, and lost what it promised, or did not.
    fn has_no_leader(&self, number: u64, lost: bool) -> Result<(), String> {
        let status = self.group.status(number);
        let status = status.filter(|_| !self.silent.contains(&number));
        let status = status.ok_or(format!("{number} does not answer"))?;
        if status.hears_leader() || status.has_promises() == lost {
            return Err(format!("{number} is not as it was"));
        }
        Ok(())
    }

    fn choose_node(&mut self, claim: &str, node: &str) {
        self.objects.change(ChildKind::Claim, claim, |claim| {
            let notes = claim.meta_mut().annotations.get_or_insert_default();
            notes.insert(SELECTED_NODE.to_owned(), node.to_owned());
        });
    }

    /// A node with power for the member, or the one that its volume is on, if that has power.
    fn node_for(&self, number: u64, chosen: Option<String>) -> Option<String> {
        let bright = |node: &&String| !self.dark.contains(*node);
        let nodes: Vec<_> = self.nodes.keys().filter(bright).collect();
        if let Some(node) = chosen {
            return nodes.contains(&&node).then_some(node);
        }
        let at = usize::try_from(number)
            .unwrap_or(0)
            .checked_rem(nodes.len())?;
        Some(nodes[at].clone())
    }

    /// The power of the member's node goes. Nothing tells the API so yet.
    pub(crate) fn darken(&mut self, number: u64) -> String {
        let pod = self.objects.get(ChildKind::Pod, &self.names.pod(number));
        let node = pod.and_then(node_of).expect("a pod on a node");
        self.dark.insert(node.clone());
        if let Some(disk) = self.group.disks.get_mut(&number) {
            disk.running = false;
        }
        self.group.settle();
        node
    }

    /// A node burns, its entry is deleted, and another one comes.
    pub(crate) fn lose_node(&mut self, node: &str) {
        self.dark.insert(node.to_owned());
        self.nodes.remove(node);
        let fresh = format!("n{}", self.dark.len());
        self.nodes.insert(fresh, NodeSeen::default());
        for pod in self.objects.of(ChildKind::Pod) {
            let its = node_of(&pod).is_some_and(|its| its == node);
            let disk = number(pod.meta()).and_then(|number| self.group.disks.get_mut(&number));
            disk.into_iter()
                .filter(|_| its)
                .for_each(|disk| disk.running = false);
        }
    }

    /// The API is asked for the node; a plan that saw the nodes as they are has no excuse.
    fn force_delete(&mut self, seen: &Seen, node: &str) -> Result<(), Refused> {
        self.objects.check(seen)?;
        let there = self.nodes.get(node);
        if there.is_some_and(|node| !node.out_of_service) {
            if self.nodes_are_seen {
                let pod = &seen.name;
                self.group
                    .violated(format!("{pod} may still run on node {node}"));
            }
            return Err(Refused::Changed);
        }
        let pod = self.objects.get(seen.kind, &seen.name).cloned();
        self.lose_pod(&pod.ok_or(Refused::Missing)?);
        Ok(())
    }

    /// What kubelet, volumes and members do by themselves in a moment.
    pub(crate) fn settle(&mut self) {
        self.end_pods();
        for claim in self.objects.of(ChildKind::Claim) {
            let used = number(claim.meta()).is_some_and(|n| self.pod_of(n));
            if claim.meta().deletion_timestamp.is_some() && !used {
                self.lose_claim(&claim);
            }
        }
        self.start_pods();
        self.group.settle();
        self.down = self.still_down();
        self.take_up_certificates();
    }

    fn pod_of(&self, wanted: u64) -> bool {
        self.objects
            .of(ChildKind::Pod)
            .iter()
            .any(|pod| number(pod.meta()) == Some(wanted))
    }

    fn end_pods(&mut self) {
        for pod in self.objects.of(ChildKind::Pod) {
            let dark = node_of(&pod).is_some_and(|node| self.dark.contains(&node));
            if pod.meta().deletion_timestamp.is_some() && !dark {
                if let Some(number) = number(pod.meta()) {
                    self.group.dismissed(number);
                }
                self.lose_pod(&pod);
            }
        }
    }

    /// The pod is gone, its process with it.
    pub(crate) fn lose_pod(&mut self, pod: &Child) {
        self.objects.finish(ChildKind::Pod, pod.name());
        if let Some(disk) = number(pod.meta()).and_then(|number| self.group.disks.get_mut(&number))
        {
            disk.running = false;
        }
    }

    /// The claim is gone, and what was on it.
    pub(crate) fn lose_claim(&mut self, claim: &Child) {
        self.objects.finish(ChildKind::Claim, claim.name());
        if let Some(number) = number(claim.meta()) {
            self.group.disks.remove(&number);
        }
    }

    /// As [`World::lose_pod`], by the member's number.
    pub(crate) fn lose_pod_of(&mut self, number: u64) {
        let pod = self.objects.get(ChildKind::Pod, &self.names.pod(number));
        let pod = pod.expect("a pod").clone();
        self.lose_pod(&pod);
    }

    /// As [`World::lose_claim`], by the member's number.
    pub(crate) fn lose_claim_of(&mut self, number: u64) {
        let claim = self
            .objects
            .get(ChildKind::Claim, &self.names.claim(number));
        let claim = claim.expect("a claim").clone();
        self.lose_claim(&claim);
    }

    fn start_pods(&mut self) {
        for child in self.objects.of(ChildKind::Pod) {
            let Child::Pod(pod) = &*child else { continue };
            if pod.status.is_some() {
                continue;
            }
            let Some(number) = number(&pod.metadata) else {
                continue;
            };
            let claim = format!("data-{}", child.name());
            let Some(claim) = self.objects.get(ChildKind::Claim, &claim) else {
                continue;
            };
            if claim.meta().deletion_timestamp.is_some() {
                continue;
            }
            let chosen = claim
                .meta()
                .annotations
                .as_ref()
                .and_then(|all| all.get(SELECTED_NODE));
            let chosen = chosen.filter(|_| self.local_volumes).cloned();
            let Some(node) = self.node_for(number, chosen) else {
                self.objects
                    .change(ChildKind::Pod, child.name(), unschedulable);
                continue;
            };
            let claim = claim.meta().uid.clone().unwrap_or_default();
            let waits = self.waits_for(pod.spec.as_ref());
            if waits.is_none() && !self.start(number, &claim, child.name()) {
                continue;
            }
            self.objects.change(ChildKind::Pod, child.name(), |pod| {
                set_status(pod, number, waits, &node)
            });
            if self.local_volumes {
                self.choose_node(&format!("data-{}", child.name()), &node);
            }
        }
    }

    /// Why a kubelet does not start the container.
    fn waits_for(&self, spec: Option<&PodSpec>) -> Option<&'static str> {
        let spec = spec?;
        let secrets = spec
            .volumes
            .iter()
            .flatten()
            .filter_map(|it| it.secret.as_ref());
        let mut names = secrets.filter_map(|it| it.secret_name.as_ref());
        if names.any(|name| Some(name) == self.missing_secret.as_ref()) {
            return Some("ContainerCreating");
        }
        (spec.containers[0].image == self.broken_image).then_some("ImagePullBackOff")
    }

    fn start(&mut self, number: u64, claim: &str, pod: &str) -> bool {
        let base = pod.rsplit_once('-').map_or(pod, |(base, _)| base);
        let config = self
            .objects
            .get(ChildKind::ConfigMap, &format!("{base}-config-{number}"));
        let Some(Child::ConfigMap(map)) = config else {
            return false;
        };
        let certificate = format!("{base}-tls-{number}");
        if self.objects.get(ChildKind::Secret, &certificate).is_none() {
            return false;
        }
        let text = &map.data.as_ref().expect("data")["agent.yaml"];
        let config = AgentConfig::parse(text).expect("a configuration that the agent takes");
        self.group.start(number, claim, &config)
    }

    /// Whether somebody else's object is as it was.
    pub(crate) fn object(&self) -> Value {
        json!({
            "apiVersion": "synod.dev/v1alpha1",
            "kind": self.kind.as_str(),
            "metadata": { "name": "config", "namespace": "ns", "uid": self.uid, "generation": self.generation },
            "spec": self.spec,
            "status": self.status,
        })
    }
}

/// On claims, by the scheduler.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

fn node_of(pod: &Child) -> Option<String> {
    pod.to_json()["spec"]["nodeName"]
        .as_str()
        .map(str::to_owned)
}

fn unschedulable(pod: &mut Child) {
    let Child::Pod(pod) = pod else { return };
    let condition = json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" });
    pod.status = Some(PodStatus {
        phase: Some("Pending".into()),
        conditions: serde_json::from_value(json!([condition])).expect("conditions"),
        ..PodStatus::default()
    });
}

fn set_status(pod: &mut Child, number: u64, waits: Option<&str>, node: &str) {
    let Child::Pod(pod) = pod else { return };
    pod.spec.get_or_insert_default().node_name = Some(node.to_owned());
    let running = waits.is_none().then(ContainerStateRunning::default);
    let waiting = waits.map(|reason| ContainerStateWaiting {
        reason: Some(reason.to_owned()),
        message: None,
    });
    pod.status = Some(PodStatus {
        phase: Some(
            if waits.is_none() {
                "Running"
            } else {
                "Pending"
            }
            .to_owned(),
        ),
        pod_ip: Some(format!("127.0.0.{number}")),
        container_statuses: Some(vec![ContainerStatus {
            name: "agent".into(),
            state: Some(ContainerState {
                running,
                waiting,
                terminated: None,
            }),
            ..ContainerStatus::default()
        }]),
        ..PodStatus::default()
    });
}

impl World {
    /// The cluster whose data is on the claims.
    pub(crate) fn cluster(&self) -> Option<synod_agent_api::ClusterUid> {
        let claims = self.objects.of(ChildKind::Claim);
        let annotations = claims.first()?.meta().annotations.clone()?;
        annotations.get(names::CLUSTER_UID)?.parse().ok()
    }
}

pub(crate) fn spec_of(member: &InitialMember) -> MemberSpec {
    MemberSpec {
        name: member.name.clone(),
        peer_address: member.peer_address.clone(),
        peer_urls: member.peer_urls.clone(),
        client_urls: member.client_urls.clone(),
    }
}
