//! What is to be done for a group: first what every group needs and what is missing of it (upkeep), then at most one
//! change of its members (`steps`).
//!
//! Pure and level-triggered: it looks at what there is, never at what was done before. Every intent that must survive a
//! crash is an annotation on a claim, written in an earlier round than the act it announces.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use synod_crds::TlsMode;

use super::adoption::Obstacle;
use super::hibernation::Phase;
use super::seat::{Claim, PodSeen, Seat, Start};
use super::view::Group;
use super::{
    adoption, budget, config, founding, hibernation, leaderless, nodes, objects, password,
    recovery, restart, steps, trust,
};
use crate::action::{Action, Issue, Seen, Why};
use crate::authority::Authority;
use crate::certificates::ends_soon;
use crate::child::{Child, ChildKind};
use crate::kinds::Strand;
use crate::mutation::mutated;
use crate::names;

/// How often certificates are looked at.
const CERTIFICATES_EVERY: Duration = Duration::from_secs(6 * 3600);

/// All that is to be done now.
pub(super) fn plan(group: &Group) -> Vec<Strand> {
    if group.deleting || group.spec.paused || Obstacle::of(group).is_some() {
        return Vec::new();
    }
    let mut strands = vec![
        surroundings(group),
        budget::budget(group),
        nodes::release(group),
    ];
    // What came from an earlier object is noted as ours before anything rests on it.
    let adopted = adoption::adopt(group);
    // Nobody runs in another cluster before nothing of the one before it does.
    let first = [adopted, recovery::leave_behind(group)];
    match first.into_iter().find(|first| !first.is_empty()) {
        Some(first) => strands.push(first),
        // What is done for those there are makes a decision wait, and is not done for those of before after it.
        None => strands.extend(
            by_phase(group)
                .into_iter()
                .chain([recovery::recover(group)]),
        ),
    }
    strands.retain(|strand| !strand.is_empty());
    strands
}

fn by_phase(group: &Group) -> Vec<Strand> {
    let phase = Phase::of(group);
    let mut strands = match phase {
        Phase::Awake => awake(group, steps::steps),
        Phase::Finishing => awake(group, steps::finish),
        Phase::Announcing => vec![hibernation::announce(group)],
        Phase::Stopping => vec![hibernation::stop(group)],
        Phase::Asleep => vec![claims(group)],
        Phase::Waking => vec![hibernation::wake(group)],
    };
    if matches!(phase, Phase::Awake | Phase::Finishing) {
        strands.push(leaderless::cure(group));
    }
    strands.push(trust::follow(group));
    if matches!(phase, Phase::Awake | Phase::Finishing | Phase::Asleep) {
        strands.extend(enlarged(group));
    }
    strands
}

/// Members run, and `steps` says what changes about them.
fn awake(group: &Group, steps: fn(&Group) -> Vec<Action>) -> Vec<Strand> {
    let mut strands = vec![claims(group)];
    strands.extend(members(group));
    // Whatever keeps the budget from being raised, no change meets one that is too low for it.
    strands.extend(budget::is_enough(group).then(|| budget::guarded(group, steps(group))));
    strands
}

/// When to look again although nothing happened.
pub(super) fn again(group: &Group) -> Option<Duration> {
    if group.deleting {
        return None;
    }
    let sooner = [trust::again(group), leaderless::again(group)];
    sooner
        .into_iter()
        .flatten()
        .chain([CERTIFICATES_EVERY])
        .min()
}

/// Authority, Services, connection Secret.
fn surroundings(group: &Group) -> Vec<Action> {
    let mut actions = Vec::new();
    if group.authority.is_none() {
        actions.push(Action::CreateAuthority);
    }
    actions.extend(ensure(group, objects::client_service(group)));
    actions.extend(ensure(group, objects::peer_service(group)));
    actions.extend(match group.spec.tls.mode {
        TlsMode::Auto => ensure_issued(group, |seen, why| objects::connection(group, seen, why)),
        TlsMode::Disabled | TlsMode::Secret => ensure(group, objects::plain_connection(group)),
    });
    actions.extend(trust::withdraw(group));
    actions.extend(password::give(group));
    actions
}

/// First claims, and what is to be noted or changed on those there are.
fn claims(group: &Group) -> Vec<Action> {
    let mut actions = founding::first_claims(group);
    actions.extend(founding::found(group));
    for seat in group.seats.values() {
        let Some(claim) = &seat.claim else { continue };
        actions.extend(note(group, seat, claim).or_else(|| own(group, claim)));
    }
    actions
}

