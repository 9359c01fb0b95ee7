//! How a group begins: once, and with the same members, however often its beginning is interrupted, repeated by an operator
//! that acts on old news, or disturbed by somebody who deletes a claim.
//!
//! All first claims exist before any member runs, each with the whole list of numbers. Then each is told the uids of all of
//! them: the founders. A list counts when a majority of the first claims carries it, and each claim carries the first one
//! that it was given, so there is never a second list that counts. Only founders begin: a claim of a first number that was
//! made later has another uid, and an empty disk that must not vote as if it had never voted. It counts as lost.
//!
//! First claims go, and the list with them, while the agent of one that stays may have been silent all the time, so that
//! nobody noted that its member ran. So whoever sees that some go notes first on those that stay that they are founders'.

use std::collections::{BTreeMap, BTreeSet};

use super::objects;
use super::plan::annotate;
use super::seat::{Claim, Start};
use super::view::Group;
use crate::action::Action;
use crate::child::ChildKind;
use crate::mutation::mutated;
use crate::names;

/// The claims of the first configuration that are not there yet.
pub(super) fn first_claims(group: &Group) -> Vec<Action> {
    let none = group.claims().next().is_none();
    let initial = match initial_members(group) {
        Some(initial) if !has_begun(group) => initial,
        Some(_) => return Vec::new(),
        None if !none => return Vec::new(),
        None => (1..=u64::from(group.spec.members.unsigned_abs())).collect(),
    };
    let missing = initial
        .iter()
        .filter(|n| group.seats.get(n).is_none_or(|seat| seat.claim.is_none()));
    let start = Start::Bootstrap(initial.clone());
    // What is listed first may be old: a second beginning beside claims that were not seen would be a second cluster.
    let sure = (none && !mutated("begin-on-a-stale-list")).then(|| Action::ConfirmNone {
        kind: ChildKind::Claim,
        labels: objects::selector(group),
        but: Vec::new(),
    });
    let claims = missing.map(|number| objects::claim(group, *number, &start, false, None));
    sure.into_iter().chain(claims.map(Action::Create)).collect()
}

/// Notes the founders on the first claims, before any of their members runs.
pub(super) fn found(group: &Group) -> Vec<Action> {
    let Some(initial) = initial_members(group) else {
        return Vec::new();
    };
    let present: BTreeSet<String> = founding(group)
        .map(|claim| claim.seen.uid.clone())
        .collect();
    let complete = present.len() == initial.len();
    let known = lists(group);
    let list_for = |claim: &Claim| {
        let given = known
            .iter()
            .filter(|(list, _)| list.contains(&claim.seen.uid));
        let given = given
            .max_by_key(|(_, count)| **count)
            .map(|(list, _)| (*list).clone());
        given.or_else(|| complete.then(|| present.clone()))
    };
    founding(group)
        .filter(|claim| claim.founders.is_none() && !claim.joined)
        .filter_map(|claim| Some(note(claim, &list_for(claim)?)))
        .collect()
}

fn note(claim: &Claim, founders: &BTreeSet<String>) -> Action {
    let uids: Vec<&str> = founders.iter().map(String::as_str).collect();
    annotate(claim, names::FOUNDERS, &uids.join(","))
}

/// Whether it is to be noted on the claim itself that it is a founder's, since others that tell so are going.
pub(super) fn is_to_be_noted(group: &Group, claim: &Claim) -> bool {
    let noted = claim.joined || claim.admitted || !matches!(claim.start, Start::Bootstrap(_));
    let stay = founding(group).filter(|claim| !claim.leaving && !claim.retired);
    !noted
        && !claim.lost
        && may_run(group, claim)
        && initial_members(group).is_some_and(|initial| stay.count() < initial.len())
        && !mutated("forget-the-founders")
}

/// Whether the claim's member may run: it is no founder, one that is noted, or it ran before.
pub(super) fn may_run(group: &Group, claim: &Claim) -> bool {
    !matches!(claim.start, Start::Bootstrap(_))
        || claim.joined
        || claim.admitted
        || founders(group).is_some_and(|founders| founders.contains(&claim.seen.uid))
        || mutated("begin-before-founded")
}

/// Whether the claim is of a first number, but was made when the group had its founders already.
pub(super) fn is_late(group: &Group, claim: &Claim) -> bool {
    let begun = founders(group).is_some() || group.claims().any(|claim| claim.joined);
    matches!(claim.start, Start::Bootstrap(_)) && begun && !may_run(group, claim)
}

/// The list of founders that counts.
fn founders(group: &Group) -> Option<&BTreeSet<String>> {
    let initial = initial_members(group)?.len();
    let counts = lists(group).into_iter();
    counts
        .filter(|(_, count)| 2 * count > initial)
        .map(|(list, _)| list)
        .next()
}

/// Every list that was noted, with how many of the first claims carry it.
fn lists(group: &Group) -> BTreeMap<&BTreeSet<String>, usize> {
    let mut lists = BTreeMap::new();
    for list in group.claims().filter_map(|claim| claim.founders.as_ref()) {
        *lists.entry(list).or_default() += 1;
    }
    lists
}

/// Whether a member ran, or may soon: from then on a claim that is missing was lost, not forgotten.
fn has_begun(group: &Group) -> bool {
    let told = group.before.configuration.is_some();
    told || group.seats.values().any(|seat| seat.pod.is_some())
        || group.claims().any(Claim::has_begun)
}

/// Who the group began with, or was to.
pub(super) fn initial_members(group: &Group) -> Option<BTreeSet<u64>> {
    group.claims().find_map(|claim| match &claim.start {
        Start::Bootstrap(initial) => Some(initial.clone()),
        Start::Join | Start::Recover(_) => None,
    })
}

/// The first claims that are there and not going.
fn founding(group: &Group) -> impl Iterator<Item = &Claim> {
    group
        .claims()
        .filter(|claim| matches!(claim.start, Start::Bootstrap(_)) && !claim.lost)
}
