//! What is told to people when a group's state changes. What is done is told by the acts themselves.

use synod_crds::replicated::GroupStatus;

use super::recovery::Recovery;
use super::view::Group;
use crate::events::Event;
use crate::reasons;

/// What changed between the status that is written and the one that is about to be.
pub(super) fn events(group: &Group, now: &GroupStatus) -> Vec<Event> {
    let state = of_state(group, now);
    state.into_iter().chain(of_recovery(group)).collect()
}

/// How far a recovery is, when that changes.
fn of_recovery(group: &Group) -> Option<Event> {
    let recovery = Recovery::of(group)?;
    let reason = recovery.reason();
    let mut before = group.before.conditions.iter();
    let known = before.find(|condition| condition.type_ == reasons::RECOVERY);
    let tell = match recovery {
        Recovery::Done(_) => Event::normal,
        _ => Event::warning,
    };
    let news = known.is_none_or(|known| known.reason != reason);
    news.then(|| tell(reason, "recover", recovery.message(group)))
}

fn of_state(group: &Group, now: &GroupStatus) -> Vec<Event> {
    let word = |status: &GroupStatus| status.state.clone().unwrap_or_default();
    let (before, after) = (word(&group.before), word(now));
    if before == after || group.deleting {
        return Vec::new();
    }
    let left = match before.as_str() {
        "Unavailable" if group.lead.is_some() => Some(Event::normal(
            reasons::QUORUM_REGAINED,
            "elect",
            format!("{} leads", now.leader.as_deref().unwrap_or("a member")),
        )),
        "Blocked" => Some(Event::normal(
            reasons::UNBLOCKED,
            "reconcile",
            "what blocked the object is gone",
        )),
        _ => None,
    };
    left.into_iter()
        .chain(entered(group, now, &after))
        .collect()
}

fn entered(group: &Group, now: &GroupStatus, state: &str) -> Option<Event> {
    let ready = now.conditions.iter().find(|c| c.type_ == reasons::READY);
    let message = ready.map(|c| c.message.clone()).unwrap_or_default();
    match state {
        "Ready" => Some(Event::normal(reasons::READY, "reconcile", message)),
        "Hibernated" => Some(Event::normal(reasons::HIBERNATED, "hibernate", message)),
        "Blocked" => Some(Event::warning(reasons::BLOCKED, "reconcile", message)),
        "Resuming" => Some(Event::normal(reasons::RESUMING, "resume", message)),
        "Unavailable" if has_quorum(group) => {
            Some(Event::warning(reasons::NO_LEADER, "elect", message))
        }
        "Unavailable" => Some(Event::warning(reasons::QUORUM_LOST, "elect", message)),
        _ => None,
    }
}

/// Whether as many agents answer as the last known voters need to decide: then a leader is to be expected soon.
fn has_quorum(group: &Group) -> bool {
    let answering = group.numbers(|_, seat| seat.agent.is_some()).len();
    let voters = usize::try_from(group.before.members.unwrap_or(0)).unwrap_or(0);
    answering > voters / 2
}
