//! The end of a run: nothing goes wrong any more, and what is checked then.

use serde_json::json;
use synod_operator::child::{Child, ChildKind};
use synod_operator::names;

use super::fate::ask_for_recovery;
use crate::group::quorum;
use crate::world::World;

/// The faults stop: all must become as asked for, and then nothing more is written.
pub(super) fn calm(world: &mut World) -> Result<(), String> {
    world.silent.clear();
    world.asked = None;
    world.floor = None;
    world.broken_image = None;
    world.edit("hibernated", json!(false));
    let intact = world.group.intact();
    if intact.len() < quorum(world.group.voters().len())
        && let Some(from) = intact.first()
    {
        clear_away_removed(world);
        ask_for_recovery(world, *from);
    }
    // A kubelet tries again to start what could not be started.
    for pod in world.objects.of(ChildKind::Pod) {
        world.objects.change(ChildKind::Pod, pod.name(), |pod| {
            if let synod_operator::child::Child::Pod(pod) = pod
                && pod
                    .status
                    .as_ref()
                    .is_some_and(|s| s.phase.as_deref() == Some("Pending"))
            {
                pod.status = None;
            }
        });
    }
    world.trust.stuck.clear();
    world.settle();
    let lines = world.finish_rotation()?;
    let told = |name: &str| world.status[name].to_string();
    let spec = |name: &str, default: u64| world.spec[name].as_u64().unwrap_or(default).to_string();
    let found = [
        told("state"),
        told("members"),
        told("readyMembers"),
        told("learners"),
    ];
    let wanted = [
        "\"Ready\"".to_owned(),
        spec("members", 3),
        spec("members", 3),
        spec("learners", 0),
    ];
    if found != wanted {
        return Err(format!(
            "ends as {found:?}, not {wanted:?}: {}\n{lines}",
            world.status
        ));
    }
    let expected = world.group.members.len();
    for kind in [ChildKind::Pod, ChildKind::Claim, ChildKind::ConfigMap] {
        let mut left = world.objects.of(kind);
        left.retain(|object| !is_kept(world, object));
        if left.len() != expected {
            let names: Vec<_> = left.iter().map(|object| object.name()).collect();
            let members: Vec<_> = world.group.members.keys().collect();
            return Err(format!(
                "{kind}s {names:?} are left for {members:?}\n{lines}"
            ));
        }
    }
    Ok(())
}

/// A person knows who was removed, which those that are left need not: what is left of the others is deleted.
fn clear_away_removed(world: &mut World) {
    let is_member = |object: &Child| {
        let number = crate::api::number(object.meta()).expect("a member's");
        world.group.members.contains_key(&number)
    };
    let mut left = world.objects.of(ChildKind::Pod);
    left.extend(world.objects.of(ChildKind::Claim));
    left.retain(|object| !is_member(object));
    for object in left {
        match object.kind() {
            ChildKind::Pod => world.lose_pod(&object),
            _ => world.lose_claim(&object),
        }
    }
}

/// Whether it is a claim of a cluster that was given up.
fn is_kept(world: &World, object: &Child) -> bool {
    let notes = object.meta().annotations.as_ref();
    let cluster = notes.and_then(|all| all.get(names::CLUSTER_UID));
    let now = world.group.cluster.map(|cluster| cluster.to_string());
    object.kind() == ChildKind::Claim && cluster != now.as_ref()
}
