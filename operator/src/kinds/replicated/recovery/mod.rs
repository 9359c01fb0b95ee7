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
//! All else follows from the claims, whoever looks and however often: those of the cluster of before are not used, its pods go,
//! and then the survivor's starts with `recover`, alone. Until it has begun, whoever deletes its claim is back where it began;
//! from then on the claims of before are kept, whatever becomes of the object.

mod loss;

use serde_json::json;
use synod_agent_api::ClusterUid;
use synod_crds::Condition;
use xxhash_rust::xxh3::xxh3_128;

use super::adoption::Obstacle;
use super::nodes::is_stranded;
use super::objects;
use super::plan::{checked, delete_pod, patch};
use super::restart;
use super::seat::{Claim, PodSeen, Seat, Start};
use super::story::why_not_ready;
use super::view::Group;
use crate::action::Action;
use crate::child::ChildKind;
use crate::mutation::mutated;
use crate::names;
use crate::reasons;
use loss::Loss;

/// How far a recovery is that is asked for, or was.
pub(super) enum Recovery {
    /// It is not done, and why.
    Refused(String),
    /// It is about to be decided.
    Possible(Loss),
    /// It is decided; this member is not known to be in the new cluster yet.
    UnderWay(u64),
    /// The group went on, in these words.
    Done(String),
}

