//! Claims that this object did not make, and claims that should be there: taken over, or an obstacle.
//!
//! Data outlives objects. What an earlier object of this name left is taken over, noted on each claim before any pod
//! runs, or refused; it is never begun anew over. Where it cannot be told whether something would be lost, nothing is
//! done until a person says so.

use synod_crds::Adoption;

use super::founding::initial_members;
use super::plan::annotate;
use super::seat::Claim;
use super::view::Group;
use crate::action::Action;
use crate::mutation::mutated;
use crate::names;
use crate::reasons;

/// Why nothing may be done for the object.
pub(super) enum Obstacle {
    /// These claims hold data of another cluster than the others.
    Disagree(Vec<String>),
    /// These claims are an earlier object's, and they are refused.
    Refused(Vec<String>),
    /// Of the first claims of an earlier object these are missing.
    Incomplete(Vec<String>),
    /// There are only claims of members that an earlier object's group had no more.
    Retired(Vec<String>),
    /// The group had begun, and there is no claim any more.
    Lost,
}

impl Obstacle {
    /// The obstacle in the way of `group`, if there is one.
    pub(super) fn of(group: &Group) -> Option<Self> {
        if !group.foreign_claims.is_empty() {
            return Some(Self::Disagree(group.foreign_claims.clone()));
        }
        if had_begun(group) && group.claims().next().is_none() {
            return (!mutated("begin-again-without-claims")).then_some(Self::Lost);
        }
        if !is_inherited(group) {
            return None;
        }
        refused(group)
            .or_else(|| retired(group))
            .or_else(|| incomplete(group))
    }

    /// From the catalogue.
    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::Disagree(_) => reasons::CLAIMS_DISAGREE,
            Self::Refused(_) => reasons::CLAIMS_REFUSED,
            Self::Incomplete(_) | Self::Retired(_) => reasons::CLAIMS_INCOMPLETE,
            Self::Lost => reasons::DATA_LOST,
        }
    }

    /// What is wrong, and what to do.
    pub(super) fn message(&self, group: &Group) -> String {
        let cluster = group.cluster;
        match self {
            Self::Disagree(names) => format!(
                "claims {} hold data of another cluster than the group's: delete them, or rename the object",
                names.join(", ")
            ),
            Self::Refused(names) => format!(
                "claims {} hold data of cluster {cluster}, which an earlier object of this name left: delete them to \
                 begin empty, or set spec.storage.adoption to Adopt to go on with that data",
                names.join(", ")
            ),
            Self::Incomplete(missing) => format!(
                "claims {} of cluster {cluster}, which an earlier object of this name left, are missing, and nothing \
                 says whether the group had begun: bring them back, or delete the others to begin empty",
                missing.join(", ")
            ),
            Self::Retired(claims) => format!(
                "claims {} are kept of members that cluster {cluster} had no more when an earlier object of this name was \
                 deleted, and there are no others: delete them to begin empty, or take annotation {} off those to go on with",
                claims.join(", "),
                names::RETIRED
            ),
            Self::Lost => "the group had data, and all its claims are gone: restore them, or delete the object and \
                           create it again to begin empty"
                .to_owned(),
        }
    }
}

/// Whether somebody led the group once. Told by the status, which may be lost: then the claims alone tell, as ever.
fn had_begun(group: &Group) -> bool {
    group.before.configuration.is_some()
}

/// Whether the claims are older than the object.
pub(super) fn is_inherited(group: &Group) -> bool {
    group.claims().next().is_some() && group.uid.parse() != Ok(group.cluster)
}

fn is_ours(group: &Group, claim: &Claim) -> bool {
    claim.adopted_by.as_ref() == Some(&group.uid)
}

/// Those that are still to be taken over; what goes anyway is not.
fn strange(group: &Group) -> impl Iterator<Item = &Claim> {
    let inherited = is_inherited(group);
    group
        .claims()
        .filter(move |claim| inherited && !claim.lost && !is_ours(group, claim))
}

fn refused(group: &Group) -> Option<Obstacle> {
    let refuses = group.spec.storage.adoption == Adoption::Refuse;
    // Once one was taken over, all are.
    let decided = group.claims().any(|claim| is_ours(group, claim));
    if !refuses || decided || mutated("adopt-refused-claims") {
        return None;
    }
    let names: Vec<_> = strange(group)
        .map(|claim| claim.seen.name.clone())
        .collect();
    (!names.is_empty()).then_some(Obstacle::Refused(names))
}

/// What there is was not in use any more: it is old, or was given up.
fn retired(group: &Group) -> Option<Obstacle> {
    let names: Vec<_> = group
        .claims()
        .map(|claim| claim.seen.name.clone())
        .collect();
    let none_else = group.claims().all(|claim| claim.retired);
    none_else.then_some(Obstacle::Retired(names))
}

/// First claims of a group that was never seen to have begun: one of those that are missing may have voted.
fn incomplete(group: &Group) -> Option<Obstacle> {
    let initial = initial_members(group)?;
    let going = group.claims().all(|claim| claim.lost);
    let begun = group.claims().any(Claim::has_begun);
    if going || begun || mutated("complete-adopted-claims") {
        return None;
    }
    let there = |n: &u64| {
        let claim = group.seats.get(n).and_then(|seat| seat.claim.as_ref());
        claim.is_some_and(|claim| !claim.lost)
    };
    let missing: Vec<_> = initial
        .iter()
        .filter(|number| !there(number))
        .map(|number| group.names.claim(*number))
        .collect();
    (!missing.is_empty()).then_some(Obstacle::Incomplete(missing))
}

/// Notes on claims of an earlier object that they are this one's now.
pub(super) fn adopt(group: &Group) -> Vec<Action> {
    strange(group)
        .map(|claim| annotate(claim, names::ADOPTED_BY, &group.uid))
        .collect()
}
