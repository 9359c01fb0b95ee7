//! What happens by itself, and what users do, besides crashes and stale reads: a draw for each round, of one kind for a run.

use serde_json::json;
use synod_operator::child::ChildKind;

use super::dice::Dice;
use super::loss::{lose_claim, lose_quorum};
use super::operator::Operator;
use crate::world::World;

/// What happens besides crashes and stale reads.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fate {
    /// Edits, and losses of pods, claims and nodes.
    Restless,
    /// The authority is replaced again and again, agents do not notice, and whatever else happens but rolls.
    Replaced,
    /// Quorums are lost for good, and the user names whom to go on with, rightly or wrongly.
    Bereft,
}

/// Something happens by itself, or somebody does something; what, if anything.
pub(super) fn disturb(
    world: &mut World,
    dice: &mut Dice,
    operators: &[Operator],
) -> Option<&'static str> {
    let fault = match dice.roll(40) {
        0 => {
            let members = *dice.pick(&[1, 3, 5, 7]).expect("some");
            world.edit("members", json!(members));
            "other number of members"
        }
        1 => {
            let learners = dice.roll(3);
            world.edit("learners", json!(learners));
            "other number of learners"
        }
        2 => {
            let image = format!("agent:{}", dice.roll(5));
            world.edit("image", json!(image));
            "other image"
        }
        3 => {
            world.broken_image = Some(format!("agent:{}", dice.roll(5)));
            "broken image"
        }
        4 => {
            world.broken_image = None;
            "mended image"
        }
        5 | 6 => {
            if let Some(pod) = dice.pick(&world.objects.of(ChildKind::Pod)) {
                world.lose_pod(&pod.clone());
                world.mishaps += 1;
            }
            "lost pod"
        }
        7 => {
            lose_claim(world, dice, operators);
            world.mishaps += 1;
            "lost claim"
        }
        8 => {
            let healthy = world.group.healthy();
            if world.group.leader.is_some()
                && let Some(next) = dice.pick(&healthy)
            {
                world.group.leader = Some(*next);
                world.group.round += 1;
            }
            "other leader"
        }
        9 => {
            let numbers: Vec<u64> = world.group.disks.keys().copied().collect();
            world.silent = dice.pick(&numbers).copied().into_iter().collect();
            "silent agent"
        }
        10 => {
            world.silent.clear();
            "agents that answer again"
        }
        11 => {
            world.edit("hibernated", json!(true));
            "hibernation"
        }
        12 | 13 if world.spec["hibernated"] == true => {
            world.edit("hibernated", json!(false));
            "end of hibernation"
        }
        14 => {
            let nodes: Vec<String> = world.nodes.keys().cloned().collect();
            let node = dice.pick(&nodes).expect("some");
            world.lose_node(node);
            world.mishaps += 1;
            "lost node"
        }
        _ => return None,
    };
    Some(fault)
}

/// The same, while the authority is replaced.
pub(super) fn replace_authority(
    world: &mut World,
    dice: &mut Dice,
    operators: &[Operator],
) -> Option<&'static str> {
    let numbers: Vec<u64> = world.group.disks.keys().copied().collect();
    let fault = match dice.roll(30) {
        0..3 => {
            world.trust.ask_for_another();
            "another authority is asked for"
        }
        3 => {
            world.trust.stuck = dice.pick(&numbers).copied().into_iter().collect();
            "agent that does not notice"
        }
        4 | 5 => {
            world.trust.stuck.clear();
            "agents that notice again"
        }
        6 => {
            world.silent = dice.pick(&numbers).copied().into_iter().collect();
            "silent agent"
        }
        7 | 8 => {
            world.silent.clear();
            "agents that answer again"
        }
        9 => {
            if let Some(pod) = dice.pick(&world.objects.of(ChildKind::Pod)) {
                world.lose_pod(&pod.clone());
                world.mishaps += 1;
            }
            "lost pod"
        }
        10 => {
            let members = *dice.pick(&[1, 3, 5, 7]).expect("some");
            world.edit("members", json!(members));
            "other number of members"
        }
        11 => {
            lose_claim(world, dice, operators);
            world.mishaps += 1;
            "lost claim"
        }
        12 => {
            world.edit("hibernated", json!(true));
            "hibernation"
        }
        13..15 if world.spec["hibernated"] == true => {
            world.edit("hibernated", json!(false));
            "end of hibernation"
        }
        _ => return None,
    };
    Some(fault)
}

/// Quorums are lost, and recoveries are asked for.
pub(super) fn bereave(world: &mut World, dice: &mut Dice) -> Option<&'static str> {
    let numbers: Vec<u64> = world.group.disks.keys().copied().collect();
    let fault = match dice.roll(24) {
        0 | 1 => {
            lose_quorum(world, dice);
            "lost quorum"
        }
        2..6 => {
            let from = dice.pick(&numbers).copied().unwrap_or(1);
            ask_for_recovery(world, from);
            "recovery is asked for"
        }
        6 => {
            world.edit("recovery", json!(null));
            "recovery is asked for no more"
        }
        7 => {
            world.silent = dice.pick(&numbers).copied().into_iter().collect();
            "silent agent"
        }
        8 | 9 => {
            world.silent.clear();
            "agents that answer again"
        }
        10 => {
            if let Some(pod) = dice.pick(&world.objects.of(ChildKind::Pod)) {
                world.lose_pod(&pod.clone());
                world.mishaps += 1;
            }
            "lost pod"
        }
        11 => {
            let members = *dice.pick(&[1, 3, 5]).expect("some");
            world.edit("members", json!(members));
            "other number of members"
        }
        12 => {
            world.edit("learners", json!(dice.roll(2)));
            "other number of learners"
        }
        13 => {
            world.edit("hibernated", json!(true));
            "hibernation"
        }
        14..16 if world.spec["hibernated"] == true => {
            world.edit("hibernated", json!(false));
            "end of hibernation"
        }
        _ => return None,
    };
    Some(fault)
}

pub(super) fn ask_for_recovery(world: &mut World, from: u64) {
    if let Some(cluster) = world.group.cluster {
        let recovery = json!({ "from": from, "acceptDataLoss": cluster.to_string() });
        world.edit("recovery", recovery);
    }
}
