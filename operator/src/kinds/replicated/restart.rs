//! Taking a running member down by choice: one at a time, whoever decides, and however old what was seen is.
//!
//! A delete names the pod that goes; that it does no harm rests on the others. So whoever takes one down first asks the
//! members themselves and looks at all claims at the API, and then writes on the pods of all the others, each in the version
//! in which it was seen. This way
//!
//! 1. what was seen of the others is true: a pod that is going, or was made anew, has another version, and the round ends;
//! 2. what somebody decided about the others before is void: it names versions that are of the past.
//!
//! So of two restarts at most one is carried out, whoever decided them and whenever they arrive. Both would have to write on
//! the other's pod before they delete their own; each delete holds for the version that the other's write left, so each
//! operator must have looked after the other one wrote, and so after the other one looked: one of them cannot. No lock is
//! held, so none can be left behind.
//!
//! The removal of a voter is kept apart in the same way: it is noted on a claim, which a restart would see, before it writes on
//! the others' pods, which makes a restart void that did not see it.
//!
//! What can still happen is that a member falls ill by itself in the moment between its answer and the delete.

use super::plan::{checked, delete_pod};
use super::seat::Seat;
use super::view::{Group, Lead, quorum};
use crate::action::Action;
use crate::mutation::mutated;

/// Deletes the pod of `number` because its member does not serve: that it does not is asked for first. A voter whose process
/// runs may be back in a moment, and wanted: it is left alone while the others that serve are no quorum.
pub(super) fn of_ailing(group: &Group, lead: &Lead, number: u64, because: &str) -> Vec<Action> {
    let Some(seat) = group.seats.get(&number) else {
        return Vec::new();
    };
    let runs = seat.pod.as_ref().is_some_and(|pod| pod.running);
    let wanted = seat.votes() && runs && !mutated("restart-whoever-ails");
    let others = if wanted {
        quorum(group.electorate())
    } else {
        0
    };
    // By their own word too: the leader takes one for well whose process ended a moment ago.
    let silent =
        |n: u64, seat: &Seat| n == number || !seat.agent.as_ref().is_some_and(|it| it.ready);
    if group.healthy_but(silent) < others {
        return Vec::new();
    }
    let ails = Action::ConfirmAiling {
        via: lead.number,
        configuration: lead.configuration,
        member: number,
        others,
    };
    restart(group, number, ails, because)
}

/// Deletes the pod of `number` although its member serves: that all others serve is asked for first.
pub(super) fn of_serving(group: &Group, lead: &Lead, number: u64, because: &str) -> Vec<Action> {
    let serve = Action::ConfirmServing {
        via: lead.number,
        configuration: lead.configuration,
        without: number,
        members: group.numbers(|other, seat| other != number && seat.votes()),
    };
    restart(group, number, serve, because)
}

fn restart(group: &Group, number: u64, sure: Action, because: &str) -> Vec<Action> {
    let Some(seat) = group.seats.get(&number) else {
        return Vec::new();
    };
    let sure = (!mutated("restart-on-old-answers")).then_some(sure);
    let claims = claims_are_seen(group, number);
    let others = (!mutated("restart-beside-another")).then(|| hold(group, number));
    let before = sure
        .into_iter()
        .chain(claims)
        .chain(others.into_iter().flatten());
    before.chain(delete(seat, because)).collect()
}

/// Makes sure of the claims of all members but `number`.
pub(super) fn claims_are_seen(group: &Group, number: u64) -> impl Iterator<Item = Action> {
    let others = group
        .seats
        .iter()
        .filter(move |(other, seat)| **other != number && seat.member.is_some());
    others.filter_map(|(_, seat)| claim_is_seen(seat))
}

/// Deletes the seat's pod, after a look at its claim: the data of a claim that is going goes with its pod.
pub(super) fn delete(seat: &Seat, because: &str) -> Vec<Action> {
    let delete = seat.pod.as_ref().map(|pod| delete_pod(pod, because));
    claim_is_seen(seat).into_iter().chain(delete).collect()
}

/// Makes sure that the seat's claim is as it was seen: not going, and without a note that the member is to leave.
pub(super) fn claim_is_seen(seat: &Seat) -> Option<Action> {
    let claim = seat
        .claim
        .as_ref()
        .filter(|_| !mutated("restart-on-old-claims"))?;
    Some(Action::ConfirmUnchanged {
        seen: claim.seen.clone(),
    })
}

/// Writes on the pods of all members but `number`: what was decided about them before is void, and if one is not as it was
/// seen, the round ends.
pub(super) fn hold(group: &Group, number: u64) -> Vec<Action> {
    let others = group
        .seats
        .iter()
        .filter(|(other, seat)| **other != number && seat.member.is_some());
    others.filter_map(|(_, seat)| hold_pod(seat)).collect()
}

/// Writes on the seat's pod, if it has one that is to stay.
pub(super) fn hold_pod(seat: &Seat) -> Option<Action> {
    let pod = seat.pod.as_ref().filter(|pod| !pod.deleting)?;
    Some(checked(&pod.seen))
}
