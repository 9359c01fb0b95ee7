//! Pods and volumes on nodes that are gone for good. A node that is only silent is never taken for gone: its pods may
//! still run and write.

use super::seat::{PodSeen, Seat};
use super::view::Group;
use crate::action::Action;
use crate::mutation::mutated;

/// Deletes pods at once that no kubelet will ever confirm to have ended.
pub(super) fn release(group: &Group) -> Vec<Action> {
    let stuck = |seat: &Seat| {
        let pod = seat.pod.as_ref().filter(|_| seat.agent.is_none())?;
        let node = pod.node.as_ref().filter(|node| is_gone(group, node, pod))?;
        Some(Action::ForceDelete {
            seen: pod.seen.clone(),
            node: node.clone(),
        })
    };
    group.seats.values().filter_map(stuck).collect()
}

/// Whether the node is not there any more, or was declared to be out of service.
fn is_gone(group: &Group, node: &str, pod: &PodSeen) -> bool {
    let Some(nodes) = &group.nodes else {
        return false;
    };
    let impatient = pod.deleting && mutated("force-delete-on-a-silent-node");
    nodes.get(node).is_none_or(|node| node.out_of_service) || impatient
}

/// Whether the member's volume is on a node that is gone: its pod finds no node, and the one that the volume was made for
/// is not there any more. Such a member is replaced like one whose claim is lost.
pub(super) fn is_stranded(group: &Group, seat: &Seat) -> bool {
    let (Some(claim), Some(pod), Some(nodes)) = (&seat.claim, &seat.pod, &group.nodes) else {
        return false;
    };
    let gone = claim
        .node
        .as_ref()
        .is_some_and(|node| !nodes.contains_key(node));
    gone && pod.unschedulable && seat.agent.is_none()
}
