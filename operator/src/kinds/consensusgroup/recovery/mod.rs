//! A group that lost its quorum for good goes on with what one member has, when a person says so and names what is given up.
//!
//! Nobody can prove that the survivor knows all that was promised, so nothing here happens by itself, and nothing while a quorum
//! could still be brought back (`loss`). What begins is another cluster, with a uid of its own. Certificates, the hello between
//! members, pods, claims and disks carry the uid: a member of before that turns up again has no vote, and is not heard.
//!
//! One write on the survivor's claim decides. Whoever decides asks the members and the API first whether all is as it was seen,
//! and writes on every other claim of the cluster, in the version in which it was seen. So of two decisions, for different
//! survivors, by whomever and on whatever old news, at most one is carried out: each must write on the other's claim before,
//! and each holds only for the version that the other's write left, so each would have to be made after the other one's
//! (`restart` has the same argument). And no two have the same uid, since it is made of the version that was decided on.
//!
//! All else follows from the claims, whoever looks and however often: those of the cluster of before are kept and not used, its
//! pods go, and then the survivor's starts with `recover`, alone.

mod loss;

use serde_json::json;
use synod_agent_api::ClusterUid;
use synod_crds::Condition;

use super::objects;
use super::plan::{annotate, checked, delete_pod, patch};
use super::restart;
use super::seat::{Claim, PodSeen, Seat, Start};
use super::view::Group;
use crate::action::Action;
use crate::certificates::digest;
use crate::child::ChildKind;
use crate::mutation::mutated;
use crate::names;
use crate::reasons;
use loss::Loss;

/// How far a recovery is that is asked for.
pub(super) enum Recovery {
    /// It is not done, and why.
    Refused(String),
    /// It is about to be decided.
    Possible(Loss),
    /// It is decided; this member is not known to be in the new cluster yet.
    UnderWay(u64),
    /// The group went on with what this member had.
    Done(u64),
}

impl Recovery {
    /// What becomes of `spec.recovery`, if it is there.
    pub(super) fn of(group: &Group) -> Option<Self> {
        let asked = group.spec.recovery.as_ref()?;
        let from = u64::try_from(asked.from).unwrap_or(0);
        let given_up: Option<ClusterUid> = asked.accept_data_loss.parse().ok();
        let claim = group.seats.get(&from).and_then(|seat| seat.claim.as_ref());
        let former = claim.and_then(|claim| claim.start.former());
        if former.is_some() && former == given_up {
            let done = claim.is_some_and(|claim| claim.joined);
            return Some(if done {
                Self::Done(from)
            } else {
                Self::UnderWay(from)
            });
        }
        if was_told(group) {
            return Some(Self::Done(from));
        }
        if given_up != Some(group.cluster) && !mutated("recover-whatever-is-given-up") {
            return Some(Self::Refused(format!(
                "acceptDataLoss must be the uid of the cluster that is given up, {}",
                group.cluster
            )));
        }
        if group.spec.paused {
            return Some(Self::Refused("spec.paused is true".into()));
        }
        Some(Loss::of(group, from).map_or_else(Self::Refused, Self::Possible))
    }

    /// From the catalogue.
    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::Refused(_) => reasons::RECOVERY_REFUSED,
            Self::Possible(_) | Self::UnderWay(_) => reasons::RECOVERING,
            Self::Done(_) => reasons::RECOVERED,
        }
    }

    /// For people.
    pub(super) fn message(&self, group: &Group) -> String {
        match self {
            Self::Refused(why) => format!("nothing was done: {why}"),
            Self::Possible(Loss { from, .. }) | Self::UnderWay(from) => format!(
                "the group is made anew of what {} has; what it did not know is given up",
                group.names.pod(*from)
            ),
            Self::Done(from) => format!(
                "the group went on with what {} had, as cluster {}: take spec.recovery off{}",
                group.names.pod(*from),
                group.cluster,
                kept(group)
            ),
        }
    }
}

/// Whether it was told of this very spec that it is done; the survivor may be gone since. Only words depend on this.
fn was_told(group: &Group) -> bool {
    let told = |condition: &Condition| {
        condition.type_ == reasons::RECOVERY && condition.reason == reasons::RECOVERED
    };
    let mut before = group.before.conditions.iter();
    before.any(|it| told(it) && it.observed_generation == group.generation)
}

