//! No pods while `spec.hibernated` is true; claims, certificates, Services and the budget stay.
//!
//! All members stop at once, so there is no leader left to ask what is under way. Therefore it is announced on every claim
//! first, and that only while a leader confirms that no change of members is under way and every member's claim says
//! that it was in use: whatever happens in between, an empty disk is not taken for a beginning when they come back.

use super::plan::{annotate, checked, delete_pod, remove_note};
use super::restart::hold_pod;
use super::seat::{Claim, Seat};
use super::steps::{has_lost, is_settled};
use super::view::Group;
use crate::action::Action;
use crate::child::ChildKind;
use crate::mutation::mutated;
use crate::names;

/// How far a hibernation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not asked for.
    Awake,
    /// Asked for, but something must be finished first.
    Finishing,
    /// To be announced on the claims.
    Announcing,
    /// Announced: pods go.
    Stopping,
    /// No pods.
    Asleep,
    /// Still announced, but not asked for any more, or something must be finished first.
    Waking,
}

impl Phase {
    /// The phase that `group` is in.
    pub(super) fn of(group: &Group) -> Self {
        let marked = group.claims().any(|claim| claim.hibernated);
        if !group.spec.hibernated {
            return if marked { Self::Waking } else { Self::Awake };
        }
        if group.seats.values().all(|seat| seat.pod.is_none()) {
            return Self::Asleep;
        }
        // A claim that is being deleted goes with its pod, and the data with it: its member is replaced first.
        let losing = has_lost(group) && !mutated("hibernate-over-a-going-claim");
        let announced = marked && !losing && in_use(group).all(|claim| claim.hibernated);
        if announced || mutated("hibernate-in-a-change") {
            return Self::Stopping;
        }
        if is_settled(group) && !losing && in_use(group).all(|claim| claim.joined) {
            Self::Announcing
        } else if marked && !mutated("change-beside-a-stop") {
            // Somebody may be about to stop them all.
            Self::Waking
        } else {
            Self::Finishing
        }
    }
}

/// Claims of members, those too that are told to leave: one that is may still be a member.
fn in_use(group: &Group) -> impl Iterator<Item = &Claim> {
    group.claims().filter(|claim| !claim.retired && !claim.lost)
}

/// Notes on every claim that all members are to stop.
pub(super) fn announce(group: &Group) -> Vec<Action> {
    in_use(group)
        .filter(|claim| !claim.hibernated)
        .map(|claim| annotate(claim, names::HIBERNATED, "true"))
        .collect()
}

/// Takes the notes off, after a write on every pod that is there still, and a look whether those that are not seen are: what
/// somebody decided to stop before is not stopped after.
pub(super) fn wake(group: &Group) -> Vec<Action> {
    let spare = !mutated("wake-beside-a-stop");
    let unseen = group.numbers(|_, seat| {
        seat.pod.is_none() && seat.claim.as_ref().is_some_and(|claim| !claim.retired)
    });
    let gone = unseen.into_iter().map(|number| Action::ConfirmGone {
        kind: ChildKind::Pod,
        name: group.names.pod(number),
    });
    let held = group.seats.values().filter_map(hold_pod);
    let pods = gone.chain(held).filter(|_| spare);
    let noted = group.claims().filter(|claim| claim.hibernated);
    pods.chain(noted.map(|claim| remove_note(claim, names::HIBERNATED)))
        .collect()
}

/// Deletes every pod but those whose claim would go with it. The claims are written before: that is refused if one changed
/// meanwhile, and so ends a plan that is outdated; and it makes void what was decided on them as they were.
pub(super) fn stop(group: &Group) -> Vec<Action> {
    let spare = !mutated("hibernate-over-a-going-claim");
    let going = |seat: &Seat| spare && seat.claim.as_ref().is_some_and(|claim| claim.lost);
    let kept = group.seats.values().filter(|seat| !going(seat));
    let deletes: Vec<_> = kept
        .filter_map(|seat| seat.pod.as_ref().filter(|pod| !pod.deleting))
        .map(|pod| delete_pod(pod, "spec.hibernated is true"))
        .collect();
    if deletes.is_empty() {
        return deletes;
    }
    let guards = in_use(group).map(|claim| checked(&claim.seen));
    guards.chain(deletes).collect()
}
