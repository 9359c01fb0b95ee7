//! Members that leave: chosen, told, and removed.

use synod_agent_api::Change;

use super::replacing::sure;
use super::standing::{counts_as_learner, counts_as_voter, is_lost, successor};
use super::{hand_over, membership};
use crate::action::Action;
use crate::kinds::replicated::plan::annotate;
use crate::kinds::replicated::restart;
use crate::kinds::replicated::seat::Seat;
use crate::kinds::replicated::view::{Group, Lead, quorum};
use crate::mutation::mutated;
use crate::names;

/// Asks for the removal of a member that was told to leave.
pub(super) fn remove_leaving(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    let leaving = group.numbers(|_, seat| seat.member.is_some() && seat.is_leaving());
    leaving
        .into_iter()
        .rev()
        .find_map(|number| remove(group, lead, number))
}

/// Removes one member, unless what is left would be no quorum; a leader hands over first.
fn remove(group: &Group, lead: &Lead, number: u64) -> Option<Vec<Action>> {
    let seat = group.seats.get(&number)?;
    let mut actions = Vec::new();
    if seat.votes() {
        let voters = group.electorate();
        let left = left_without(group, number);
        let enough = voters > 1 && left >= quorum(voters - 1);
        let reckless = mutated("remove-below-quorum") && voters > 1;
        if !enough && !reckless {
            return None;
        }
        if number == lead.number {
            return successor(group, lead).map(|to| hand_over(lead, to));
        }
        // From now on fewer may be missing: nobody is taken down any more because more were there.
        actions = restart::hold(group, number);
        // And none of those that stay is losing its data.
        actions.extend(restart::claims_are_seen(group, number));
    }
    // The note may have been on a claim of before: a number comes again if the group never had it.
    let same = restart::claim_is_seen(seat).filter(|_| !mutated("remove-on-an-old-note"));
    actions.extend(same);
    actions.extend(membership(lead, Change::Remove { number }));
    Some(actions)
}

/// How many voters serve, and will, once `number` is removed. One whose claim is going serves until its pod ends, and never
/// again: it is replaced, or removed, before one that keeps its data is. Of those that are lost and leave, one is the first.
fn left_without(group: &Group, number: u64) -> usize {
    let is_lost = |seat: &Seat| is_lost(group, seat) && !mutated("count-the-lost");
    let itself_lost = group.seats.get(&number).is_some_and(is_lost);
    group.healthy_but(|n, seat| n == number || is_lost(seat) && !(itself_lost && seat.is_leaving()))
}

/// Chooses who leaves when there are more than asked for.
pub(super) fn shrink(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    if group
        .seats
        .values()
        .any(|seat| seat.member.is_some() && seat.is_leaving())
    {
        return None;
    }
    let wanted = |count: i32| usize::try_from(count).unwrap_or(0);
    let learners = group.numbers(|number, seat| counts_as_learner(group, number, seat));
    if learners.len() > wanted(group.spec.learners) {
        return send_away(group, lead, *learners.last()?);
    }
    let voters = group.numbers(|number, seat| counts_as_voter(group, number, seat));
    if voters.len() <= wanted(group.spec.members) {
        return None;
    }
    // Whoever is needed least: not yet added, not yet promoted, without its data, unheard of; the leader last, and among
    // equals the highest number.
    let least_needed = voters
        .into_iter()
        .enumerate()
        .min_by_key(|(position, number)| {
            let seat = &group.seats[number];
            let rank = if seat.member.is_none() {
                0
            } else if !seat.votes() {
                1
            } else if is_lost(group, seat) {
                2
            } else if !group.is_healthy(*number, seat) {
                3
            } else if *number == lead.number && !mutated("send-the-leader-first") {
                5
            } else {
                4
            };
            (rank, std::cmp::Reverse(*position))
        });
    send_away(group, lead, least_needed?.1)
}

/// Notes that the member leaves; one whose claim is gone already is removed at once.
fn send_away(group: &Group, lead: &Lead, number: u64) -> Option<Vec<Action>> {
    match &group.seats.get(&number)?.claim {
        Some(claim) => Some(vec![annotate(claim, names::LEAVING, "true")]),
        None => remove(group, lead, number).map(|actions| sure(group, number, actions)),
    }
}