/// What is to be noted on a claim of its member.
fn note(group: &Group, seat: &Seat, claim: &Claim) -> Option<Action> {
    if !claim.joined && !claim.leaving && seat.knows_itself_member() {
        Some(annotate(claim, names::JOINED, "true"))
    } else if founding::is_to_be_noted(group, claim) {
        Some(annotate(claim, names::ADMITTED, "true"))
    } else {
        None
    }
}

fn own(group: &Group, claim: &Claim) -> Option<Action> {
    let wanted = objects::claim_owners(group);
    let uids: Vec<_> = wanted.iter().map(|owner| owner.uid.clone()).collect();
    // What goes is not called back.
    if claim.lost || claim.owners == uids {
        return None;
    }
    let owners = if wanted.is_empty() {
        Value::Null
    } else {
        json!(wanted)
    };
    Some(patch(
        claim,
        json!({ "metadata": { "ownerReferences": owners } }),
    ))
}

/// Claims that grow, once nothing else is to be written on them. Many storage classes refuse it.
fn enlarged(group: &Group) -> Vec<Strand> {
    let seats = group.seats.iter().filter(|(number, seat)| {
        !mutated("enlarge-what-is-ready-only") || group.is_ready(**number, seat)
    });
    let grown = seats.filter_map(|(_, seat)| {
        let claim = seat.claim.as_ref()?;
        let other = note(group, seat, claim).or_else(|| own(group, claim));
        enlarge(group, claim).filter(|_| other.is_none())
    });
    grown.map(|action| vec![action]).collect()
}

fn enlarge(group: &Group, claim: &Claim) -> Option<Action> {
    let wanted = &group.spec.storage.size;
    let has = claim.requested.as_ref()?.whole().ok()?;
    if claim.retired || claim.lost || wanted.whole().ok()? <= has {
        return None;
    }
    Some(patch(
        claim,
        json!({ "spec": { "resources": { "requests": { "storage": wanted.0 } } } }),
    ))
}

/// Configuration, certificate and pod of every member that should run.
fn members(group: &Group) -> Vec<Strand> {
    if group.authority.is_none() {
        return Vec::new();
    }
    let numbers = group.numbers(|number, seat| should_run(group, number, seat));
    let member = |number| {
        let seat = &group.seats[&number];
        let mut its = Vec::from_iter(configuration(group, number));
        its.extend(ensure_issued(group, |seen, why| {
            objects::certificate(group, number, seen, why)
        }));
        its.extend(pod(group, number, seat));
        if seat.claim.as_ref().is_some_and(Claim::is_new) {
            its = for_a_newcomer(group, its);
        }
        its
    };
    numbers.into_iter().map(member).collect()
}

/// `actions`, after the leader was asked whether its members are still those that are known. If they are not, the claim may
/// have been made anew: what is known is older than its member, and an empty disk would come in its place.
fn for_a_newcomer(group: &Group, actions: Vec<Action>) -> Vec<Action> {
    if actions.is_empty() || mutated("take-a-late-claim-for-the-first") {
        return actions;
    }
    let Some(lead) = &group.lead else {
        return Vec::new();
    };
    std::iter::once(lead.confirmed()).chain(actions).collect()
}

/// Whether there should be a pod: its claim is there and in use, and the member was not removed from the group.
pub(super) fn should_run(group: &Group, number: u64, seat: &Seat) -> bool {
    seat.claim
        .as_ref()
        .is_some_and(|claim| !claim.retired && !claim.lost && founding::may_run(group, claim))
        && !is_out(group, number, seat)
}

/// Whether the leader's configuration confirms that the member was removed, or was never added and must not be.
pub(super) fn is_out(group: &Group, number: u64, seat: &Seat) -> bool {
    let Some(lead) = group.lead.as_ref().filter(|_| seat.member.is_none()) else {
        return false;
    };
    // A number not above the highest one was in use: its member is not a member any more.
    let over = |claim: &Claim| claim.joined || claim.leaving || claim.retired || claim.lost;
    number <= lead.highest || seat.claim.as_ref().is_none_or(over)
}

fn configuration(group: &Group, number: u64) -> Option<Action> {
    let found = owned(group, ChildKind::ConfigMap, &group.names.config(number));
    let claim = group.seats[&number].claim.as_ref()?;
    let members = match &claim.start {
        Start::Bootstrap(initial) if !claim.joined => initial.iter().copied().collect(),
        Start::Recover(_) if !claim.joined => vec![number],
        _ if group.lead.is_some() => group.numbers(|_, seat| seat.member.is_some()),
        _ => match found {
            // Nobody can tell who the members are now: what was written when somebody could is better than a guess. All else
            // is as the object says now: the pod is made from that, too, and the newer settings may be the cure.
            Some(found) if !mutated("keep-settings-without-a-leader") => {
                objects::named_members(found)?
            }
            Some(_) => return None,
            None => group.numbers(|_, seat| seat.is_serving()),
        },
    };
    ensure(group, objects::config_map(group, number, &members))
}

