//! Pods that are replaced by newer ones, one after the other.

use super::hand_over;
use super::standing::successor;
use crate::action::Action;
use crate::kinds::replicated::plan::{delete_pod, should_run};
use crate::kinds::replicated::seat::Seat;
use crate::kinds::replicated::view::{Group, Lead};
use crate::kinds::replicated::{config, restart};
use crate::mutation::mutated;

/// Replaces one pod that is made from an outdated template: those that serve nobody first, the leader last and after it
/// handed over, and only while every other member serves.
pub(super) fn roll(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    let template = config::template(group);
    let outdated = group.numbers(|number, seat| {
        // Upkeep sees to those that do not run.
        should_run(group, number, seat)
            && !seat.is_idle()
            && seat
                .pod
                .as_ref()
                .is_some_and(|pod| pod.template != template && !pod.deleting)
    });
    let number = outdated
        .into_iter()
        .enumerate()
        .min_by_key(|(position, number)| {
            let healthy = group.is_healthy(*number, &group.seats[number]);
            (
                healthy,
                *number == lead.number,
                std::cmp::Reverse(*position),
            )
        })?
        .1;
    let seat = &group.seats[&number];
    let because = "its template is outdated";
    if !group.is_healthy(number, seat) {
        return Some(restart::of_ailing(group, lead, number, because));
    }
    let ours_serve = group
        .seats
        .iter()
        .all(|(other, seat)| *other == number || !seat.votes() || serves(group, *other, seat));
    if mutated("roll-past-a-broken-pod") {
        return Some(vec![delete_pod(seat.pod.as_ref()?, because)]);
    }
    if !(ours_serve && group.foreign_serve()) {
        return Some(Vec::new());
    }
    if number == lead.number
        && let Some(to) = successor(group, lead)
    {
        return Some(hand_over(lead, to));
    }
    Some(restart::of_serving(group, lead, number, because))
}

/// Whether the member is ready in a pod that stays.
pub(super) fn serves(group: &Group, number: u64, seat: &Seat) -> bool {
    group.is_ready(number, seat)
        && seat
            .pod
            .as_ref()
            .is_some_and(|pod| !pod.deleting && !pod.ended)
}
