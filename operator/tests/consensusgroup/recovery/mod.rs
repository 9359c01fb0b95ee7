//! A group lost its quorum for good, and goes on with what one member has: what is done, when it is refused, and what would do
//! harm.

pub(crate) mod aftermath;
pub(crate) mod course;
pub(crate) mod decision;
pub(crate) mod refusal;
pub(crate) mod remains;

use serde_json::{Value, json};
use synod_operator::action::Action;
use synod_operator::child::{Child, ChildKind};
use synod_operator::names;

use crate::observed::View;
use crate::traces::{ready, try_run};
use crate::world::{UID, World};

/// Members of `numbers` have lost their claims and pods.
fn bereft(members: u64, numbers: &[u64]) -> World {
    let mut world = ready(json!({ "members": members }));
    for number in numbers {
        world.lose_pod_of(*number);
        world.lose_claim_of(*number);
    }
    world.settle();
    world
}

/// Members of `numbers` have lost what was on their volumes.
fn emptied(members: u64, numbers: &[u64]) -> World {
    let mut world = ready(json!({ "members": members }));
    world.group.lose_data(numbers);
    world
}

fn ask(world: &mut World, from: u64) {
    let given_up = world.group.cluster.expect("it began").to_string();
    let recovery = json!({ "from": from, "acceptDataLoss": given_up });
    world.edit("recovery", recovery);
}

/// The condition's reason and message.
fn told(world: &World) -> String {
    let view = View::of(world);
    let status = view.decide(world.floor).status;
    let all = status["conditions"].as_array().expect("conditions").clone();
    let found = all.iter().find(|condition| condition["type"] == "Recovery");
    let text = |found: &Value, name: &str| found[name].as_str().unwrap_or_default().to_owned();
    found.map_or("absent".to_owned(), |found| {
        format!("{}: {}", text(found, "reason"), text(found, "message"))
    })
}

/// Goes on until nothing is to be done: as asked for, in a cluster of its own, with nothing of the one before but its claims.
fn goes_on(world: &mut World) -> Result<String, String> {
    let lines = try_run(world)?;
    let state = &world.status["state"];
    if state != "Ready" {
        return Err(format!("ends as {state}: {}\n{lines}", told(world)));
    }
    let now = world.group.cluster.map(|cluster| cluster.to_string());
    if now.as_deref() == Some(UID) || world.status["clusterUid"] != json!(now) {
        return Err(format!("it is {now:?} still\n{lines}"));
    }
    for pod in world.objects.of(ChildKind::Pod) {
        if note(&pod, names::CLUSTER_UID) != now {
            return Err(format!("{} runs on\n{lines}", pod.name()));
        }
    }
    for claim in world.objects.of(ChildKind::Claim) {
        let is_kept = note(&claim, names::RETIRED).is_some();
        if (note(&claim, names::CLUSTER_UID) == now) == is_kept {
            return Err(format!("{} is not kept apart\n{lines}", claim.name()));
        }
    }
    Ok(lines)
}

fn note(object: &Child, name: &str) -> Option<String> {
    object.meta().annotations.as_ref()?.get(name).cloned()
}

fn carry_out(world: &mut World, actions: &[Action]) -> Result<(), String> {
    world.group.fresh = true;
    actions.iter().try_for_each(|action| world.act(action))
}
