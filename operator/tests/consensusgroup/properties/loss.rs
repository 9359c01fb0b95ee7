//! Losses of data, by chance, and never more than the rules of the run allow: a claim as long as a quorum is left, or a quorum
//! and not all.

use synod_operator::child::{Child, ChildKind};

use super::dice::Dice;
use super::operator::Operator;
use crate::group::quorum;
use crate::world::World;

/// Of a group that works fewer voters keep their data than a quorum, but one at least.
pub(super) fn lose_quorum(world: &mut World, dice: &mut Dice) {
    let mut left = world.group.intact();
    let kept = quorum(world.group.voters().len()) - 1;
    if world.group.leader.is_none() || kept == 0 {
        return;
    }
    world.mishaps += 1;
    let kept = 1 + usize::try_from(dice.roll(kept as u64)).expect("small");
    let mut emptied = Vec::new();
    while left.len() > kept {
        let at = usize::try_from(dice.roll(left.len() as u64)).expect("small");
        let number = left.remove(at);
        let name = world.names.claim(number);
        let claim = world.objects.get(ChildKind::Claim, &name).cloned();
        match claim.filter(|_| dice.one_in(2)) {
            Some(claim) => {
                let pods = world.objects.of(ChildKind::Pod);
                let its =
                    |pod: &&std::sync::Arc<_>| crate::api::number(Child::meta(pod)) == Some(number);
                pods.iter().filter(its).for_each(|pod| world.lose_pod(pod));
                world.lose_claim(&claim);
            }
            None => emptied.push(number),
        }
    }
    world.group.lose_data(&emptied);
}

/// Somebody deletes a claim, or its volume breaks; never so many that the data is lost by that alone.
pub(super) fn lose_claim(world: &mut World, dice: &mut Dice, operators: &[Operator]) {
    let claims = world.objects.of(ChildKind::Claim);
    let Some(claim) = dice.pick(&claims).cloned() else {
        return;
    };
    let number = crate::api::number(claim.meta()).expect("a member's claim");
    let stays = |n: &u64| {
        let mut claims = claims
            .iter()
            .filter(|claim| crate::api::number(claim.meta()) == Some(*n));
        *n != number && claims.all(|claim| claim.meta().deletion_timestamp.is_none())
    };
    let left = world.group.intact().iter().filter(|n| stays(n)).count();
    let started = world.group.id > 1 || world.group.leader.is_some();
    if !started || left < quorum(world.group.voters().len()) {
        return;
    }
    // With the voter that is removed a moment later it would be one too many.
    let relied_on = |operator: &Operator| operator.relies_on(claim.name());
    if operators.iter().any(relied_on) {
        return;
    }
    // One that goes only when its pod does may belong to a voter by then, and be one too many.
    let votes = world.group.voters().contains(&number);
    if votes && dice.one_in(2) {
        world.objects.delete(ChildKind::Claim, claim.name());
    } else {
        let pods = world.objects.of(ChildKind::Pod);
        if let Some(pod) = pods
            .iter()
            .find(|pod| crate::api::number(pod.meta()) == Some(number))
        {
            world.lose_pod(pod);
        }
        world.lose_claim(&claim);
    }
}
