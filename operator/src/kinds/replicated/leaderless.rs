//! A group that nobody leads, with pods of an outdated template: the newer one may be the cure (more memory, another image), and
//! without a leader no roll begins.
//!
//! Members lose nothing by a restart. What could be lost is the service of a group that only the operator does not hear. So the
//! kubelets are believed, which ask their members from beside them: for some minutes none of the containers was ready.

use std::time::Duration;

use jiff::Timestamp;
use synod_agent_api::Status;

use super::config;
use super::restart;
use super::seat::{PodSeen, Seat};
use super::view::Group;
use crate::action::Action;
use crate::mutation::mutated;

/// Longer than any election, and than most starts.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Replaces all pods of the outdated template together, when that is due.
pub(super) fn cure(group: &Group) -> Vec<Action> {
    if due(group).is_none_or(|due| due > group.now) {
        return Vec::new();
    }
    let outdated = group.seats.values().filter(|seat| is_outdated(group, seat));
    let because = "nobody leads, its container is not ready, and its template is outdated";
    let deletes = outdated.map(|seat| restart::delete(seat, because));
    deletes.flatten().collect()
}

/// How long until it is due.
pub(super) fn again(group: &Group) -> Option<Duration> {
    let left = due(group)?.duration_since(group.now);
    Duration::try_from(left).ok().filter(|left| !left.is_zero())
}

/// When the pods are to be replaced, unless somebody is ready before; `None` if somebody is, or a leader is heard of.
fn due(group: &Group) -> Option<Timestamp> {
    let mut agents = group.seats.values().filter_map(|seat| seat.agent.as_ref());
    let leads = group.lead.is_some() || agents.any(Status::hears_leader);
    let mut pods = group.seats.values().filter_map(|seat| seat.pod.as_ref());
    let serves = |pod: &PodSeen| pod.running && pod.unready_since.is_none();
    if leads || pods.any(serves) && !mutated("cure-whoever-is-silent") {
        return None;
    }
    let outdated = group.seats.values().filter(|seat| is_outdated(group, seat));
    let since = outdated.filter_map(|seat| {
        let since = seat.pod.as_ref()?.unready_since;
        since.or_else(|| mutated("cure-whoever-is-silent").then_some(Timestamp::MIN))
    });
    since.max()?.checked_add(PATIENCE).ok()
}

/// Whether it has a pod that runs and is to be another one; upkeep sees to those that do not run.
fn is_outdated(group: &Group, seat: &Seat) -> bool {
    let pod = seat.pod.as_ref().filter(|pod| pod.running);
    pod.is_some_and(|pod| !pod.deleting && !pod.ended && pod.template != config::template(group))
}
