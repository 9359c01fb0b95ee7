//! The one change of members that is next, if any.
//!
//! Rests on the leader's word alone: without a leader nothing is changed. A removal is announced on the claim
//! (`leaving`) before it is asked for, asked for with the id of the configuration it rests on, and confirmed by the
//! leader's configuration before pod and claim go. A lost voter's place is taken by an atomic swap, so the number of
//! voters never becomes even on the way.

mod adding;
mod removing;
mod replacing;
mod retiring;
mod rolling;
mod standing;

use synod_agent_api::{Change, ConfigurationRequest, MemberStatus};

use super::config;
use super::plan::is_out;
use super::seat::Seat;
use super::view::{Group, Lead};
use crate::action::Action;
use crate::mutation::mutated;
use adding::{admit, grow, relieve};
use removing::{remove_leaving, shrink};
use replacing::{replace_lost, take_over};
use retiring::retire;
use rolling::roll;
use standing::{is_busy, is_lost};

/// The first step that applies; an empty one waits for something that is under way.
pub(super) fn steps(group: &Group) -> Vec<Action> {
    after_retiring(group, |lead| {
        remove_leaving(group, lead)
            .or_else(|| shrink(group, lead))
            .or_else(|| mend(group, lead))
            .or_else(|| is_busy(group).then(Vec::new))
            .or_else(|| grow(group, lead))
            .or_else(|| roll(group, lead))
            .or_else(|| update(group, lead))
    })
}

/// Only what brings a change that was begun to its end, or replaces what is lost.
pub(super) fn finish(group: &Group) -> Vec<Action> {
    after_retiring(group, |lead| {
        remove_leaving(group, lead).or_else(|| mend(group, lead))
    })
}

/// Brings in whoever is on the way, and takes care of those that are lost.
fn mend(group: &Group, lead: &Lead) -> Option<Vec<Action>> {
    take_over(group, lead)
        .or_else(|| replace_lost(group, lead))
        .or_else(|| admit(group, lead))
        .or_else(|| relieve(group, lead))
}

/// The step that is next, after what is left of members that are gone; if that takes a new configuration, the step rests on an
/// old one and waits.
fn after_retiring(group: &Group, step: impl Fn(&Lead) -> Option<Vec<Action>>) -> Vec<Action> {
    let Some(lead) = &group.lead else {
        return Vec::new();
    };
    let mut actions = retire(group);
    let is_call = |action: &Action| matches!(action, Action::Membership { .. });
    if !actions.iter().any(is_call) {
        actions.extend(step(lead).unwrap_or_default());
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

fn membership(lead: &Lead, change: Change) -> Vec<Action> {
    let expected = (!mutated("membership-without-id")).then_some(lead.configuration);
    vec![Action::Membership {
        via: lead.number,
        request: ConfigurationRequest { expected, change },
    }]
}

fn hand_over(lead: &Lead, to: u64) -> Vec<Action> {
    vec![Action::Transfer {
        via: lead.number,
        to,
    }]
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
