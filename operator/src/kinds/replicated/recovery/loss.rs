//! Whether a group has lost its quorum for good, by all that can be seen, and whether a member has what it could go on with.
//!
//! All that may have what they promised must answer: one that is silent may run, serve with others, and know more. Those that
//! answer tell the configurations that are decided; with none of them more is decided than with what the survivor knows. Of one
//! that the operator did not add nobody can tell, so it counts. A person who knows better deletes what is left of a member.

use synod_agent_api::{MemberRole, MemberStatus, Status};

use crate::action::Action;
use crate::kinds::replicated::nodes::is_stranded;
use crate::kinds::replicated::seat::{Claim, PodSeen, Seat};
use crate::kinds::replicated::view::{Group, quorum};
use crate::mutation::mutated;

/// A quorum that is lost, and who is left.
pub(in crate::kinds::replicated) struct Loss {
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
        let answering = group.numbers(|_, seat| seat.agent.is_some());
        let agents = || group.seats.values().filter_map(|seat| seat.agent.as_ref());
        if agents().any(Status::hears_leader) {
            return Err("the group has a leader, so it has a quorum".into());
        }
        if !mutated("recover-beside-a-quorum") {
            all_answer(group)?;
            if !mutated("recover-from-less") {
                has_most(group, survivor)?;
            }
            is_no_quorum(group, survivor)?;
        }
        let lost = agents().filter(|agent| !agent.has_promises());
        Ok(Self {
            from,
            configuration: survivor.configuration.id,
            answering,
            lost: lost.map(|agent| agent.number).collect(),
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
    let holds = |claim: &Claim| !claim.lost && !claim.retired;
    let seat = seat.filter(|seat| seat.claim.as_ref().is_some_and(holds));
    let seat = seat.ok_or("has no claim with data of this cluster: name another member")?;
    let agent = seat.agent.as_ref().ok_or(
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
    if !agent.recoverable {
        return Err(
            "does not say that its data can be gone on with: name another member, or set spec.image to a version that can",
        );
    }
    Ok(agent)
}

/// Whether nobody is silent who may have what it promised.
fn all_answer(group: &Group) -> Result<(), String> {
    let silent = group.numbers(|_, seat| seat.agent.is_none() && may_have_promises(group, seat));
    match silent.first() {
        None => Ok(()),
        Some(number) => Err(format!(
            "{} does not answer and may have its data: bring it up, or delete its claim if the data is lost",
            group.names.pod(*number)
        )),
    }
}

/// Whether something is there of a silent member that may have what it promised: a process, or a claim that may hold it.
fn may_have_promises(group: &Group, seat: &Seat) -> bool {
    let runs = |pod: &PodSeen| pod.running && !pod.ended;
    let holds =
        |claim: &Claim| !claim.retired && !claim.is_new() && (!claim.lost || claim.deleting);
    let has_claim = seat.claim.as_ref().is_some_and(holds) && !is_stranded(group, seat);
    has_claim || seat.pod.as_ref().is_some_and(runs)
}

/// Whether nobody with its data accepted more than the survivor, or knows a later configuration.
fn has_most(group: &Group, survivor: &Status) -> Result<(), String> {
    let agents = group.seats.values().filter_map(|seat| seat.agent.as_ref());
    let knowing = agents.filter(|agent| agent.has_promises());
    let most = knowing.max_by_key(|agent| agent.knowledge());
    match most.filter(|most| most.knowledge() > survivor.knowledge()) {
        None => Ok(()),
        Some(most) => Err(format!(
            "{} has more than {} ({}, beside {}): name it instead",
            group.names.pod(most.number),
            group.names.pod(survivor.number),
            position(most),
            position(survivor),
        )),
    }
}

fn position(agent: &Status) -> String {
    let (configuration, ballot, last) = agent.knowledge();
    format!(
        "configuration {configuration}, round {}, slot {last}",
        ballot.round
    )
}

/// Whether those voters that may be left are too few.
fn is_no_quorum(group: &Group, survivor: &Status) -> Result<(), String> {
    let members = survivor.configuration.members.iter();
    let voters: Vec<_> = members.filter(|it| it.role == MemberRole::Voter).collect();
    let left: Vec<_> = voters
        .iter()
        .filter(|voter| is_left(group, voter))
        .collect();
    if left.len() < quorum(voters.len()) {
        return Ok(());
    }
    if let Some(stranger) = left.iter().find(|voter| !is_ours(group, voter)) {
        return Err(format!(
            "{:?} was not added by this operator, which cannot tell whether it is lost, and with it there may be a quorum: \
             bring it up, or make a group of a survivor's data directory by hand (synod-agent --help)",
            stranger.name
        ));
    }
    let ill = left.iter().find_map(|voter| is_ill(group, voter));
    Err(ill.unwrap_or_else(|| {
        let names: Vec<_> = left.iter().map(|voter| voter.name.as_str()).collect();
        format!(
            "{} are left and a quorum of {}: see to it that they reach each other",
            names.join(", "),
            voters.len()
        )
    }))
}

/// What keeps a voter from taking part that has what it promised.
fn is_ill(group: &Group, voter: &MemberStatus) -> Option<String> {
    let agent = group.seats.get(&voter.number)?.agent.as_ref()?;
    let quarantine = agent.quarantined.as_ref()?;
    Some(format!(
        "{} may have its data and is quarantined: {}; {}, or delete its claim if the data is lost",
        voter.name, quarantine.reason, quarantine.cure
    ))
}

/// Whether the voter may still have what it promised.
fn is_left(group: &Group, voter: &MemberStatus) -> bool {
    let seat = group.seats.get(&voter.number);
    let agent = seat.and_then(|seat| seat.agent.as_ref());
    !is_ours(group, voter) || agent.is_some_and(Status::has_promises)
}

fn is_ours(group: &Group, voter: &MemberStatus) -> bool {
    voter.name == group.names.pod(voter.number)
}
