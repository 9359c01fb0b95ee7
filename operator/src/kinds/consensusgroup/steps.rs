//! The one change of members that is next, if any.
//!
//! Rests on the leader's word alone: without a leader nothing is changed. A removal is announced on the claim
//! (`leaving`) before it is asked for, asked for with the id of the configuration it rests on, and confirmed by the
//! leader's configuration before pod and claim go. A lost voter's place is taken by an atomic swap, so the number of
//! voters never becomes even on the way.

use synod_agent_api::{Change, ConfigurationRequest, MemberRole, MemberStatus};
use synod_crds::RetentionPolicy;

use super::nodes::is_stranded;
use super::plan::{annotate, delete_pod, is_out, should_run};
use super::seat::{Claim, Seat, Start, number_of};
use super::view::{Group, Lead};
use super::{config, objects, restart};
use crate::action::{Action, Seen};
use crate::child::ChildKind;
use crate::mutation::mutated;
use crate::names;

/// The first step that applies; an empty one waits for something that is under way.
pub(super) fn steps(group: &Group) -> Vec<Action> {
    let Some(lead) = &group.lead else {
        return Vec::new();
    };
    after_retiring(group, || {
        remove_leaving(group, lead)
            .or_else(|| shrink(group, lead))
            .or_else(|| take_over(group, lead))
            .or_else(|| replace_lost(group, lead))
            .or_else(|| admit(group, lead))
            .or_else(|| relieve(group, lead))
            .or_else(|| is_busy(group).then(Vec::new))
            .or_else(|| grow(group, lead))
            .or_else(|| roll(group, lead))
            .or_else(|| update(group, lead))
    })
}

/// Only what brings a change that was begun to its end, or replaces what is lost.
pub(super) fn finish(group: &Group) -> Vec<Action> {
    let Some(lead) = &group.lead else {
        return Vec::new();
    };
    after_retiring(group, || {
        remove_leaving(group, lead)
            .or_else(|| take_over(group, lead))
            .or_else(|| replace_lost(group, lead))
            .or_else(|| admit(group, lead))
            .or_else(|| relieve(group, lead))
    })
}

/// The step that is next, after what is left of members that are gone; if that takes a new configuration, the step rests on an
/// old one and waits.
fn after_retiring(group: &Group, step: impl Fn() -> Option<Vec<Action>>) -> Vec<Action> {
    let mut actions = retire(group);
    let is_call = |action: &Action| matches!(action, Action::Membership { .. });
    if !actions.iter().any(is_call) {
        actions.extend(step().unwrap_or_default());
    }
    actions
}

/// Whether the leader confirms that no change of members is under way, and nothing is left of one.
pub(super) fn is_settled(group: &Group) -> bool {
    let left = group.numbers(|n, seat| seat.pod.is_some() && is_out(group, n, seat));
    group.lead.is_some() && !is_busy(group) && left.is_empty() && retire(group).is_empty()
}

/// Whether a member is known to have lost its claim, or to be losing it.
pub(super) fn has_lost(group: &Group) -> bool {
    group.seats.values().any(|seat| is_lost(group, seat))
}

/// How many voters are a quorum of `voters`.
const fn quorum(voters: usize) -> usize {
    voters / 2 + 1
}

fn membership(lead: &Lead, change: Change) -> Vec<Action> {
    let expected = (!mutated("membership-without-id")).then_some(lead.configuration);
    vec![Action::Membership {
        via: lead.number,
        request: ConfigurationRequest { expected, change },
    }]
}

// --- Who there is, and who there will be. ---

/// Claims of members that are still to be added.
fn is_pending(group: &Group, number: u64, seat: &Seat) -> bool {
    seat.member.is_none() && seat.is_serving() && !is_out(group, number, seat)
}

/// Whether its claim, and with it its data, is gone or going, or out of reach for good. A claim that is not seen may be a
/// watch that is behind: see [`sure`].
fn is_lost(group: &Group, seat: &Seat) -> bool {
    let gone = seat.claim.as_ref().is_none_or(|claim| claim.lost);
    seat.member.is_some() && (gone || is_stranded(group, seat))
}

/// Whether the seat takes the place of a voter that is still in the configuration.
fn is_substitute(group: &Group, seat: &Seat) -> bool {
    let lost = seat.claim.as_ref().and_then(|claim| claim.replaces);
    !seat.votes()
        && lost
            .and_then(|lost| group.seats.get(&lost))
            .is_some_and(Seat::votes)
}

