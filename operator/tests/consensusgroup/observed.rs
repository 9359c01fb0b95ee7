//! What the operator sees of the world: now, or as it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use synod_agent_api::{Kind, Status};
use synod_operator::agents::AgentSeen;
use synod_operator::authority::{Authority, Lag};
use synod_operator::child::{Child, ChildKind};
use synod_operator::kinds::{Decision, all};
use synod_operator::names::Key;
use synod_operator::observe::{Floor, NodesSeen, Observed};
use synod_operator::reasons::STATES;
use synod_operator::settings::Settings;

use crate::world::World;

/// What each watch has delivered so far.
#[derive(Clone, Default)]
pub(crate) struct View {
    kind: Kind,
    claims: Vec<Arc<Child>>,
    pods: Vec<Arc<Child>>,
    others: Vec<Arc<Child>>,
    agents: BTreeMap<u64, (String, Status)>,
    object: serde_json::Value,
    default_image: String,
    nodes: NodesSeen,
    authority: Option<Secret>,
    behind: BTreeMap<String, Lag>,
    now: Timestamp,
}

impl View {
    pub(crate) fn of(world: &World) -> Self {
        let mut view = Self::default();
        view.see_objects(world);
        view.see_claims(world);
        view.see_pods(world);
        view.see_others(world);
        view.see_agents(world);
        view
    }

    pub(crate) fn see_objects(&mut self, world: &World) {
        self.kind = world.kind;
        self.object = world.object();
        self.authority.clone_from(&world.trust.authority);
        self.behind.clone_from(&world.trust.behind);
        self.now = world.trust.now;
        self.nodes.clone_from(&world.nodes);
        self.default_image.clone_from(&world.default_image);
    }

    pub(crate) fn see_claims(&mut self, world: &World) {
        self.claims = world.objects.of(ChildKind::Claim);
    }

    pub(crate) fn see_pods(&mut self, world: &World) {
        self.pods = world.objects.of(ChildKind::Pod);
    }

    pub(crate) fn see_others(&mut self, world: &World) {
        let kinds = [
            ChildKind::Service,
            ChildKind::Secret,
            ChildKind::ConfigMap,
            ChildKind::Budget,
        ];
        self.others = kinds
            .iter()
            .flat_map(|kind| world.objects.of(*kind))
            .collect();
    }

    pub(crate) fn see_agents(&mut self, world: &World) {
        self.agents.clear();
        for pod in world.objects.of(ChildKind::Pod) {
            let Some(number) = crate::api::number(pod.meta()).filter(|n| !world.silent.contains(n))
            else {
                continue;
            };
            if let Some(mut status) = world.group.status(number) {
                world.trust.report(number, &mut status);
                self.agents
                    .insert(number, (pod.meta().uid.clone().unwrap_or_default(), status));
            }
        }
    }

    /// Whether the object itself is as it was seen.
    pub(crate) fn sees_the_object(&self, world: &World) -> bool {
        self.object == world.object()
    }

    /// What the agent of this member told is what it told in `earlier`.
    pub(crate) fn hear_again(&mut self, number: u64, earlier: &Self) {
        let told = earlier.agents.get(&number).cloned();
        self.agents.extend(told.map(|told| (number, told)));
    }

    /// What agents told is what they told in `earlier`.
    pub(crate) fn hear_all_again(&mut self, earlier: &Self) {
        self.agents.clone_from(&earlier.agents);
    }

    /// The agent of this member tells something else.
    pub(crate) fn hear(&mut self, number: u64, change: impl FnOnce(&mut Status)) {
        let (_, status) = self.agents.get_mut(&number).expect("an agent that answers");
        change(status);
    }

    /// The authority as an act that rests on this view has it.
    pub(crate) fn authority(&self) -> Option<Secret> {
        self.authority.clone()
    }

    pub(crate) fn decide(&self, floor: Option<Floor>) -> Decision {
        let children = self
            .claims
            .iter()
            .chain(&self.pods)
            .chain(&self.others)
            .map(stripped)
            .collect();
        let agents = self.agents.iter().map(|(number, (pod_uid, status))| {
            (
                *number,
                AgentSeen {
                    pod_uid: pod_uid.clone(),
                    status: status.clone(),
                },
            )
        });
        let observed = Observed {
            key: Key {
                kind: self.kind.to_string(),
                namespace: "ns".into(),
                name: "config".into(),
            },
            object: Arc::new(serde_json::from_value(self.object.clone()).expect("an object")),
            children,
            agents: agents.collect(),
            floor,
            authority: self
                .authority
                .as_ref()
                .and_then(Authority::of)
                .map(Arc::new),
            behind: self.behind.clone(),
            nodes: Some(Arc::new(self.nodes.clone())),
            settings: Arc::new(Settings {
                image: self.default_image.clone(),
                ..Settings::default()
            }),
            now: self.now,
            failure: None,
        };
        let mut kinds = all().into_iter();
        let kind = kinds.find(|kind| kind.resource().kind == self.kind.as_str());
        let kind = kind.expect("a kind that is served");
        let decision = kind.decide(&observed).expect("a group that decodes");
        let state = decision.facts.state.as_str();
        assert!(STATES.contains(&state), "{state} is not in the catalogue");
        decision
    }
}

/// As the operator's cache keeps it.
fn stripped(child: &Arc<Child>) -> Arc<Child> {
    let mut child = (**child).clone();
    child.strip();
    Arc::new(child)
}
