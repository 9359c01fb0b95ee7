//! The machine and what the driver replicates around it: applied commands, clock, newest ballot, feature level, and
//! digests to compare. Deterministic: equal entries in equal order give equal states.

use std::collections::VecDeque;

use synod_paxos::{Ballot, Entry, Payload, Slot};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::codec::{DecodeError, Reader, Writer, ballot, put_ballot, put_slot, slot};
use crate::envelope::{Carried, Control, Envelope, Origin};
use crate::mutation::mutated;
use crate::origins::Origins;
use crate::{Command, Stamp, StateMachine};

/// The replicated clock moves by at most this much with one entry: a leader whose clock is far off moves it only
/// slowly. After a time without a leader the clock catches up in as many steps; a leader that has nothing to propose moves it
/// for machines that go by it ([`StateMachine::tells_time`]).
pub(crate) const CLOCK_STEP_MS_MAX: u64 = 60_000;

/// Digests kept to compare with the leader's: a check is applied at most this many check points late.
const DIGESTS_MAX: usize = 16;

/// The driver's part of the replicated state. All of it is in every snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shared {
    /// The last applied slot.
    pub(crate) applied: Slot,
    /// The highest ballot any applied entry was proposed in.
    pub(crate) newest: Ballot,
    /// The replicated clock in milliseconds since 1970; monotone.
    pub(crate) clock_ms: u64,
    /// The feature level in force.
    pub(crate) level: u32,
    pub(crate) origins: Origins,
    /// Digests after slots that are multiples of `check_slots`, oldest first.
    digests: VecDeque<(Slot, u64)>,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            level: 1,
            ..Self::default()
        }
    }

    pub(crate) fn encode(&self) -> bytes::Bytes {
        let mut w = Writer::with_capacity(256);
        self.encode_facts(&mut w);
        if mutated("replica-origins-not-in-snapshot") {
            Origins::default().encode(&mut w);
        } else {
            self.origins.encode(&mut w);
        }
        w.varint(self.digests.len() as u64);
        for (slot, digest) in &self.digests {
            put_slot(&mut w, *slot);
            w.u64_fixed(*digest);
        }
        w.whole()
    }

    fn encode_facts(&self, w: &mut Writer) {
        put_slot(w, self.applied);
        put_ballot(w, self.newest);
        w.varint(self.clock_ms);
        w.varint(u64::from(self.level));
    }

    pub(crate) fn decode(bytes: bytes::Bytes) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let mut shared = Self {
            applied: slot(&mut r)?,
            newest: ballot(&mut r)?,
            clock_ms: r.varint()?,
            level: r.varint_u32()?,
            origins: Origins::decode(&mut r)?,
            digests: VecDeque::new(),
        };
        for _ in 0..r.count(9)? {
            let slot = slot(&mut r)?;
            shared.digests.push_back((slot, r.u64_fixed()?));
        }
        r.end()?;
        Ok(shared)
    }

    /// A hash over the facts and origins and over the machine's own digest.
    fn digest(&self, machine: u64) -> u64 {
        let mut w = Writer::with_capacity(256);
        self.encode_facts(&mut w);
        self.origins.encode(&mut w);
        xxh3_64_with_seed(&w.whole(), machine)
    }

    pub(crate) fn digest_at(&self, slot: Slot) -> Option<u64> {
        let found = self.digests.iter().rev().find(|(at, _)| *at == slot);
        found.map(|(_, digest)| *digest)
    }

    fn advance_clock(&mut self, proposed_ms: u64) {
        if self.clock_ms == 0 || mutated("replica-clock-runs-back") {
            self.clock_ms = proposed_ms;
        } else {
            let bound = self.clock_ms.saturating_add(CLOCK_STEP_MS_MAX);
            self.clock_ms = self.clock_ms.max(proposed_ms.min(bound));
        }
    }
}

/// Why a member cannot go on applying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    Unknown(String),
    Deviates(Slot),
}