/// Whether it votes, or will, when all that is under way is done.
fn counts_as_voter(group: &Group, number: u64, seat: &Seat) -> bool {
    if seat.is_leaving() || is_substitute(group, seat) {
        return false;
    }
    let will = is_pending(group, number, seat) || seat.is(MemberRole::Learner) && seat.is_serving();
    let meant = seat.claim.as_ref().is_some_and(|claim| !claim.learner);
    seat.votes() || seat.is(MemberRole::Joining) || will && meant
}

fn counts_as_learner(group: &Group, number: u64, seat: &Seat) -> bool {
    let meant = seat.claim.as_ref().is_none_or(|claim| claim.learner);
    let there = seat.is(MemberRole::Learner) || is_pending(group, number, seat);
    there && meant && !seat.is_leaving()
}

/// Whether a change of members is under way.
fn is_busy(group: &Group) -> bool {
    group.seats.iter().any(|(number, seat)| {
        is_pending(group, *number, seat)
            || seat.is(MemberRole::Joining)
            || seat.member.is_some() && seat.is_leaving()
            || is_substitute(group, seat)
    })
}

/// The best voter to lead instead of the one that leads.
fn successor(group: &Group, lead: &Lead) -> Option<u64> {
    let template = config::template(group);
    let able = group.numbers(|number, seat| {
        number != lead.number
            && seat.votes()
            && !seat.is_leaving()
            && !is_lost(group, seat)
            && group.is_ready(number, seat)
    });
    let current = |n: &u64| {
        group.seats[n]
            .pod
            .as_ref()
            .is_some_and(|pod| pod.template == template && !pod.deleting)
    };
    able.iter()
        .copied()
        .find(current)
        .or_else(|| able.first().copied())
}

fn hand_over(lead: &Lead, to: u64) -> Vec<Action> {
    vec![Action::Transfer {
        via: lead.number,
        to,
    }]
}

// --- Removing. ---

