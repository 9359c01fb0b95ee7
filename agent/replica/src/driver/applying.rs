//! Applying what is decided, answering whoever asked, and what the leader proposes on its own account.

use synod_paxos::{Now, Payload, Span};

use super::{Driver, is_configuration};
use crate::envelope::{Carried, Control, Envelope};
use crate::mutation::mutated;
use crate::replicated::{CLOCK_STEP_MS_MAX, Halt, Outcome};
use crate::{Disk, Net, Output, Quarantine, StateMachine};

/// The machine is asked what is due at most this often.
const DUE_PAUSE: Span = Span::from_millis(5);

/// The replicated clock is moved by an entry of the leader's own once it is this far behind: an idle group writes one entry in
/// this time.
const TICK_MS: u64 = CLOCK_STEP_MS_MAX / 2;

/// Such entries are this far apart, at least: a clock that is far behind catches up sixty times as fast as it goes.
const TICK_PAUSE: Span = Span::from_millis(1_000);

/// Bytes of entries taken from the core at a time.
const SLICE_BYTES: usize = 256 << 10;

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    /// Applies decided entries, as many as one turn may. True if there were some.
    pub(super) fn apply(&mut self, now: Now) -> bool {
        let mut budget = self.settings.bounds.apply_bytes_max;
        let mut any = false;
        while let Some(running) = &self.running {
            let applied = self.replicated.shared.applied;
            let decided = running.core.decided();
            if applied >= decided || budget == 0 {
                break;
            }
            let mut entries = running
                .core
                .entries(applied.next(), budget.min(SLICE_BYTES));
            entries.truncate(usize::try_from(decided.0 - applied.0).unwrap_or(usize::MAX));
            if entries.is_empty() {
                break;
            }
            any = true;
            for entry in entries {
                budget = budget.saturating_sub(entry.weight());
                if !self.apply_entry(&entry) {
                    return true;
                }
            }
        }
        if any {
            self.trim_memory();
            self.answer_reads(now);
        }
        any
    }

    /// False if the member cannot go on.
    fn apply_entry(&mut self, entry: &synod_paxos::Entry) -> bool {
        let slot = self.replicated.shared.applied.next();
        self.snapshots.note_applied(slot, entry.weight() as u64);
        self.counters.applied += 1;
        match self.replicated.apply(entry) {
            Ok(Outcome::Applied { origin, response }) => {
                if let Some(ticket) = self.proposals.applied(origin) {
                    self.outputs.push(Output::Applied {
                        ticket,
                        slot,
                        result: Ok(response),
                    });
                }
            }
            Ok(Outcome::Duplicate) => self.counters.duplicates += 1,
            Ok(Outcome::Nothing) => {}
            Err(Halt::Unknown(what)) => {
                self.quarantine(Quarantine::UnknownCommand(what));
                return false;
            }
            Err(Halt::Deviates(slot)) => {
                self.quarantine(Quarantine::Deviates { slot });
                self.give_up_state();
                return false;
            }
        }
        if is_configuration(&entry.payload) {
            self.tell_peers();
        }
        let configuration = match &entry.payload {
            Payload::Configuration(configuration) => Some(configuration.id),
            _ => None,
        };
        self.changes.applied(slot, configuration, &mut self.outputs);
        true
    }

    /// Tells the machine whether this member leads, and proposes what the leader itself wants.
    pub(super) fn lead(&mut self, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        let leads_in = if mutated("replica-lead-too-early") && running.core.is_leader() {
            Some(running.core.status().promised)
        } else {
            running.core.leads_in()
        };
        if running.led.is_some() && running.led != leads_in {
            running.led = None;
            self.proposals.drop_own();
            self.replicated.machine.follow();
        }
        let Some(ballot) = leads_in else { return };
        let caught_up =
            self.replicated.shared.newest == ballot || mutated("replica-lead-too-early");
        if running.led.is_none() && caught_up {
            running.led = Some(ballot);
            running.raised = 0;
            running.checked = 0;
            self.counters.elected += 1;
            self.replicated.machine.lead(now, ballot);
        }
        if running.led.is_some() {
            self.propose_due(now);
            self.propose_control();
            self.propose_tick(now);
        }
    }

    /// Expiries of the leader's soft state. They carry no origin: apply judges them by their ballot.
    fn propose_due(&mut self, now: Now) {
        let due = self
            .replicated
            .machine
            .next_due()
            .is_some_and(|due| due <= now);
        let Some(running) = &mut self.running else {
            return;
        };
        if !due || running.due_at > now || self.proposals.own_waiting() > 0 {
            return;
        }
        running.due_at = now + DUE_PAUSE;
        let max = self.settings.bounds.due_max;
        for command in self.replicated.machine.due(now, max) {
            self.proposals.push_own(Carried::Machine(command));
            self.unfinished = true;
        }
    }

    /// Digests to compare, and the feature level once all members know a higher one.
    fn propose_control(&mut self) {
        let Some(running) = &mut self.running else {
            return;
        };
        let shared = &self.replicated.shared;
        let every = self.replicated.check_slots;
        let point = synod_paxos::Slot(shared.applied.0 / every * every);
        if point.0 > running.checked
            && let Some(digest) = shared.digest_at(point)
        {
            running.checked = point.0;
            self.proposals.push_own(Carried::Control(Control::Check {
                slot: point,
                digest,
            }));
        }
        let members = running.core.decided_configuration().members.keys();
        let known = members.map(|node| {
            if *node == self.settings.node {
                self.settings.level_max
            } else {
                self.levels.get(node).copied().unwrap_or(0)
            }
        });
        let level = known.min().unwrap_or(0);
        if level > shared.level && level > running.raised {
            running.raised = level;
            self.proposals
                .push_own(Carried::Control(Control::RaiseLevel { level }));
        }
    }

    /// Keeps the replicated clock going while nobody writes, for a machine that goes by it: an entry that raises nothing, and
    /// carries the leader's time as every entry does.
    fn propose_tick(&mut self, now: Now) {
        if self.tick_deadline().is_none_or(|at| now < at) {
            return;
        }
        let level = self.replicated.shared.level;
        if let Some(running) = &mut self.running {
            running.tick_at = now + TICK_PAUSE;
            let control = Control::RaiseLevel { level };
            self.proposals.push_own(Carried::Control(control));
            self.unfinished = true;
        }
    }

    /// When the replicated clock is to be moved, if nothing else moves it. The first command sets it.
    pub(super) fn tick_deadline(&self) -> Option<Now> {
        let running = self.running.as_ref()?;
        let clock_ms = self.replicated.shared.clock_ms;
        let leads = running.led.is_some() && self.proposals.own_waiting() == 0;
        if !leads || clock_ms == 0 || !self.replicated.machine.tells_time() {
            return None;
        }
        let (at, wall_ms) = self.wall;
        let ahead_ms = (clock_ms + TICK_MS).saturating_sub(wall_ms);
        Some(running.tick_at.max(at + Span::from_millis(ahead_ms)))
    }

    /// An envelope of the leader's own.
    pub(super) fn own_envelope(&self, carried: Carried, time_ms: u64) -> Envelope {
        Envelope {
            time_ms,
            level: self.replicated.shared.level,
            carried,
            ..Envelope::default()
        }
    }
}