/// What came of one entry.
pub(crate) enum Outcome<R> {
    /// Nothing for anybody: a no-op, a control command, a configuration.
    Nothing,
    /// A command was applied.
    Applied { origin: Origin, response: R },
    /// A command had been applied before.
    Duplicate,
}

/// A machine with the driver's replicated state around it.
pub(crate) struct Replicated<S> {
    pub(crate) machine: S,
    pub(crate) shared: Shared,
    pub(crate) level_max: u32,
    pub(crate) check_slots: u64,
}

impl<S: StateMachine> Replicated<S> {
    /// Applies the entry at the slot after the last applied one.
    pub(crate) fn apply(&mut self, entry: &Entry) -> Result<Outcome<S::Response>, Halt> {
        self.shared.applied = self.shared.applied.next();
        self.shared.newest = self.shared.newest.max(entry.ballot);
        let outcome = match &entry.payload {
            Payload::Noop | Payload::Configuration(_) => {
                self.pass(entry);
                Outcome::Nothing
            }
            Payload::Command(command) => self.command(entry, command)?,
        };
        let applied = self.shared.applied;
        if applied.0.is_multiple_of(self.check_slots) {
            let digest = self.shared.digest(self.machine.digest());
            if self.shared.digests.len() == DIGESTS_MAX {
                self.shared.digests.pop_front();
            }
            self.shared.digests.push_back((applied, digest));
        }
        Ok(outcome)
    }

    /// The state goes on as another group's. Which commands were applied stays known: one may come twice in what is left of
    /// the log. Nobody else has the states from here on until they are sent as a snapshot, so they are not compared.
    pub(crate) fn renew(&mut self) {
        let stamp = self.stamp(self.shared.newest);
        self.machine.renew(&stamp);
        self.check_slots = u64::MAX;
    }

    fn stamp(&self, ballot: Ballot) -> Stamp {
        Stamp {
            slot: self.shared.applied,
            ballot,
            newest: self.shared.newest,
            time_ms: self.shared.clock_ms,
            level: self.shared.level,
        }
    }

    fn pass(&mut self, entry: &Entry) {
        let stamp = self.stamp(entry.ballot);
        self.machine.pass(&stamp);
    }

    fn command(&mut self, entry: &Entry, command: &Command) -> Result<Outcome<S::Response>, Halt> {
        let envelope =
            Envelope::decode(command).map_err(|error| Halt::Unknown(error.to_string()))?;
        if envelope.level > self.level_max {
            return Err(Halt::Unknown(format!(
                "a command of feature level {}",
                envelope.level
            )));
        }
        self.shared.advance_clock(envelope.time_ms);
        let origin = envelope.origin;
        if origin.incarnation != 0
            && !self.shared.origins.insert(origin, self.shared.applied)
            && !mutated("replica-no-deduplication")
        {
            self.pass(entry);
            return Ok(Outcome::Duplicate);
        }
        match envelope.carried {
            Carried::Machine(command) => {
                let stamp = self.stamp(entry.ballot);
                match self.machine.apply(&stamp, &command) {
                    Ok(response) => Ok(Outcome::Applied { origin, response }),
                    Err(_) if mutated("replica-unknown-command-skipped") => {
                        self.pass(entry);
                        Ok(Outcome::Nothing)
                    }
                    Err(unknown) => Err(Halt::Unknown(unknown.0)),
                }
            }
            Carried::Control(control) => {
                self.control(control)?;
                self.pass(entry);
                Ok(Outcome::Nothing)
            }
        }
    }

    fn control(&mut self, control: Control) -> Result<(), Halt> {
        match control {
            Control::RaiseLevel { level } if level > self.level_max => {
                if mutated("replica-unknown-command-skipped") {
                    return Ok(());
                }
                Err(Halt::Unknown(format!("feature level {level}")))
            }
            Control::RaiseLevel { level } => {
                self.shared.level = self.shared.level.max(level);
                Ok(())
            }
            Control::Check { slot, digest } => match self.shared.digest_at(slot) {
                Some(own) if own != digest => Err(Halt::Deviates(slot)),
                _ => Ok(()),
            },
        }
    }
}
