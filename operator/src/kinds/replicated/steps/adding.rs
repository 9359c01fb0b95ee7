//! Members that are added.

use synod_agent_api::{Change, MemberRole};

use super::membership;
use super::standing::{counts_as_learner, counts_as_voter, is_pending, is_substitute};
use crate::action::Action;
use crate::kinds::replicated::plan::annotate;
use crate::kinds::replicated::seat::{Seat, Start};
use crate::kinds::replicated::view::{Group, Lead};
use crate::kinds::replicated::{config, objects, restart};
use crate::mutation::mutated;
use crate::names;

/// Adds a pending member whose agent is up and waits to be contacted; one at a time.
pub(super) fn admit(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
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
pub(super) fn grow(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
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
pub(super) fn relieve(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    let stays = group.numbers(|number, seat| counts_as_voter(group, number, seat));
    let last = group.electorate() == 1 && stays.is_empty() && !mutated("leave-the-last-alone");
    last.then(|| begin_to_add(group, lead, false))
}

fn begin_to_add(group: &Group, lead: &Lead, learner: bool) -> Vec<Action> {
    let number = group.unused(lead);
    let claim = objects::claim(group, number, &Start::Join, learner, None);
    vec![Action::Create(claim)]
}
