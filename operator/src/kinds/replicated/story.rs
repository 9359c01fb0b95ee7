//! What is going on with a group, in one word for the state, one from the catalogue for the reason, and a sentence.

use synod_agent_api::MemberRole;
use synod_crds::TlsMode;

use super::adoption::Obstacle;
use super::hibernation::Phase;
use super::seat::{PodSeen, Seat};
use super::status::is_over;
use super::view::Group;
use crate::action::Action;
use crate::reasons;

/// What is going on.
pub(super) struct Story {
    /// For printer columns.
    pub(super) state: &'static str,
    /// From the catalogue.
    pub(super) reason: &'static str,
    /// For people.
    pub(super) message: String,
    /// Whether clients are served by as many as were asked for.
    pub(super) ready: bool,
    /// Whether something is being done.
    pub(super) progressing: bool,
}

impl Story {
    fn new(state: &'static str, reason: &'static str, message: String, progressing: bool) -> Self {
        Self {
            state,
            reason,
            message,
            ready: false,
            progressing,
        }
    }
}

/// The story of `group` while `actions` are about to be done and `ready` voters are ready.
pub(super) fn story(group: &Group, actions: &[Action], ready: usize) -> Story {
    let tell = Story::new;
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
    if let Some(obstacle) = Obstacle::of(group) {
        return tell("Blocked", obstacle.reason(), obstacle.message(group), false);
    }
    if group.spec.paused {
        let message = "spec.paused is true: nothing is changed".into();
        return Story {
            ready: ready >= wanted,
            ..tell("Paused", reasons::PAUSED, message, false)
        };
    }
    if let Some(story) = sleep(group) {
        return Story {
            ready: ready >= wanted && group.lead.is_some(),
            ..story
        };
    }
    let resuming = matches!(
        group.before.state.as_deref(),
        Some("Hibernated" | "Hibernating" | "Resuming")
    );
    if resuming && (group.lead.is_none() || ready < wanted) {
        let message = format!("the members come back with their data; {waited}");
        return tell("Resuming", reasons::RESUMING, message, true);
    }
    if creating && group.claims().next().is_some() && group.claims().all(|claim| claim.lost) {
        let message = "the claims of an earlier object of this name are still being deleted";
        return tell("Creating", reasons::CREATING, message.to_owned(), true);
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

/// A hibernation that was asked for.
fn sleep(group: &Group) -> Option<Story> {
    let stopping = || {
        let pods = group.seats.values().filter(|seat| seat.pod.is_some());
        format!("{} pods are stopping; the data is kept", pods.count())
    };
    let (state, reason, message) = match Phase::of(group) {
        Phase::Awake | Phase::Waking => return None,
        Phase::Finishing => ("Hibernating", reasons::HIBERNATING, unfinished(group)),
        Phase::Announcing | Phase::Stopping => ("Hibernating", reasons::HIBERNATING, stopping()),
        Phase::Asleep => (
            "Hibernated",
            reasons::HIBERNATED,
            "spec.hibernated is true: no member runs, the data is kept".to_owned(),
        ),
    };
    let progressing = state == "Hibernating";
    Some(Story::new(state, reason, message, progressing))
}

/// What must be finished before the members are stopped.
fn unfinished(group: &Group) -> String {
    if group.lead.is_none() {
        let waited = waited_for(group);
        return format!(
            "the members are stopped once a leader confirms that no change of them is under way; {waited}"
        );
    }
    "a change of members is finished, or a lost one replaced, before they are stopped".to_owned()
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
    let tell = |state, reason, message| Some(Story::new(state, reason, message, true));
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

/// Who is not ready, and why, as far as that is known.
pub(super) fn waited_for(group: &Group) -> String {
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

/// What keeps a member from being ready, if anything does.
pub(super) fn why_not_ready(group: &Group, number: u64, seat: &Seat) -> Option<String> {
    if is_over(seat) || group.is_ready(number, seat) {
        return None;
    }
    Some(match (&seat.claim, &seat.pod, &seat.agent) {
        (None, ..) => "its claim is gone".to_owned(),
        (_, None, _) => "it has no pod".to_owned(),
        (
            _,
            Some(PodSeen {
                waiting: Some(reason),
                ..
            }),
            _,
        ) => waits(group, reason),
        (_, _, None) => "its agent does not answer yet".to_owned(),
        (_, _, Some(agent)) => match &agent.quarantined {
            Some(quarantine) => format!("quarantined: {}; {}", quarantine.reason, quarantine.cure),
            None if !agent.disk.message.is_empty() => agent.disk.message.clone(),
            None if agent.ready => "the leader has not seen it catch up".to_owned(),
            None => agent.not_ready_because.clone(),
        },
    })
}

/// Why a container does not start. Its kubelet does not say what is not there that is to be mounted; only one thing is not ours.
fn waits(group: &Group, reason: &str) -> String {
    let tls = &group.spec.tls;
    let needs = tls
        .secret_name
        .as_deref()
        .filter(|_| reason == "ContainerCreating");
    let needs = needs.filter(|_| tls.mode == TlsMode::Secret);
    let needs = needs.map_or_else(String::new, |secret| {
        format!(", which takes the Secret {secret} (spec.tls.secretName)")
    });
    format!("its container waits: {reason}{needs}")
}
