//! The group's part in the rotation of its namespace's authority: its certificates follow, what its agents were seen to
//! use is noted on them, and whoever sees that all in the namespace have followed takes the next step.
//!
//! A member without a pod is confirmed as it is: its agent reads the Secret when it starts. A pod whose agent does not
//! answer holds the rotation up, and so does an object that is paused or blocked; the condition says so.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use serde_json::json;
use synod_agent_api::Status;
use synod_crds::{Condition, TlsMode};

use super::hibernation::Phase as Sleep;
use super::plan::{ensure_issued, is_out, should_run};
use super::seat::{Seat, number_of};
use super::view::Group;
use super::{adoption, objects};
use crate::action::{Action, Seen};
use crate::authority::{Lag, Phase, content, text};
use crate::certificates::fingerprints;
use crate::child::{Child, ChildKind};
use crate::names;
use crate::reasons;

/// How often it is looked whether others have followed: nothing tells when they have.
const OTHERS_EVERY: Duration = Duration::from_secs(60);
/// How many others are named.
const NAMED_MAX: usize = 3;

/// All that is to be done for a rotation, but for the certificates of members that run and of clients.
pub(super) fn follow(group: &Group) -> Vec<Action> {
    let Some(authority) = &group.authority else {
        return Vec::new();
    };
    let rotates = authority.phase() != Phase::Settled;
    let mut actions = resting(group);
    if rotates {
        actions.extend(confirmations(group));
    }
    let held_up = group.behind.values().copied().max();
    let behind = authority.behind(papers(group), group.now).max(held_up);
    // What is about to be written is not followed yet.
    if actions.is_empty()
        && let Some(step) = authority.next(behind, group.now)
    {
        actions.extend(rotates.then_some(Action::ConfirmFollowed));
        actions.push(Action::Rotate {
            seen: authority.seen.clone(),
            step,
        });
    }
    actions
}

/// The group's Secrets with a certificate of the operator.
fn papers(group: &Group) -> impl Iterator<Item = &Secret> {
    let secrets = group.owned.values().filter_map(|child| match &**child {
        Child::Secret(secret) => Some(&**secret),
        _ => None,
    });
    secrets.filter(|secret| is_issued(secret))
}

/// Whether the operator issued a certificate into it.
fn is_issued(secret: &Secret) -> bool {
    let notes = secret.metadata.annotations.as_ref();
    notes.is_some_and(|notes| notes.contains_key(names::ISSUED_FOR))
}

/// Certificates of members that do not run now, but are kept.
fn resting(group: &Group) -> Vec<Action> {
    let awake = matches!(Sleep::of(group), Sleep::Awake | Sleep::Finishing);
    let rests = |number: u64, seat: &Seat| {
        let runs = awake && should_run(group, number, seat);
        !runs && !is_out(group, number, seat) && has_certificate(group, number)
    };
    let issue = |number| {
        ensure_issued(group, |seen, why| {
            objects::certificate(group, number, seen, why)
        })
    };
    group.numbers(rests).into_iter().filter_map(issue).collect()
}

fn has_certificate(group: &Group, number: u64) -> bool {
    let name = (ChildKind::Secret, group.names.certificate(number));
    group.owned.contains_key(&name)
}

/// Notes on certificates that they are in use as they are; those of members without a pod last, since they are sure only
/// after the API was asked.
fn confirmations(group: &Group) -> Vec<Action> {
    let (mut reported, mut without_pod) = (Vec::new(), Vec::new());
    for secret in papers(group) {
        if lag(group, secret) != Some(Lag::Unconfirmed) {
            continue;
        }
        let Some(number) = number_of(&secret.metadata) else {
            continue;
        };
        let seat = group.seats.get(&number);
        if seat.is_none_or(|seat| seat.pod.is_none()) {
            without_pod.push(Action::ConfirmGone {
                kind: ChildKind::Pod,
                name: group.names.pod(number),
            });
            without_pod.push(confirm(secret));
        } else if seat
            .and_then(|seat| seat.agent.as_ref())
            .is_some_and(|agent| uses(agent, secret))
        {
            reported.push(confirm(secret));
        }
    }
    reported.extend(without_pod);
    reported
}

fn confirm(secret: &Secret) -> Action {
    Action::Patch {
        seen: Seen::of(&secret.clone().into()),
        patch: json!({ "metadata": { "annotations": { (names::CONFIRMED): content(secret) } } }),
    }
}

/// Whether the agent reports exactly what is in the Secret.
fn uses(agent: &Status, secret: &Secret) -> bool {
    let all = |name| fingerprints(&text(secret, name).unwrap_or_default());
    let mut trusted = all("ca.crt");
    trusted.sort();
    agent.ca_fingerprints == trusted
        && agent.certificate_fingerprint.as_ref() == all("tls.crt").first()
}

