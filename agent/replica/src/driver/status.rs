//! What the driver tells about itself.

use synod_paxos::{
    ConfigId, MemberProgress, MemberRole, Node, Now, RoleName, Slot, Span, Standing,
};

use super::Driver;
use crate::identity::DiskStanding;
use crate::{Disk, DiskState, DriverStatus, Glance, Net, Phase, StateMachine};

/// Slots that a ready member may be behind what it knows as decided.
const BEHIND_SLOTS_MAX: u64 = 1_024;

/// What a long poll waits for a change of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    running: bool,
    quarantined: bool,
    disk: DiskState,
    draining: bool,
    leader: Option<Node>,
    round: u64,
    configuration: ConfigId,
    latest: ConfigId,
    whole: bool,
    awaited_founders: Vec<Node>,
    level: u32,
    leads: bool,
    ready: bool,
    snapshot: Slot,
    /// On the leader: members that follow closely and are heard, looked at once a heartbeat.
    following: Vec<Node>,
    looked_at: Option<Now>,
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    /// Compares the facts with those of the last turn; a difference makes a new generation.
    pub(super) fn note_facts(&mut self, now: Now) {
        let mut facts = Facts {
            running: self.running.is_some(),
            quarantined: matches!(self.phase, Phase::Quarantined(_)),
            disk: self.disk_state,
            draining: self.draining,
            level: self.replicated.shared.level,
            ready: self.is_ready(now),
            snapshot: self.snapshots.newest(),
            awaited_founders: self.awaited_founders(),
            following: std::mem::take(&mut self.facts.following),
            looked_at: self.facts.looked_at,
            ..Facts::default()
        };
        let before = facts.following.clone();
        if let Some(running) = &self.running {
            let core = &running.core;
            facts.leader = core.leader();
            facts.round = core.promised().round;
            facts.configuration = core.decided_configuration().id;
            facts.latest = core.configuration().id;
            facts.whole = *core.standing() == Standing::Whole;
            facts.leads = running.led.is_some();
            let look = facts.looked_at.is_none_or(|at| at <= now);
            if !core.is_leader() {
                facts.following.clear();
            } else if look {
                facts.looked_at = Some(now + self.settings.timing.heartbeat);
                let election = self.settings.timing.election;
                let (decided, status) = (core.decided(), core.status());
                // A little less than what is told of it counts as heard: it is told a moment later.
                let lately = Span(election.0 - election.0 / 10);
                let follows = |progress: &MemberProgress| {
                    progress.is_caught_up(decided) && now - progress.heard < lately
                };
                let following = status.members.into_iter().filter(|(_, it)| follows(it));
                facts.following = following.map(|(node, _)| node).collect();
            }
        }
        self.facts.following = before;
        self.facts.looked_at = facts.looked_at;
        if facts != self.facts {
            self.facts = facts;
            self.generation += 1;
        }
    }

    /// True if this member may be sent clients. One that the group has not taken in (again) yet could answer some; but whoever
    /// counts ready members to know how many may be missing would take it for one that votes.
    fn is_ready(&self, now: Now) -> bool {
        let Some(running) = &self.running else {
            return false;
        };
        let core = &running.core;
        let patience = Span(self.settings.timing.election.0.saturating_mul(2));
        let heard = core.heard().is_some_and(|at| now - at <= patience);
        let behind = core.decided().0 - self.replicated.shared.applied.0;
        let known = &core.decided_configuration().members;
        // One that learns anew comes past configurations of before, in which it was something else.
        let role = known.get(&self.settings.node).map(|member| member.role);
        let has_a_role = matches!(role, Some(MemberRole::Voter | MemberRole::Learner));
        let taken_in = has_a_role && *core.standing() == Standing::Whole;
        !self.draining && taken_in && heard && core.leader().is_some() && behind <= BEHIND_SLOTS_MAX
    }

    /// Requests that wait for their answer.
    pub(super) fn outstanding(&self) -> usize {
        self.proposals.outstanding() + self.reads.outstanding() + self.changes.outstanding()
    }

    /// The numbers that move with every decision.
    pub fn glance(&self) -> Glance {
        let applied = self.replicated.shared.applied;
        let generation = self.generation;
        match &self.running {
            Some(running) => Glance {
                decided: running.core.decided(),
                applied,
                ballot: running.core.promised(),
                leader: running.core.leader(),
                undecided: running.core.undecided_configuration().map(|next| next.id),
                generation,
            },
            None => Glance {
                applied,
                generation,
                ..Glance::default()
            },
        }
    }

    /// Everything there is to know.
    pub fn status(&self) -> DriverStatus {
        let running = self.running.as_ref();
        DriverStatus {
            generation: self.generation,
            cluster: self.settings.cluster,
            node: self.settings.node,
            disk_id: self.identity.disk_id,
            phase: self.phase.clone(),
            disk: self.disk_state,
            draining: self.draining,
            core: running.map(|running| running.core.status()),
            applied: self.replicated.shared.applied,
            snapshot: self.snapshots.newest(),
            level: self.replicated.shared.level,
            leads: running.is_some_and(|running| running.led.is_some()),
            amnesiac: self.identity.standing != DiskStanding::Joining
                && running.is_some_and(|running| running.core.status().role == RoleName::Amnesiac),
            whole: running.is_some_and(|running| {
                self.identity.is_whole(&running.core.status().configuration)
            }),
            awaited_founders: self.awaited_founders(),
            ready: self.facts.ready,
            following: self.facts.following.clone(),
            outstanding: self.outstanding(),
            log_bytes: running.map_or(0, |running| running.wal.bytes()),
            counters: self.counters,
        }
    }
}
