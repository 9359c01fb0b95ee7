//! What time alone demands.

use synod_paxos::{Now, Span};

use super::Driver;
use crate::{Disk, DiskState, Net, Refusal, StateMachine};

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    /// Lets time pass in every part.
    pub(super) fn tick(&mut self, now: Now) {
        if let Some(running) = &mut self.running
            && running.core.next_deadline() <= now
        {
            running.core.tick(now);
        }
        self.tick_proposals(now);
        self.tick_reads(now);
        self.tick_changes(now);
        self.tick_snapshots(now);
        self.hand_over_if_slow(now);
        self.hand_over_if_draining(now);
        self.greet_leader(now);
    }

    /// Tells the leader again what this build can do, in case it missed it, until the level is this build's.
    fn greet_leader(&mut self, now: Now) {
        let me = self.settings.node;
        let Some(running) = &mut self.running else {
            return;
        };
        let known = self.replicated.shared.level >= self.settings.level_max;
        if known || running.greet_at > now {
            return;
        }
        running.greet_at = now + Span(self.settings.timing.election.0.saturating_mul(5));
        if let Some(leader) = running.core.leader().filter(|leader| *leader != me) {
            self.greet(leader);
        }
    }

    /// A leader whose disk takes too long hands over, once for each such commit. Its heartbeats do not wait for the disk,
    /// so it would stay leader of a group that stands still.
    fn hand_over_if_slow(&mut self, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        let slow = running
            .wal
            .committing_since()
            .filter(|since| now - *since >= self.settings.bounds.slow_disk);
        let Some(since) = slow else {
            if self.disk_state == DiskState::Slow {
                self.disk_state = DiskState::Fine;
            }
            running.handed_over = None;
            return;
        };
        if self.disk_state == DiskState::Fine {
            self.disk_state = DiskState::Slow;
        }
        if running.core.is_leader() && running.handed_over != Some(since) {
            running.handed_over = Some(since);
            // An heir must hold the whole log; without one, leading slowly is better than not leading.
            let _ = running.core.transfer(now, None);
        }
    }

    fn hand_over_if_draining(&mut self, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        if self.draining && running.core.is_leader() && running.hand_over_at <= now {
            running.hand_over_at = now + self.settings.timing.heartbeat;
            let _ = running.core.transfer(now, None);
        }
    }

    /// Refuses whatever waits: this member takes part no more.
    pub(super) fn refuse_all(&mut self) {
        // They may be on their way, and be applied elsewhere.
        self.refuse_proposals(Refusal::TimedOut);
        self.refuse_reads(Refusal::Stopped);
        self.refuse_changes(Refusal::TimedOut);
        self.refuse_snapshots(Refusal::Stopped);
    }

    /// When [`Driver::flush`] wants to be called next if no event comes before; in the past if at once.
    pub fn next_deadline(&self) -> Now {
        if self.unfinished {
            return Now(0);
        }
        let Some(running) = &self.running else {
            return self.script_retry_at.unwrap_or(Now(u64::MAX));
        };
        let slow = running
            .wal
            .committing_since()
            .filter(|since| {
                self.disk_state == DiskState::Fine && running.handed_over != Some(*since)
            })
            .map(|since| since + self.settings.bounds.slow_disk);
        let draining = (self.draining && running.core.is_leader()).then_some(running.hand_over_at);
        let due = running
            .led
            .and_then(|_| self.replicated.machine.next_due())
            .filter(|_| self.proposals.own_waiting() == 0)
            .map(|due| due.max(running.due_at));
        let others = [
            self.script_retry_at,
            running.wal.next_deadline(),
            self.proposals.next_deadline(),
            self.reads.next_deadline(),
            self.changes.next_deadline(),
            self.snapshots.next_deadline(),
            self.founding_deadline(),
            slow,
            draining,
            due,
            self.tick_deadline(),
        ];
        let core = running.core.next_deadline();
        others.into_iter().flatten().fold(core, Now::min)
    }
}