fn pod(group: &Group, number: u64, seat: &Seat) -> Vec<Action> {
    let learner = seat.claim.as_ref().is_some_and(|claim| claim.learner);
    let Some(pod) = &seat.pod else {
        let pod = || Action::Create(super::pod::pod(group, number, learner));
        return password::is_there(group).then(pod).into_iter().collect();
    };
    let outdated = pod.template != config::template(group);
    match (pod.deleting, pod.ended) {
        (true, _) => Vec::new(),
        (false, true) => vec![delete_pod(pod, "it has ended")],
        // What does not run loses nothing, and the new template may be the cure.
        (false, false) if outdated && seat.is_idle() && !mutated("never-mend-a-broken-pod") => {
            restart::delete(seat, "it does not run and its template is outdated")
        }
        _ => Vec::new(),
    }
}

pub(super) fn delete_pod(pod: &PodSeen, because: &str) -> Action {
    Action::Delete {
        seen: pod.seen.clone(),
        because: because.to_owned(),
    }
}

/// An object of ours.
pub(super) fn owned<'a>(group: &'a Group, kind: ChildKind, name: &str) -> Option<&'a Child> {
    group
        .owned
        .get(&(kind, name.to_owned()))
        .map(|child| &**child)
}

/// Creates the object, or brings it to its form.
pub(super) fn ensure(group: &Group, wanted: Child) -> Option<Action> {
    let Some(found) = owned(group, wanted.kind(), wanted.name()) else {
        return Some(Action::Create(wanted));
    };
    let leaving = found.meta().deletion_timestamp.is_some();
    if leaving || found.satisfies(&wanted) {
        return None;
    }
    Some(Action::Apply {
        seen: Seen::of(found),
        object: wanted,
    })
}

/// Issues the certificate unless a good one is there; one that only is to say whom to trust now stays.
pub(super) fn ensure_issued(
    group: &Group,
    issue: impl Fn(Option<Seen>, Why) -> Issue,
) -> Option<Action> {
    let authority = group.authority.as_deref()?;
    let wanted = issue(None, Why::Missing);
    let Some(found) = owned(group, ChildKind::Secret, wanted.secret.name()) else {
        return Some(Action::Issue(Box::new(wanted)));
    };
    let seen = Seen::of(found);
    if let Some(why) = why_again(found, &wanted, authority, group.now) {
        return Some(Action::Issue(Box::new(issue(Some(seen), why))));
    }
    let carries = matches!(found, Child::Secret(secret) if authority.is_carried_by(secret));
    (!carries).then_some(Action::Trust(seen))
}

/// Why the certificate that is there is to be issued again, if it is.
fn why_again(found: &Child, wanted: &Issue, authority: &Authority, now: Timestamp) -> Option<Why> {
    let notes = found.meta().annotations.as_ref();
    let note = |name: &str| notes.and_then(|all| all.get(name)).map(String::as_str);
    let end: Option<Timestamp> = note(names::NOT_AFTER).and_then(|end| end.parse().ok());
    let signer = authority.signer();
    let addresses = note(names::ADDRESSES).unwrap_or_default();
    let stays = mutated("keep-old-certificates");
    if note(names::ISSUER).is_some_and(|issuer| issuer != signer) && !stays {
        Some(Why::Authority)
    } else if note(names::ISSUED_FOR) != Some(&wanted.digest(signer)) && !stays {
        Some(Why::Content)
    } else if end.is_none_or(|end| ends_soon(end, now)) {
        Some(Why::EndsSoon)
    } else if !wanted.addresses.is_empty() && addresses != wanted.addresses_text() {
        Some(Why::Address)
    } else {
        (!found.satisfies(&wanted.secret)).then_some(Why::Content)
    }
}

/// Notes something on a claim.
pub(super) fn annotate(claim: &Claim, name: &str, value: &str) -> Action {
    patch(
        claim,
        json!({ "metadata": { "annotations": { name: value } } }),
    )
}

/// Takes a note off a claim.
pub(super) fn remove_note(claim: &Claim, name: &str) -> Action {
    patch(
        claim,
        json!({ "metadata": { "annotations": { name: null } } }),
    )
}

/// Writes on an object in which version it was seen, so that it has another one from now on: see [`names::CHECKED`].
pub(super) fn checked(seen: &Seen) -> Action {
    Action::Patch {
        seen: seen.clone(),
        patch: json!({ "metadata": { "annotations": { names::CHECKED: seen.version } } }),
    }
}

pub(super) fn patch(claim: &Claim, patch: Value) -> Action {
    Action::Patch {
        seen: claim.seen.clone(),
        patch,
    }
}
