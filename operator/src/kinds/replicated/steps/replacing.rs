//! Members whose data is lost, and those that take their place.

use synod_agent_api::{Change, MemberRole};

use super::standing::{is_lost, is_substitute, successor};
use super::{hand_over, membership};
use crate::action::Action;
use crate::child::ChildKind;
use crate::kinds::replicated::seat::{Seat, Start};
use crate::kinds::replicated::view::{Group, Lead};
use crate::kinds::replicated::{objects, restart};
use crate::mutation::mutated;

/// Puts a substitute that has caught up into the lost voter's place.
pub(super) fn take_over(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    let substitutes = group.numbers(|_, seat| {
        seat.is(MemberRole::Learner)
            && seat.is_serving()
            && seat.claim.as_ref().is_some_and(|c| c.replaces.is_some())
    });
    let number = substitutes.first().copied()?;
    let seat = &group.seats[&number];
    if !group.is_healthy(number, seat) {
        return None;
    }
    let lost = seat.claim.as_ref()?.replaces?;
    if !group.seats.get(&lost).is_some_and(Seat::votes) {
        return Some(membership(lead, Change::Promote { number }));
    }
    if lost == lead.number {
        // It is losing its claim but still leads: hand over, or with nobody else to lead become two first.
        let to = successor(group, lead).map(|to| hand_over(lead, to));
        return Some(to.unwrap_or_else(|| membership(lead, Change::Promote { number })));
    }
    Some(membership(
        lead,
        Change::Swap {
            out: lost,
            into: number,
        },
    ))
}

/// Begins to replace a member whose claim is gone: a new number, a new claim.
pub(super) fn replace_lost(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    let lost = group.numbers(|_, seat| is_lost(group, seat) && !seat.is_leaving());
    // Not counted in quorums: it goes, and a new one comes like any other.
    if let Some(number) = lost.iter().find(|number| !group.seats[*number].votes()) {
        let removal = membership(lead, Change::Remove { number: *number });
        return Some(sure(group, *number, removal));
    }
    if group
        .seats
        .values()
        .any(|seat| seat.is_serving() && is_substitute(group, seat))
    {
        return None;
    }
    let number = *lost.first()?;
    let claim = objects::claim(group, group.unused(lead), &Start::Join, false, Some(number));
    Some(sure(group, number, vec![Action::Create(claim)]))
}

/// `actions`, after a look at the API itself that the claim is gone, or as it was seen: the watch may be behind.
pub(super) fn sure(group: &Group, number: u64, actions: Vec<Action>) -> Vec<Action> {
    if mutated("replace-on-old-claims") {
        return actions;
    }
    let seen = restart::claim_is_seen(&group.seats[&number]);
    let first = claim_is_gone(group, number).or(seen);
    first.into_iter().chain(actions).collect()
}

/// Makes sure that a claim that was not seen is not there.
pub(super) fn claim_is_gone(group: &Group, number: u64) -> Option<Action> {
    let seen = group
        .seats
        .get(&number)
        .is_some_and(|seat| seat.claim.is_some());
    (!seen).then(|| Action::ConfirmGone {
        kind: ChildKind::Claim,
        name: group.names.claim(number),
    })
}