impl Recovery {
    /// What becomes of `spec.recovery`, if it is there, or of what it decided.
    pub(super) fn of(group: &Group) -> Option<Self> {
        if let Some(from) = under_way(group) {
            return Some(Self::UnderWay(from));
        }
        let asked = group.spec.recovery.as_ref()?;
        let from = u64::try_from(asked.from).unwrap_or(0);
        let given_up: Option<ClusterUid> = asked.accept_data_loss.parse().ok();
        let is_another = given_up != Some(group.cluster);
        if is_another && let Some(done) = done(group, from, given_up) {
            return Some(Self::Done(done));
        }
        if let Some(why) = is_held(group) {
            return Some(Self::Refused(why));
        }
        if is_another && !mutated("recover-whatever-is-given-up") {
            return Some(Self::Refused(names_another(group, given_up)));
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
        let begins = |from: u64| {
            format!(
                "the group is made anew of what {} has; what it did not know is given up",
                group.names.pod(from)
            )
        };
        match self {
            Self::Refused(why) => format!("nothing was done: {why}"),
            Self::Possible(Loss { from, .. }) => begins(*from),
            Self::UnderWay(from) => format!("{}{}", begins(*from), waited_for(group, *from)),
            Self::Done(words) => words.clone(),
        }
    }
}

/// The member that a recovery was decided for, which is not known to have begun.
fn under_way(group: &Group) -> Option<u64> {
    let begins = |claim: &Claim| claim.start.former().is_some() && !claim.joined;
    let begins = |_, seat: &Seat| seat.claim.as_ref().is_some_and(begins);
    group.numbers(begins).first().copied()
}

/// What a recovery that was decided waits for, and the way back while there is one: until its member has begun, the claims of
/// before are as they were.
fn waited_for(group: &Group, from: u64) -> String {
    let seat = &group.seats[&from];
    let why = is_held(group).or_else(|| why_not_ready(group, from, seat));
    let why = why.map_or_else(String::new, |why| format!("; now: {why}"));
    format!(
        "{why}; if it cannot begin, delete its claim {} and its pod, and name another member",
        group.names.claim(from)
    )
}

/// What is told of a recovery that was asked for so and carried out; the survivor may be gone since, or the object edited.
fn done(group: &Group, from: u64, given_up: Option<ClusterUid>) -> Option<String> {
    let claim = group.seats.get(&from).and_then(|seat| seat.claim.as_ref());
    let former = claim.and_then(|claim| claim.start.former());
    if former.is_some() && former == given_up {
        return Some(format!(
            "the group went on with what {} had, as cluster {}: take spec.recovery off{}",
            group.names.pod(from),
            group.cluster,
            kept(group)
        ));
    }
    let told = |it: &&Condition| it.type_ == reasons::RECOVERY && it.reason == reasons::RECOVERED;
    let told = group.before.conditions.iter().find(told);
    told.map(|told| told.message.clone())
}

/// What keeps the whole group from being changed.
fn is_held(group: &Group) -> Option<String> {
    if group.deleting {
        Some("the object is being deleted".into())
    } else if let Some(obstacle) = Obstacle::of(group) {
        Some(obstacle.message(group))
    } else if group.spec.paused {
        Some("spec.paused is true".into())
    } else {
        let sleeps = group.spec.hibernated;
        sleeps.then(|| "spec.hibernated is true: no member runs, or is to".into())
    }
}

fn names_another(group: &Group, given_up: Option<ClusterUid>) -> String {
    let cluster = group.cluster;
    match given_up {
        None => {
            format!("acceptDataLoss must be the uid of the cluster that is given up, {cluster}")
        }
        Some(other) => format!(
            "acceptDataLoss names cluster {other}, and the group is {cluster}: take spec.recovery off, or name {cluster} if \
             that one has lost its quorum for good"
        ),
    }
}

fn kept(group: &Group) -> String {
    let kept = group.former.values().map(|claim| claim.seen.name.as_str());
    match kept.collect::<Vec<_>>().join(", ") {
        names if names.is_empty() => names,
        names => format!("; claims {names} are kept as they were until you delete them"),
    }
}

/// Decides that the group goes on with what one member has, if that is asked for and nothing speaks against it.
pub(super) fn recover(group: &Group) -> Vec<Action> {
    match Recovery::of(group) {
        Some(Recovery::Possible(loss)) => decide(group, &loss),
        _ => Vec::new(),
    }
}

/// What there is of a cluster that was given up: claims are kept and not used, pods go. Which cluster the group is, the claims
/// say: whoever saw them as they were before a decision would take down the pods of the one that goes on.
pub(super) fn leave_behind(group: &Group) -> Vec<Action> {
    let notes = group.former.values().filter_map(|claim| keep(group, claim));
    let left = group.numbers(|number, seat| is_of_before(group, number, seat));
    let pods = left.iter().filter_map(|n| group.seats[n].pod.as_ref());
    let pods: Vec<_> = pods
        .filter(|_| !mutated("keep-pods-of-before"))
        .map(|pod| delete_pod(pod, "its cluster was given up"))
        .collect();
    let seats = group.seats.values().filter(|_| !pods.is_empty());
    let seen: Vec<_> = seats.filter_map(restart::claim_is_seen).collect();
    notes.chain(seen).chain(pods).collect()
}

/// A claim of before stays whatever becomes of the object. Not yet while the survivor may be unable to begin: without its claim
/// the group is what it was.
fn keep(group: &Group, claim: &Claim) -> Option<Action> {
    let kept = claim.retired && (claim.owners.is_empty() || mutated("let-claims-of-before-go"));
    if kept || claim.deleting || !group.claims().any(|claim| claim.joined) {
        return None;
    }
    let mut meta = json!({ "annotations": { names::RETIRED: "true" } });
    if !mutated("let-claims-of-before-go") {
        meta["ownerReferences"] = json!(null);
    }
    Some(patch(claim, json!({ "metadata": meta })))
}

/// Whether the seat has a pod that was made for another cluster; an earlier operator's does not say. With its pod the data of a
/// claim that is going would go.
fn is_of_before(group: &Group, number: u64, seat: &Seat) -> bool {
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
    let known = known.map(|claim| &claim.seen.name);
    let none_else = Action::ConfirmNone {
        kind: ChildKind::Claim,
        labels: objects::selector(group),
        but: known.chain(&group.illegible_claims).cloned().collect(),
    };
    // One that finds a node after all is not lost.
    let stranded = group.seats.values().filter(|seat| is_stranded(group, seat));
    let stranded = stranded.filter_map(|seat| Some(seat.pod.as_ref()?.seen.clone()));
    let stranded = stranded.map(|seen| Action::ConfirmUnchanged { seen });
    let others = group.claims().filter(|other| other.seen != claim.seen);
    let others = others.map(|other| checked(&other.seen));
    let alone = std::iter::once(none_else).chain(others);
    sure.into_iter()
        .chain(stranded.filter(|_| !mutated("recover-beside-the-stranded")))
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
    ClusterUid(xxh3_128(text.as_bytes()))
}