/// Asks for the removal of a member that was told to leave.
fn remove_leaving(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
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
fn shrink(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
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

/// Takes away what is left of members that the configuration confirms to be gone.
fn retire(group: &Group) -> Vec<Action> {
    let gone = group.numbers(|number, seat| is_out(group, number, seat));
    let mut actions: Vec<_> = gone
        .iter()
        .filter_map(|number| retire_pod(&group.seats[number]))
        .collect();
    actions.extend(retire_papers(group));
    for number in &gone {
        let seat = &group.seats[number];
        let claim = seat
            .claim
            .as_ref()
            .filter(|claim| !claim.retired && !claim.deleting);
        actions.extend(
            claim
                .filter(|_| seat.pod.is_none())
                .map(|claim| retire_claim(group, claim)),
        );
    }
    if actions.is_empty() {
        return actions;
    }
    surely_out(group, &gone)
        .into_iter()
        .chain(actions)
        .collect()
}

/// A number that was in use is never in use again. One that was not may be coming into use: somebody who did not see that the
/// member is out may have looked at its claim, and be about to add it. That claim is gone, or says by now that the member is
/// out, so nobody who looks from now on adds it. Whoever looked before rests on a configuration, which a new one that
/// changes nothing makes old: his call is refused from then on, and if it came before, ours is.
fn surely_out(group: &Group, gone: &[u64]) -> Vec<Action> {
    let open = |lead: &&Lead| gone.iter().any(|number| *number > lead.highest);
    let Some(lead) = group.lead.as_ref().filter(open) else {
        return Vec::new();
    };
    let unseen = gone
        .iter()
        .filter(|number| **number > lead.highest && !mutated("retire-on-old-claims"));
    let mut actions: Vec<_> = unseen
        .filter_map(|number| claim_is_gone(group, *number))
        .collect();
    if !mutated("retire-on-an-old-list") {
        actions.extend(membership(lead, unchanged(lead)));
    }
    actions
}

/// A change of the configuration that changes nothing but its id.
fn unchanged(lead: &Lead) -> Change {
    Change::Update {
        number: lead.number,
        member: lead.itself.clone(),
    }
}

fn retire_pod(seat: &Seat) -> Option<Action> {
    let pod = seat.pod.as_ref().filter(|pod| !pod.deleting)?;
    Some(delete_pod(pod, "its member was removed"))
}

/// Configurations and certificates of members that are gone, whose pods are gone too.
fn retire_papers(group: &Group) -> Vec<Action> {
    let gone = |number: u64| match group.seats.get(&number) {
        Some(seat) => seat.pod.is_none() && is_out(group, number, seat),
        None => true,
    };
    let papers = group
        .owned
        .values()
        .filter(|child| number_of(child.meta()).is_some_and(gone));
    papers
        .filter(|child| child.meta().deletion_timestamp.is_none())
        .map(|child| Action::Delete {
            seen: Seen::of(child),
            because: "its member was removed".into(),
        })
        .collect()
}

/// Deletes or keeps the claim. One that was never in use holds nothing to keep.
fn retire_claim(group: &Group, claim: &Claim) -> Action {
    if claim.joined && group.spec.storage.retention.when_scaled == RetentionPolicy::Retain {
        return annotate(claim, names::RETIRED, "true");
    }
    Action::Delete {
        seen: claim.seen.clone(),
        because: "its member was removed".into(),
    }
}

// --- Replacing. ---

/// Puts a substitute that has caught up into the lost voter's place.
fn take_over(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
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
fn replace_lost(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
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
fn sure(group: &Group, number: u64, actions: Vec<Action>) -> Vec<Action> {
    if mutated("replace-on-old-claims") {
        return actions;
    }
    let seen = restart::claim_is_seen(&group.seats[&number]);
    let first = claim_is_gone(group, number).or(seen);
    first.into_iter().chain(actions).collect()
}

/// Makes sure that a claim that was not seen is not there.
fn claim_is_gone(group: &Group, number: u64) -> Option<Action> {
    let seen = group
        .seats
        .get(&number)
        .is_some_and(|seat| seat.claim.is_some());
    (!seen).then(|| Action::ConfirmGone {
        kind: ChildKind::Claim,
        name: group.names.claim(number),
    })
}

// --- Adding. ---

/// Adds a pending member whose agent is up and waits to be contacted; one at a time.
fn admit(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    if group
        .seats
        .values()
        .any(|seat| seat.is(MemberRole::Joining))
    {
        return None;
    }
    let ready =
        group.numbers(|number, seat| is_pending(group, number, seat) && seat.agent.is_some());
    let number = *ready.first()?;
    let claim = group.seats[&number].claim.as_ref()?;
    let learner = claim.learner || is_substitute(group, &group.seats[&number]);
    // It may have been told to leave, or be gone, which is not seen yet.
    let mut actions = Vec::new();
    if claim.is_new() {
        actions.push(annotate(claim, names::ADMITTED, "true"));
    } else {
        actions.extend(restart::claim_is_seen(&group.seats[&number]));
    }
    actions.extend(membership(
        lead,
        Change::Add {
            number,
            learner,
            member: config::advertised(group, number),
        },
    ));
    Some(actions)
}

/// Begins to add a voter or learner: its claim first, its pod follows.
fn grow(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    let count = |test: fn(&Group, u64, &Seat) -> bool| {
        i32::try_from(
            group
                .numbers(|number, seat| test(group, number, seat))
                .len(),
        )
        .unwrap_or(i32::MAX)
    };
    let learner = if count(counts_as_voter) < group.spec.members {
        false
    } else if count(counts_as_learner) < group.spec.learners {
        true
    } else {
        return None;
    };
    Some(begin_to_add(group, lead, learner))
}

/// Begins to add a voter beside the last one, if that was told to leave: of two operators each chose another one.
fn relieve(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    let stays = group.numbers(|number, seat| counts_as_voter(group, number, seat));
    let last = group.electorate() == 1 && stays.is_empty() && !mutated("leave-the-last-alone");
    last.then(|| begin_to_add(group, lead, false))
}

fn begin_to_add(group: &Group, lead: &Lead, learner: bool) -> Vec<Action> {
    let number = group.unused(lead);
    let claim = objects::claim(group, number, &Start::Join, learner, None);
    vec![Action::Create(claim)]
}

// --- Rolling. ---

/// Replaces one pod that is made from an outdated template: those that serve nobody first, the leader last and after it
/// handed over, and only while every other member serves.
fn roll(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
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

/// Corrects the addresses that the group's configuration has of a member, one member at a time: the scheme changes with
/// spec.tls.
fn update(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    let differs = |number: u64, seat: &Seat| {
        let settled = seat
            .pod
            .as_ref()
            .is_some_and(|pod| pod.address.is_some() && !pod.deleting);
        let wanted = config::advertised(group, number);
        let differs = |found: &MemberStatus| {
            found.client_urls != wanted.client_urls || found.peer_address != wanted.peer_address
        };
        settled && seat.is_serving() && seat.member.as_ref().is_some_and(differs)
    };
    let number = *group.numbers(differs).first()?;
    Some(membership(
        lead,
        Change::Update {
            number,
            member: config::advertised(group, number),
        },
    ))
}

/// Whether the member is ready in a pod that stays.
fn serves(group: &Group, number: u64, seat: &Seat) -> bool {
    group.is_ready(number, seat)
        && seat
            .pod
            .as_ref()
            .is_some_and(|pod| !pod.deleting && !pod.ended)
}