fn lag(group: &Group, secret: &Secret) -> Option<Lag> {
    group.authority.as_ref()?.lag(secret, group.now)
}

/// A certificate that clients do not need any more is taken out of the connection Secret.
pub(super) fn withdraw(group: &Group) -> Option<Action> {
    let name = (ChildKind::Secret, group.names.connection());
    let found = group.owned.get(&name)?;
    let Child::Secret(secret) = &**found else {
        return None;
    };
    if group.spec.tls.mode == TlsMode::Auto || !is_issued(secret) {
        return None;
    }
    let patch = json!({
        "metadata": { "annotations": {
            (names::ISSUED_FOR): null, (names::ISSUER): null, (names::ADDRESSES): null,
            (names::NOT_AFTER): null, (names::WRITTEN_AT): null, (names::CONFIRMED): null,
        } },
        "data": { "ca.crt": null, "tls.crt": null, "tls.key": null },
    });
    let seen = Seen::of(found);
    Some(Action::Patch { seen, patch })
}

/// When to look again at a rotation although nothing happened.
pub(super) fn again(group: &Group) -> Option<Duration> {
    let authority = group.authority.as_ref()?;
    if authority.phase() == Phase::Settled {
        return None;
    }
    let all = papers(group).filter_map(|secret| lag(group, secret));
    let soonest = all
        .chain(authority.behind([], group.now))
        .filter_map(|lag| match lag {
            Lag::Early(until) => Duration::try_from(until.duration_since(group.now)).ok(),
            Lag::Unconfirmed | Lag::Outdated => None,
        })
        .min();
    // A moment later than due is not early any more.
    let soonest = soonest.map_or(OTHERS_EVERY, |left| left + Duration::from_millis(1));
    Some(soonest.min(OTHERS_EVERY))
}

/// What is told while the authority is being replaced.
pub(super) fn condition(group: &Group) -> Option<Condition> {
    let (reason, doing) = match group.authority.as_ref()?.phase() {
        Phase::Settled => return None,
        Phase::Spreading => (
            reasons::SPREADING_TRUST,
            "the namespace's next certificate authority signs once all trust it",
        ),
        Phase::Replacing => (
            reasons::REPLACING_CERTIFICATES,
            "the namespace's old certificate authority goes once all certificates are issued anew and in use",
        ),
    };
    let mut waits = own(group);
    waits.extend(others(group));
    if waits.is_empty() {
        waits.push("nothing is waited for".to_owned());
    }
    let message = format!("{doing}; {}", waits.join("; "));
    Some(Condition::new(
        reasons::AUTHORITY_ROTATION,
        true,
        reason,
        message,
    ))
}

/// What of the group is waited for.
fn own(group: &Group) -> Vec<String> {
    let mut waits: Vec<_> = papers(group)
        .filter_map(|secret| match lag(group, secret)? {
            Lag::Early(_) => None,
            Lag::Unconfirmed => Some(unconfirmed(group, secret)),
            Lag::Outdated => {
                let name = secret.metadata.name.as_deref().unwrap_or_default();
                Some(format!("Secret {name} is to be written"))
            }
        })
        .collect();
    if waits.is_empty() {
        waits.extend(clients(group));
    } else if group.spec.paused {
        waits = vec!["spec.paused holds it up".to_owned()];
    } else if adoption::Obstacle::of(group).is_some() {
        waits = vec!["what blocks the object holds it up".to_owned()];
    }
    waits
}

/// Until when clients are given time.
fn clients(group: &Group) -> Option<String> {
    let authority = group.authority.as_ref()?;
    let until: Timestamp = match authority.behind(papers(group), group.now)? {
        Lag::Early(until) => until,
        Lag::Unconfirmed | Lag::Outdated => return None,
    };
    Some(format!("clients have until {until:.0} to follow"))
}

fn unconfirmed(group: &Group, secret: &Secret) -> String {
    let number = number_of(&secret.metadata).unwrap_or(0);
    let name = group.names.pod(number);
    let agent = group.seats.get(&number).map(|seat| &seat.agent);
    match agent {
        Some(Some(agent)) if agent.certificate_fingerprint.is_none() => {
            format!("{name}: its agent does not tell yet which certificate it uses")
        }
        Some(Some(_)) => format!("{name}: its agent has not taken up its Secret yet"),
        _ => format!("{name}: its agent does not answer"),
    }
}

/// Which other objects of the namespace are waited for.
fn others(group: &Group) -> Option<String> {
    let late = |lag: &Lag| !matches!(lag, Lag::Early(_));
    let late: Vec<_> = group
        .behind
        .iter()
        .filter(|(_, lag)| late(lag))
        .map(|(name, _)| name.as_str())
        .collect();
    let named = late.iter().take(NAMED_MAX).copied().collect::<Vec<_>>();
    let more = match late.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!late.is_empty()).then(|| format!("{}{more} follow first", named.join(", ")))
}
