//! Who there is, and who there will be.

use synod_agent_api::MemberRole;

use crate::kinds::replicated::config;
use crate::kinds::replicated::nodes::is_stranded;
use crate::kinds::replicated::plan::is_out;
use crate::kinds::replicated::seat::Seat;
use crate::kinds::replicated::view::{Group, Lead};

/// Claims of members that are still to be added.
pub(super) fn is_pending(group: &Group, number: u64, seat: &Seat) -> bool {
    seat.member.is_none() && seat.is_serving() && !is_out(group, number, seat)
}

/// Whether its claim, and with it its data, is gone or going, or out of reach for good. A claim that is not seen may be a
/// watch that is behind: see [`sure`].
pub(super) fn is_lost(group: &Group, seat: &Seat) -> bool {
    let gone = seat.claim.as_ref().is_none_or(|claim| claim.lost);
    seat.member.is_some() && (gone || is_stranded(group, seat))
}

/// Whether the seat takes the place of a voter that is still in the configuration.
pub(super) fn is_substitute(group: &Group, seat: &Seat) -> bool {
    let lost = seat.claim.as_ref().and_then(|claim| claim.replaces);
    !seat.votes()
        && lost
            .and_then(|lost| group.seats.get(&lost))
            .is_some_and(Seat::votes)
}

/// Whether it votes, or will, when all that is under way is done.
pub(super) fn counts_as_voter(group: &Group, number: u64, seat: &Seat) -> bool {
    if seat.is_leaving() || is_substitute(group, seat) {
        return false;
    }
    let will = is_pending(group, number, seat) || seat.is(MemberRole::Learner) && seat.is_serving();
    let meant = seat.claim.as_ref().is_some_and(|claim| !claim.learner);
    seat.votes() || seat.is(MemberRole::Joining) || will && meant
}

pub(super) fn counts_as_learner(group: &Group, number: u64, seat: &Seat) -> bool {
    let meant = seat.claim.as_ref().is_none_or(|claim| claim.learner);
    let there = seat.is(MemberRole::Learner) || is_pending(group, number, seat);
    there && meant && !seat.is_leaving()
}

/// Whether a change of members is under way.
pub(super) fn is_busy(group: &Group) -> bool {
    group.seats.iter().any(|(number, seat)| {
        is_pending(group, *number, seat)
            || seat.is(MemberRole::Joining)
            || seat.member.is_some() && seat.is_leaving()
            || is_substitute(group, seat)
    })
}

/// The best voter to lead instead of the one that leads.
pub(super) fn successor(group: &Group, lead: &Lead) -> Option<u64> {
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
