//! Asking agents how they are, now: what is remembered of their answers may be old.

use std::time::Duration;

use synod_agent_api::{MemberRole, MemberStatus, Role, Status};

use super::{ActError, Context, target};
use crate::agents::{AgentError, Reach};

/// Whoever is well answers sooner.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The agents of one object.
pub(super) struct Agents<'a>(pub(super) &'a dyn Reach, pub(super) &'a Context);

impl Agents<'_> {
    /// Whether the leader sees every voter but `without` caught up, and each of `members` says that it is ready.
    pub(super) async fn serve_without(
        &self,
        without: u64,
        members: &[u64],
        via: u64,
        configuration: u64,
    ) -> Result<(), ActError> {
        let leader = self.leader(via, configuration).await?;
        let voters = leader.configuration.members.iter();
        let mut others =
            voters.filter(|member| member.role == MemberRole::Voter && member.number != without);
        if let Some(ill) = others.find(|member| member.number != via && !is_current(member)) {
            return Err(outdated(ill.number, "does not serve"));
        }
        for number in members {
            let status = if *number == via {
                leader.clone()
            } else {
                self.ask(*number).await?
            };
            if !status.ready || status.configuration.id > configuration {
                return Err(outdated(*number, "is not ready, or knows more"));
            }
        }
        Ok(())
    }

    /// Whether the leader sees `member` not caught up, or does not hear it, and so many others that vote well.
    pub(super) async fn ails_beside(
        &self,
        others: usize,
        member: u64,
        via: u64,
        configuration: u64,
    ) -> Result<(), ActError> {
        let leader = self.leader(via, configuration).await?;
        let members = &leader.configuration.members;
        let serves = |other: &MemberStatus| other.number == via || is_current(other);
        let found = members.iter().find(|other| other.number == member);
        if found.is_some_and(serves) {
            return Err(outdated(member, "serves again"));
        }
        let voters = members
            .iter()
            .filter(|other| other.role == MemberRole::Voter);
        let serving = voters.filter(|other| other.number != member && serves(other));
        if serving.count() < others {
            return Err(outdated(
                member,
                "may be needed, others do not serve either",
            ));
        }
        Ok(())
    }

    /// Whether `from` has what it promised, and knows this configuration; each of `lost` says that it lost what it promised; and
    /// none of `members`, who all are among them, hears of a leader, or has more than `from`.
    pub(super) async fn lost_quorum(
        &self,
        from: u64,
        configuration: u64,
        members: &[u64],
        lost: &[u64],
    ) -> Result<(), ActError> {
        let survivor = self.ask(from).await?;
        for number in members {
            let status = self.ask(*number).await?;
            if status.hears_leader() {
                return Err(outdated(*number, "hears of a leader"));
            }
            if status.has_promises() && status.knowledge() > survivor.knowledge() {
                return Err(outdated(*number, "has more than who is named"));
            }
            if status.has_promises() == lost.contains(number) {
                return Err(outdated(*number, "is not as it was"));
            }
            let well = status.quarantined.is_none()
                && status.recoverable
                && status.configuration.id == configuration;
            if *number == from && !well {
                return Err(outdated(*number, "is not as it was, or knows more"));
            }
        }
        Ok(())
    }

    /// What the leader tells, if it still is the leader, of the configuration that is expected.
    pub(super) async fn leader(&self, via: u64, configuration: u64) -> Result<Status, ActError> {
        let status = self.ask(via).await?;
        if status.role != Role::Leader || status.configuration.id != configuration {
            return Err(outdated(via, "does not lead that configuration any more"));
        }
        Ok(status)
    }

    async fn ask(&self, number: u64) -> Result<Status, ActError> {
        let answer = self.0.status(target(self.1, number)?, None);
        match tokio::time::timeout(ANSWER_MAX, answer).await {
            Ok(Ok(status)) => Ok(status),
            // Its long poll tells the loop the same, and the next look rests on that.
            Ok(Err(AgentError::Unreachable(..))) | Err(_) => {
                Err(outdated(number, "does not answer"))
            }
            Ok(Err(error)) => Err(error.into()),
        }
    }
}

fn outdated(number: u64, what: &str) -> ActError {
    ActError::Outdated(format!("member {number} {what}"))
}

/// Whether the leader hears the member and it has caught up.
fn is_current(member: &MemberStatus) -> bool {
    member.active.unwrap_or(false) && member.caught_up.unwrap_or(false)
}
