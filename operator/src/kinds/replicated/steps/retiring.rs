//! What is left of members that are gone.

use synod_agent_api::Change;
use synod_crds::RetentionPolicy;

use super::membership;
use super::replacing::claim_is_gone;
use crate::action::{Action, Seen};
use crate::kinds::replicated::plan::{annotate, delete_pod, is_out};
use crate::kinds::replicated::seat::{Claim, Seat, number_of};
use crate::kinds::replicated::view::{Group, Lead};
use crate::mutation::mutated;
use crate::names;

/// Takes away what is left of members that the configuration confirms to be gone.
pub(super) fn retire(group: &Group) -> Vec<Action> {
    let gone = group.numbers(|number, seat| is_out(group, number, seat));
    let mut actions: Vec<_> = gone
        .iter()
        .filter_map(|number| retire_pod(&group.seats[number]))
        .collect();
    actions.extend(retire_papers(group));
    for number in &gone {
        let seat = &group.seats[number];
        let claim = seat
            .claim
            .as_ref()
            .filter(|claim| !claim.retired && !claim.deleting);
        actions.extend(
            claim
                .filter(|_| seat.pod.is_none())
                .map(|claim| retire_claim(group, claim)),
        );
    }
    if actions.is_empty() {
        return actions;
    }
    let mut all = surely_out(group, &gone);
    if !all.is_empty() && !mutated("renew-on-old-news") {
        all.splice(..0, unchanged_still(&actions));
    }
    all.extend(actions);
    all
}

/// Makes sure that the first of what is to be taken away is as it was seen: of what is gone, a new configuration at each look
/// would be the news that bring the next one.
fn unchanged_still(actions: &[Action]) -> Option<Action> {
    match actions.first()? {
        Action::Delete { seen, .. } | Action::Patch { seen, .. } => {
            Some(Action::ConfirmUnchanged { seen: seen.clone() })
        }
        _ => None,
    }
}

/// A number that was in use is never in use again. One that was not may be coming into use: somebody who did not see that the
/// member is out may have looked at its claim, and be about to add it. That claim is gone, or says by now that the member is
/// out, so nobody who looks from now on adds it. Whoever looked before rests on a configuration, which a new one that
/// changes nothing makes old: his call is refused from then on, and if it came before, ours is.
fn surely_out(group: &Group, gone: &[u64]) -> Vec<Action> {
    let open = |lead: &&Lead| gone.iter().any(|number| *number > lead.highest);
    let Some(lead) = group.lead.as_ref().filter(open) else {
        return Vec::new();
    };
    let unseen = gone
        .iter()
        .filter(|number| **number > lead.highest && !mutated("retire-on-old-claims"));
    let mut actions: Vec<_> = unseen
        .filter_map(|number| claim_is_gone(group, *number))
        .collect();
    if !mutated("retire-on-an-old-list") {
        actions.extend(membership(lead, unchanged(lead)));
    }
    actions
}

/// A change of the configuration that changes nothing but its id.
fn unchanged(lead: &Lead) -> Change {
    Change::Update {
        number: lead.number,
        member: lead.itself.clone(),
    }
}

fn retire_pod(seat: &Seat) -> Option<Action> {
    let pod = seat.pod.as_ref().filter(|pod| !pod.deleting)?;
    Some(delete_pod(pod, "its member was removed"))
}

/// Configurations and certificates of members that are gone, whose pods are gone too.
fn retire_papers(group: &Group) -> Vec<Action> {
    let gone = |number: u64| match group.seats.get(&number) {
        Some(seat) => seat.pod.is_none() && is_out(group, number, seat),
        None => true,
    };
    let papers = group
        .owned
        .values()
        .filter(|child| number_of(child.meta()).is_some_and(gone));
    papers
        .filter(|child| child.meta().deletion_timestamp.is_none())
        .map(|child| Action::Delete {
            seen: Seen::of(child),
            because: "its member was removed".into(),
        })
        .collect()
}

/// Deletes or keeps the claim. One that was never in use holds nothing to keep.
fn retire_claim(group: &Group, claim: &Claim) -> Action {
    if claim.joined && group.spec.storage.retention.when_scaled == RetentionPolicy::Retain {
        return annotate(claim, names::RETIRED, "true");
    }
    Action::Delete {
        seen: claim.seen.clone(),
        because: "its member was removed".into(),
    }
}
