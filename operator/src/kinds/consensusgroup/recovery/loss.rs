//! Whether a group has lost its quorum for good, by all that can be seen, and whether a member has what it could go on with.
//!
//! Whatever cannot be told speaks against it: a member that is silent may run, a claim may hold what its member promised, and
//! nobody knows how a voter is that the operator did not add. A person who knows better deletes what is left of it.

use synod_agent_api::{MemberRole, MemberStatus, Status};

use crate::action::Action;
use crate::kinds::consensusgroup::nodes::is_stranded;
use crate::kinds::consensusgroup::seat::{Claim, Seat};
use crate::kinds::consensusgroup::view::{Group, quorum};
use crate::mutation::mutated;

/// A quorum that is lost, and who is left.
pub(in crate::kinds::consensusgroup) struct Loss {
    /// The member whose data the group can go on with.
    pub(super) from: u64,
    /// The configuration that it knows.
    configuration: u64,
    /// Members whose agents answer.
    answering: Vec<u64>,
    /// Those of them that lost what they promised.
    lost: Vec<u64>,
}

impl Loss {
    /// The loss of `group`, seen from the member that it is to go on with.
    ///
    /// # Errors
    /// Why it is not to go on with that member, and what to do.
    pub(super) fn of(group: &Group, from: u64) -> Result<Self, String> {
        let survivor =
            survivor(group, from).map_err(|why| format!("{} {why}", group.names.pod(from)))?;
        let answer = |(number, seat): (&u64, &Seat)| Some((*number, seat.agent.clone()?));
        let agents: Vec<(u64, Status)> = group.seats.iter().filter_map(answer).collect();
        if agents.iter().any(|(_, agent)| agent.hears_leader()) {
            return Err("the group has a leader, so it has a quorum".into());
        }
        if !mutated("recover-beside-a-quorum") {
            knows_all(group, survivor)?;
            let mut knowing = agents.iter().filter(|(_, agent)| agent.has_promises());
            knowing.try_for_each(|(_, agent)| is_no_quorum(group, agent))?;
        }
        let lost = agents.iter().filter(|(_, agent)| !agent.has_promises());
        Ok(Self {
            from,
            configuration: survivor.configuration.id,
            answering: agents.iter().map(|(number, _)| *number).collect(),
            lost: lost.map(|(number, _)| *number).collect(),
        })
    }

    /// Makes sure that it is so still.
    pub(super) fn confirmed(&self) -> Action {
        Action::ConfirmQuorumLost {
            from: self.from,
            configuration: self.configuration,
            members: self.answering.clone(),
            lost: self.lost.clone(),
        }
    }
}

/// What the agent of `from` tells, if its member has data that a group could go on with.
fn survivor(group: &Group, from: u64) -> Result<&Status, &'static str> {
    let seat = group.seats.get(&from);
    let claim = seat.and_then(|seat| seat.claim.as_ref());
    let holds = |claim: &&Claim| claim.joined && !claim.lost && !claim.retired;
    let claim = claim
        .filter(holds)
        .ok_or("has no claim with data of this cluster")?;
    if claim.leaving {
        return Err("was told to leave the group: name another member");
    }
    let agent = seat.and_then(|seat| seat.agent.as_ref()).ok_or(
        "does not answer, so nobody can tell what it knows: bring it up, or name another member",
    )?;
    if agent.quarantined.is_some() {
        return Err("is quarantined: mend it, or name another member");
    }
    let members = &agent.configuration.members;
    let itself = members.iter().find(|member| member.number == from);
    if itself.is_none_or(|member| member.role == MemberRole::Joining) {
        return Err("is no member of the group by its own word: name another member");
    }
    Ok(agent)
}

/// Whether nobody is left that came after what the survivor knows.
fn knows_all(group: &Group, survivor: &Status) -> Result<(), String> {
    let highest = survivor.configuration.highest;
    let later = group.numbers(|number, seat| number > highest && may_vote(group, seat));
    if later.is_empty() {
        return Ok(());
    }
    let (later, name) = (named(group, &later), group.names.pod(survivor.number));
    Err(format!(
        "{later} may have come after what {name} knows of: name another member, or delete the claims if nothing is on them"
    ))
}

/// Whether those voters that may be left, of the ones that this agent knows, are too few.
fn is_no_quorum(group: &Group, agent: &Status) -> Result<(), String> {
    let members = agent.configuration.members.iter();
    let voters: Vec<_> = members.filter(|it| it.role == MemberRole::Voter).collect();
    let left = voters.iter().filter(|voter| is_left(group, voter));
    let left: Vec<u64> = left.map(|voter| voter.number).collect();
    if left.len() < quorum(voters.len()) {
        return Ok(());
    }
    Err(format!(
        "{} may have their data, and are a quorum of {}: bring them back, or delete the claims of those whose data is lost",
        named(group, &left),
        voters.len()
    ))
}

/// Whether the voter may still have what it promised.
fn is_left(group: &Group, voter: &MemberStatus) -> bool {
    let is_ours = voter.name == group.names.pod(voter.number);
    let seat = group.seats.get(&voter.number);
    !is_ours || seat.is_some_and(|seat| may_vote(group, seat))
}

/// Whether the seat's member may have what it promised: it says so; or it is silent, and its process may run, or its claim may
/// hold it.
fn may_vote(group: &Group, seat: &Seat) -> bool {
    if let Some(agent) = &seat.agent {
        return agent.has_promises();
    }
    let runs = seat
        .pod
        .as_ref()
        .is_some_and(|pod| pod.running && !pod.ended);
    let holds =
        |claim: &Claim| !claim.retired && !claim.is_new() && (!claim.lost || claim.deleting);
    runs || seat.claim.as_ref().is_some_and(holds) && !is_stranded(group, seat)
}

/// As `config-cg-1, config-cg-2`.
fn named(group: &Group, numbers: &[u64]) -> String {
    let names: Vec<_> = numbers.iter().map(|n| group.names.pod(*n)).collect();
    names.join(", ")
}