fn kept(group: &Group) -> String {
    let kept = group.former.values().map(|claim| claim.seen.name.as_str());
    match kept.collect::<Vec<_>>().join(", ") {
        names if names.is_empty() => names,
        names => format!("; claims {names} are kept as they were until you delete them"),
    }
}

/// What is next for a group that goes on, or is to, with what one member has.
pub(super) fn recover(group: &Group) -> Vec<Action> {
    let left = leave_behind(group);
    match Recovery::of(group) {
        Some(Recovery::Possible(loss)) if left.is_empty() => decide(group, &loss),
        _ => left,
    }
}

/// What there is of a cluster that was given up: claims are kept and not used, pods go. Which cluster the group is, the claims
/// say: whoever saw them as they were before a decision would take down the pods of the one that goes on.
fn leave_behind(group: &Group) -> Vec<Action> {
    let claims = group.former.values().filter(|claim| !claim.retired);
    let notes = claims.map(|claim| annotate(claim, names::RETIRED, "true"));
    let left = group.numbers(|number, seat| is_left(group, number, seat));
    let pods = left.iter().filter_map(|n| group.seats[n].pod.as_ref());
    let pods: Vec<_> = pods
        .filter(|_| !mutated("keep-pods-of-before"))
        .map(|pod| delete_pod(pod, "its cluster was given up"))
        .collect();
    let seats = group.seats.values().filter(|_| !pods.is_empty());
    let seen: Vec<_> = seats.filter_map(restart::claim_is_seen).collect();
    notes.chain(seen).chain(pods).collect()
}

/// Whether the seat has a pod that was made for another cluster; an earlier operator's does not say. With its pod the data of a
/// claim that is going would go.
fn is_left(group: &Group, number: u64, seat: &Seat) -> bool {
    let begins = |claim: &Claim| claim.start.former().is_some() && !claim.joined;
    let claim = seat.claim.as_ref();
    let before = group.former.contains_key(&number) || claim.is_some_and(begins);
    let is_other = |pod: &PodSeen| {
        let made_for = pod.cluster.map(|cluster| cluster != group.cluster);
        !pod.deleting && made_for.unwrap_or(before)
    };
    let going = claim.is_some_and(|claim| claim.lost);
    !going && seat.pod.as_ref().is_some_and(is_other)
}

/// Decides, after a look whether what that rests on is so, and a write that makes all other decisions void.
fn decide(group: &Group, loss: &Loss) -> Vec<Action> {
    let claim = group
        .seats
        .get(&loss.from)
        .and_then(|seat| seat.claim.as_ref());
    let Some(claim) = claim else {
        return Vec::new();
    };
    let sure = (!mutated("recover-on-old-answers")).then(|| loss.confirmed());
    let known = group.claims().chain(group.former.values());
    let none_else = Action::ConfirmNone {
        kind: ChildKind::Claim,
        labels: objects::selector(group),
        but: known.map(|claim| claim.seen.name.clone()).collect(),
    };
    let others = group.claims().filter(|other| other.seen != claim.seen);
    let others = others.map(|other| checked(&other.seen));
    let alone = std::iter::once(none_else).chain(others);
    sure.into_iter()
        .chain(alone.filter(|_| !mutated("recover-beside-another")))
        .chain([decision(group, claim)])
        .collect()
}

/// The claim becomes the first one of another cluster. Its member votes from now on, whatever it did before.
fn decision(group: &Group, claim: &Claim) -> Action {
    let mut notes = json!({
        names::CLUSTER_UID: next_uid(group, claim).to_string(),
        names::ADOPTED_BY: group.uid,
        names::JOINED: null,
        names::ADMITTED: null,
        names::FOUNDERS: null,
        names::INITIAL_MEMBERS: null,
        names::REPLACES: null,
        names::LEAVING: null,
    });
    for (name, text) in Start::Recover(group.cluster).notes() {
        notes[name] = text.into();
    }
    let labels = json!({ names::LABEL_ROLE: "voter" });
    patch(
        claim,
        json!({ "metadata": { "annotations": notes, "labels": labels } }),
    )
}

/// A uid that no other decision has.
fn next_uid(group: &Group, claim: &Claim) -> ClusterUid {
    let mut text = group.cluster.to_string();
    if !mutated("recover-into-one-cluster") {
        text = format!("{text} {} {}", claim.seen.uid, claim.seen.version);
    }
    ClusterUid(u128::from_str_radix(&digest(&text), 16).unwrap_or_default())
}
