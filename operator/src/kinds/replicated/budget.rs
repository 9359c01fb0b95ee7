//! The disruption budget: at most one voter is evicted at a time, and never one whose loss would take the quorum.
//!
//! It counts whoever votes or will: a member from before it is added until after it is removed, and a voter whose claim
//! is lost for as long as the configuration has it; also those of whom only a pod or a place in the configuration is seen, since
//! news of claims may be older than others. So it rises before a member is added and falls after one is removed and its pod is
//! gone, and a group that has lost voters is not evicted below its quorum.

use super::objects;
use super::plan::{ensure, is_out, owned};
use super::seat::Seat;
use super::view::{Group, Lead};
use crate::action::{Action, Seen};
use crate::child::{Child, ChildKind};
use crate::mutation::mutated;

/// Creates, changes or removes the budget. It falls only after the leader was asked, and the API whether there is a voter's pod
/// that is not known here: what is known of the group may be older than what raised it.
pub(super) fn budget(group: &Group) -> Vec<Action> {
    let existing = existing(group);
    let wanted = wanted(group);
    let falls = existing.is_some_and(|budget| wanted < least(budget));
    let change = match wanted {
        0 => existing.map(|budget| Action::Delete {
            seen: Seen::of(budget),
            because: "a single member has no budget".into(),
        }),
        least => ensure(group, objects::budget(group, least)),
    };
    let unsure = falls && change.is_some() && !mutated("lower-the-budget-on-old-news");
    let sure = unsure.then(|| nobody_else(group));
    sure.into_iter().flatten().chain(change).collect()
}

/// Makes sure that nobody votes or will who is not known here.
fn nobody_else(group: &Group) -> Vec<Action> {
    let known = group.seats.values().filter_map(|seat| seat.pod.as_ref());
    let none = Action::ConfirmNone {
        kind: ChildKind::Pod,
        labels: objects::voters(group),
        but: known.map(|pod| pod.seen.name.clone()).collect(),
    };
    let lead = group.lead.as_ref().map(Lead::confirmed);
    lead.into_iter().chain([none]).collect()
}

/// Steps that bring in a member, after a look whether the budget still is what was seen to be enough: somebody who knows less may
/// have lowered it.
pub(super) fn guarded(group: &Group, steps: Vec<Action>) -> Vec<Action> {
    let brings_in = steps.iter().any(Action::brings_in_a_member);
    let budget = existing(group).filter(|_| brings_in);
    let same = budget.map(|budget| Action::ConfirmUnchanged {
        seen: Seen::of(budget),
    });
    same.into_iter().chain(steps).collect()
}

/// Whether the budget keeps as many as it should, or more.
pub(super) fn is_enough(group: &Group) -> bool {
    existing(group).map_or(0, least) >= wanted(group)
}

fn existing(group: &Group) -> Option<&Child> {
    owned(group, ChildKind::Budget, group.names.base())
}

/// How many pods must stay.
fn wanted(group: &Group) -> i32 {
    let counted = group.numbers(|n, seat| counts(group, n, seat)).len();
    // Without a leader nobody can tell who votes: what was to be kept before is not lowered.
    let before = existing(group).filter(|_| group.lead.is_none());
    at_least(counted, steady(group, counted)).max(before.map_or(0, least))
}

/// How many vote now and after the change that is under way; 0 where that cannot be told, so that nobody is evicted.
fn steady(group: &Group, counted: usize) -> usize {
    match group.lead {
        Some(_) => group
            .numbers(|_, seat| seat.votes() && !seat.is_leaving())
            .len(),
        None if is_made_again(group) && !mutated("budget-by-claims-of-before") => 0,
        None => counted,
    }
}

/// How many of `counted` pods must stay while `steady` of their members vote throughout: all but one, but where one of
/// one or two voters may be hit, all. 0 where there is nothing to keep.
fn at_least(counted: usize, steady: usize) -> i32 {
    let least = match (counted, steady) {
        (..=1, _) => 0,
        (_, ..=2) => counted,
        _ => counted - 1,
    };
    i32::try_from(least).unwrap_or(i32::MAX)
}

/// Whether there is a group already, and nothing that tells how many of its pods must stay: one of its claims may be a
/// newcomer's, and that of a voter may be lost. Who votes its leader will tell.
fn is_made_again(group: &Group) -> bool {
    existing(group).is_none() && group.claims().any(|claim| claim.joined)
}

fn counts(group: &Group, number: u64, seat: &Seat) -> bool {
    let meant = seat
        .claim
        .as_ref()
        .is_some_and(|claim| !claim.retired && !claim.learner);
    // The pod of a removed member is one that could be evicted instead of a voter's, for as long as it is there.
    let there = seat.pod.is_some() || !is_out(group, number, seat);
    if mutated("budget-of-claims-only") {
        return meant && there;
    }
    // Old news may have made a pod from a claim of before, which was meant for another role; and of one that is new the claim
    // may not be seen yet.
    let runs_as_voter = seat.pod.as_ref().is_some_and(|pod| pod.is_voters);
    let unseen = seat.member.is_some() && seat.claim.is_none() && seat.pod.is_none();
    meant && there || runs_as_voter || seat.votes() || unseen
}

/// How many must stay by an existing budget.
fn least(budget: &Child) -> i32 {
    let least = budget.to_json()["spec"]["minAvailable"].as_i64();
    least.and_then(|n| i32::try_from(n).ok()).unwrap_or(0)
}
