//! What is told about a group: facts that change by events, in words of the catalogue.

use synod_agent_api::MemberRole;
use synod_crds::consensusgroup::MemberStatus;
use synod_crds::{Condition, ConsensusGroupStatus, merged};

use super::objects;
use super::seat::Seat;
use super::view::Group;
use crate::action::Action;
use crate::reasons;

/// The status as it should read, given what is about to be done.
pub(super) fn status(group: &Group, actions: &[Action]) -> ConsensusGroupStatus {
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
    ConsensusGroupStatus {
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

/// What is going on.
struct Story {
    state: &'static str,
    reason: &'static str,
    message: String,
    ready: bool,
    progressing: bool,
}

fn story(group: &Group, actions: &[Action], ready: usize) -> Story {
    let tell = |state, reason, message: String, progressing| Story {
        state,
        reason,
        message,
        ready: false,
        progressing,
    };
    let wanted = usize::try_from(group.spec.members).unwrap_or(0);
    let waited = waited_for(group);
    // Only words depend on this: a group that was ready once is not being created any more.
    let creating = matches!(group.before.state.as_deref(), None | Some("Creating"));
    let begun = "the first members are being made";
    if group.deleting {
        return tell(
            "Deleting",
            reasons::DELETING,
            "the object is being deleted".into(),
            true,
        );
    }
    if !group.foreign_claims.is_empty() {
        let message = format!(
            "claims {} hold data of another cluster than the group's: delete them, or rename the object",
            group.foreign_claims.join(", ")
        );
        return tell("Blocked", reasons::CLAIMS_DISAGREE, message, false);
    }
    if group.spec.paused {
        let message = "spec.paused is true: nothing is changed".into();
        return Story {
            ready: ready >= wanted,
            ..tell("Paused", reasons::PAUSED, message, false)
        };
    }
    if creating && (group.lead.is_none() || ready < wanted) {
        return tell(
            "Creating",
            reasons::CREATING,
            format!("{begun}; {waited}"),
            true,
        );
    }
    if group.lead.is_none() {
        return tell(
            "Unavailable",
            reasons::NO_LEADER,
            format!("no leader is known; {waited}"),
            true,
        );
    }
    if let Some(story) = under_way(group, actions, &waited) {
        return Story {
            ready: ready >= wanted && group.voters().len() == wanted,
            ..story
        };
    }
    if ready < wanted {
        return tell("Repairing", reasons::REPAIRING, waited, true);
    }
    let message = format!("{ready} of {wanted} members are ready");
    Story {
        ready: true,
        ..tell("Ready", reasons::AS_SPECIFIED, message, false)
    }
}

/// A change of members or a roll that is not at its end.
fn under_way(group: &Group, actions: &[Action], waited: &str) -> Option<Story> {
    let wanted = usize::try_from(group.spec.members).unwrap_or(0);
    let learners = group.numbers(|_, seat| seat.is(MemberRole::Learner) && !seat.is_leaving());
    let leaving = group
        .seats
        .values()
        .any(|seat| seat.is_leaving() && (seat.member.is_some() || seat.pod.is_some()));
    let voters = group.voters();
    let off = voters.len() != wanted
        || learners.len() != usize::try_from(group.spec.learners).unwrap_or(0)
        || group
            .seats
            .values()
            .any(|seat| seat.is(MemberRole::Joining))
        || leaving;
    let template = super::config::template(group);
    let outdated = group.numbers(|_, seat| {
        seat.pod
            .as_ref()
            .is_some_and(|pod| pod.template != template)
    });
    let doing: Vec<_> = actions
        .iter()
        .filter(|a| is_change(a))
        .map(ToString::to_string)
        .collect();
    let detail = if doing.is_empty() {
        waited.to_owned()
    } else {
        doing.join("; ")
    };
    let tell = |state, reason, message| {
        Some(Story {
            state,
            reason,
            message,
            ready: false,
            progressing: true,
        })
    };
    if off {
        let message = format!("{} voters, {wanted} wanted; {detail}", voters.len());
        tell("Scaling", reasons::SCALING, message)
    } else if !outdated.is_empty() {
        let message = format!(
            "{} pods are of an outdated template; {detail}",
            outdated.len()
        );
        tell("Rolling", reasons::ROLLING, message)
    } else {
        None
    }
}

const fn is_change(action: &Action) -> bool {
    matches!(
        action,
        Action::Membership { .. } | Action::Transfer { .. } | Action::Delete { .. }
    )
}

/// Who is not ready, and why as far as that is known.
fn waited_for(group: &Group) -> String {
    let missing: Vec<_> = group
        .ordered()
        .iter()
        .filter_map(|number| {
            let seat = &group.seats[number];
            let why = why_not_ready(group, *number, seat)?;
            Some(format!("{}: {why}", group.names.pod(*number)))
        })
        .collect();
    if missing.is_empty() {
        "all members are ready".to_owned()
    } else {
        missing.join("; ")
    }
}

fn why_not_ready(group: &Group, number: u64, seat: &Seat) -> Option<String> {
    if is_over(seat) || group.is_ready(number, seat) {
        return None;
    }
    Some(match (&seat.claim, &seat.pod, &seat.agent) {
        (None, ..) => "its claim is gone".to_owned(),
        (_, None, _) => "it has no pod".to_owned(),
        (_, Some(pod), _) if pod.waiting.is_some() => {
            format!(
                "its container waits: {}",
                pod.waiting.as_deref().unwrap_or_default()
            )
        }
        (_, _, None) => "its agent does not answer yet".to_owned(),
        (_, _, Some(agent)) => match &agent.quarantined {
            Some(quarantine) => format!("quarantined: {}; {}", quarantine.reason, quarantine.cure),
            None if !agent.disk.message.is_empty() => agent.disk.message.clone(),
            None if agent.ready => "the leader has not seen it catch up".to_owned(),
            None => agent.not_ready_because.clone(),
        },
    })
}

fn degraded(group: &Group, story: &Story) -> Condition {
    let broken = |number: u64, seat: &Seat| {
        seat.votes() && !group.is_ready(number, seat) && !seat.is_leaving()
    };
    let broken = group.numbers(broken);
    if let Some(failure) = &group.failure {
        return Condition::new(reasons::DEGRADED, true, failure.reason, &failure.message);
    }
    if matches!(story.reason, reasons::CLAIMS_DISAGREE | reasons::NO_LEADER) {
        return Condition::new(reasons::DEGRADED, true, story.reason, &story.message);
    }
    if broken.is_empty() || story.reason == reasons::CREATING {
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

/// Whether nothing but a claim, kept or going, is left of it.
fn is_over(seat: &Seat) -> bool {
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
    let address = seat.pod.as_ref().and_then(|pod| pod.address);
    Some(MemberStatus {
        number: i64::try_from(number).unwrap_or(i64::MAX),
        name: group.names.pod(number),
        role: role.to_owned(),
        ready: group.is_ready(number, seat),
        endpoint: address.map(|ip| {
            let socket = std::net::SocketAddr::new(ip, synod_agent_api::ports::CLIENT);
            format!("{}://{socket}", super::config::scheme(group))
        }),
        message: why_not_ready(group, number, seat),
    })
}
