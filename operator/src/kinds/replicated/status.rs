//! What is told about a group: facts that change by events, in words of the catalogue.

use synod_agent_api::MemberRole;
use synod_crds::replicated::{GroupStatus, MemberStatus};
use synod_crds::{Condition, merged};

use super::recovery::Recovery;
use super::seat::Seat;
use super::story::{Story, story, waited_for, why_not_ready};
use super::view::Group;
use super::{objects, trust};
use crate::action::Action;
use crate::reasons;

/// The status as it should read, given what is about to be done.
pub(super) fn status(group: &Group, actions: &[Action]) -> GroupStatus {
    let voters = group.voters();
    let ready = group.numbers(|number, seat| seat.votes() && group.is_ready(number, seat));
    let members: Vec<_> = group
        .ordered()
        .iter()
        .filter_map(|n| member(group, *n, &group.seats[n]))
        .collect();
    let story = story(group, actions, ready.len());
    let mut conditions = vec![
        Condition::new(reasons::READY, story.ready, story.reason, &story.message),
        Condition::new(
            reasons::PROGRESSING,
            story.progressing,
            story.reason,
            &story.message,
        ),
        degraded(group, &story),
    ];
    conditions.extend(foreign(group));
    conditions.extend(recovery(group));
    conditions.extend(update(group));
    conditions.extend(trust::condition(group));
    let selector: Vec<_> = objects::selector(group)
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let count = |numbers: &[u64]| i32::try_from(numbers.len()).unwrap_or(i32::MAX);
    let version = group
        .seats
        .values()
        .filter_map(|seat| Some(seat.agent.as_ref()?.version.clone()))
        .min();
    GroupStatus {
        observed_generation: Some(group.generation),
        state: Some(story.state.to_owned()),
        members: Some(if group.lead.is_some() {
            count(&voters)
        } else {
            group.before.members.unwrap_or(0)
        }),
        ready_members: Some(count(&ready)),
        ready: Some(format!("{}/{}", ready.len(), group.spec.members)),
        learners: Some(count(
            &group.numbers(|_, seat| seat.is(MemberRole::Learner)),
        )),
        selector: Some(selector.join(",")),
        leader: group.lead.as_ref().map(|lead| group.names.pod(lead.number)),
        version: version.or_else(|| group.before.version.clone()),
        image: Some(group.image().to_owned()),
        cluster_uid: Some(group.cluster.to_string()),
        configuration: match &group.lead {
            Some(lead) => i64::try_from(lead.configuration).ok(),
            None => group.before.configuration,
        },
        endpoints: vec![objects::endpoint(group)],
        connection_secret: Some(group.names.connection()),
        group: members,
        conditions: merged(
            &group.before.conditions,
            conditions,
            group.generation,
            group.now,
        ),
    }
}

fn degraded(group: &Group, story: &Story) -> Condition {
    let broken = |number: u64, seat: &Seat| {
        seat.votes() && !group.is_ready(number, seat) && !seat.is_leaving()
    };
    let broken = group.numbers(broken);
    if let Some(failure) = &group.failure {
        return Condition::new(reasons::DEGRADED, true, failure.reason, &failure.message);
    }
    let wrong = matches!(
        story.reason,
        reasons::CLAIMS_DISAGREE
            | reasons::CLAIMS_REFUSED
            | reasons::CLAIMS_INCOMPLETE
            | reasons::DATA_LOST
            | reasons::NO_LEADER
    );
    if wrong {
        return Condition::new(reasons::DEGRADED, true, story.reason, &story.message);
    }
    let expected = matches!(
        story.reason,
        reasons::CREATING | reasons::HIBERNATING | reasons::HIBERNATED | reasons::RESUMING
    );
    if broken.is_empty() || expected {
        return Condition::new(
            reasons::DEGRADED,
            false,
            reasons::AS_SPECIFIED,
            "nothing is known to be wrong",
        );
    }
    Condition::new(
        reasons::DEGRADED,
        true,
        reasons::MEMBER_NOT_READY,
        waited_for(group),
    )
}

fn foreign(group: &Group) -> Option<Condition> {
    if group.foreign.is_empty() {
        return None;
    }
    let numbers: Vec<_> = group.foreign.keys().map(u64::to_string).collect();
    let message = format!(
        "members {} were not added by the operator and are left alone",
        numbers.join(", ")
    );
    Some(Condition::new(
        reasons::FOREIGN_MEMBER,
        true,
        reasons::UNKNOWN_MEMBER,
        message,
    ))
}

/// As long as it is asked for.
fn recovery(group: &Group) -> Option<Condition> {
    let recovery = Recovery::of(group)?;
    let done = matches!(recovery, Recovery::Done(_));
    let message = recovery.message(group);
    Some(Condition::new(
        reasons::RECOVERY,
        done,
        recovery.reason(),
        message,
    ))
}

/// Told only where nothing asks for a roll to the operator's default.
fn update(group: &Group) -> Option<Condition> {
    let newest = &group.settings.image;
    let running = group.image();
    if group.spec.image.is_some() || running == newest {
        return None;
    }
    let message = format!(
        "the members run {running}, the operator's default is {newest}: set spec.image, or spec.upgradePolicy to \
         Automatic"
    );
    Some(Condition::new(
        reasons::UPDATE_AVAILABLE,
        true,
        reasons::NEW_DEFAULT_IMAGE,
        message,
    ))
}

/// Whether nothing but a claim, kept or going, is left of it.
pub(super) fn is_over(seat: &Seat) -> bool {
    let kept = |claim: &super::seat::Claim| claim.retired || claim.leaving || claim.lost;
    seat.member.is_none() && seat.pod.is_none() && seat.claim.as_ref().is_none_or(kept)
}

fn member(group: &Group, number: u64, seat: &Seat) -> Option<MemberStatus> {
    if is_over(seat) {
        return None;
    }
    let role = match seat.member.as_ref().map(|member| member.role) {
        Some(MemberRole::Voter) => "Voter",
        Some(MemberRole::Joining) => "Joining",
        Some(MemberRole::Learner) => "Learner",
        None => "Absent",
    };
    Some(MemberStatus {
        number: i64::try_from(number).unwrap_or(i64::MAX),
        name: group.names.pod(number),
        role: role.to_owned(),
        ready: group.is_ready(number, seat),
        endpoint: super::config::endpoint(group, number),
        message: why_not_ready(group, number, seat),
    })
}
