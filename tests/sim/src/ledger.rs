//! What everybody may be held to: the log as the first to apply it saw it, the model that follows it, and what clients
//! were told. All checks that need more than one node are made here, in constant time per step.

use bytes::Bytes;
use hashbrown::HashMap;
use synod_paxos::{Ballot, Node, Slot};
use synod_replica::Stamp;

use crate::clock::{Instant, SECOND};
use crate::demand;
use crate::lease::LeaseBook;
use crate::log::{Held, Log};
use crate::model::Model;
use crate::operation::{Operation, Outcome, Refused};

/// Names an operation of a client within the run.
pub type OperationId = usize;

/// What is known of one slot besides what the log knows.
#[derive(Clone, Debug)]
struct Meaning {
    operation: Option<OperationId>,
    did: Did,
    /// The model's answer, until the client has it.
    outcome: Option<Outcome>,
}

/// What a slot did to the model.
#[derive(Clone, Copy, Debug)]
enum Did {
    Nothing,
    Operation(OperationId),
    Expiry { lease: i64, granted: u64 },
}

/// How an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing heard yet.
    Pending,
    /// Answered.
    Done,
    /// Timed out, or its member died: it may be applied or not.
    Unknown,
    /// Refused with the promise that nothing was changed.
    Refused,
    /// Answered, by a group that lost its quorum for good: whoever goes on may know of it or not.
    Forsaken,
}

/// An operation and what became of it.
#[derive(Clone, Debug)]
pub struct Performed {
    /// What was asked.
    pub operation: Operation,
    /// When.
    pub invoked: Instant,
    /// The highest slot that any operation answered before had as its point.
    pub floor: u64,
    /// How it stands.
    pub standing: Standing,
    /// Where it was applied.
    pub slot: Option<u64>,
}

/// What a command that no client asked for means to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Internal {
    /// Nothing that clients see.
    Nothing,
    /// A leader says that a lease ran out.
    Expiry {
        /// The lease.
        lease: i64,
        /// The slot in which it was granted.
        granted: u64,
        /// The leader's ballot.
        ballot: Ballot,
    },
}

/// What an apply did to the store.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    /// The digest after it.
    pub digest: u64,
    /// The revision after it.
    pub revision: u64,
    /// Whether the command was refused for lack of space.
    pub no_space: bool,
    /// What the command means, if it is none of a client's.
    pub internal: Option<Internal>,
}

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The log.
    pub log: Log,
    /// The state by the model.
    pub model: Model,
    /// What clients were promised about leases.
    pub leases: LeaseBook,
    /// What clients did.
    pub operations: Vec<Performed>,
    /// Whether the store has a quota that a run may reach.
    pub quota: bool,
    meanings: Vec<Meaning>,
    commands: HashMap<Bytes, OperationId>,
    floor: u64,
    /// The slots that survivors went on after.
    renewals: Vec<u64>,
    /// The highest revision that a group gave before it lost its quorum.
    pub(crate) known: u64,
    /// Expiries applied that counted.
    pub expiries: u64,
    /// Expiries of an older leader, ignored.
    pub stale_expiries: u64,
}

impl Ledger {
    /// Whether every command up to the frontier was answered or never will be.
    #[must_use]
    pub fn highest_answered(&self) -> u64 {
        self.floor
    }

    /// A client begins `operation`; `command` is what it proposes, if it is replicated.
    pub fn invoke(&mut self, operation: Operation, command: Option<&Bytes>) -> OperationId {
        let id = self.operations.len();
        if let Some(command) = command {
            let before = self.commands.insert(command.clone(), id);
            assert!(
                before.is_none(),
                "the workload repeats a command: {operation:?}"
            );
        }
        self.operations.push(Performed {
            operation,
            invoked: self.log.now,
            floor: self.floor,
            standing: Standing::Pending,
            slot: None,
        });
        id
    }

    /// The client gave up, or its member died.
    pub fn unknown(&mut self, id: OperationId) {
        self.operations[id].standing = Standing::Unknown;
    }

    /// The member said that nothing was and nothing will be changed.
    pub fn refused(&mut self, id: OperationId) {
        let performed = &mut self.operations[id];
        performed.standing = Standing::Refused;
        demand!(
            "exactly once",
            performed.slot.is_none(),
            "operation {id} {:?} was refused but applied at s{}",
            performed.operation,
            performed.slot.unwrap_or(0)
        );
    }

    /// The member answered that the operation was applied at `slot`.
    pub fn answered(&mut self, id: OperationId, slot: Slot, outcome: &Outcome) {
        let performed = &mut self.operations[id];
        demand!(
            "durability",
            performed.slot == Some(slot.0),
            "operation {id} {:?} was acknowledged at {slot}, but is at {:?} in the log",
            performed.operation,
            performed.slot
        );
        demand!(
            "linearizability",
            slot.0 > performed.floor,
            "operation {id} {:?} took effect at {slot}, but s{} was answered before it was invoked",
            performed.operation,
            performed.floor
        );
        if let Some(expected) = self.meanings[slot.0 as usize - 1].outcome.take() {
            demand!(
                "linearizability",
                agree(&expected, outcome),
                "operation {id} {:?} at {slot}: the model says {expected:?}, the client got {outcome:?}",
                performed.operation
            );
        }
        performed.standing = Standing::Done;
        self.log.answered += 1;
        self.floor = self.floor.max(slot.0);
        if let (Outcome::Granted { ttl_s }, Operation::Grant { lease, .. }) =
            (outcome, &performed.operation)
        {
            self.leases
                .promised(*lease, performed.invoked, *ttl_s, self.log.now);
        }
    }

    /// A range was answered from a store that had applied `slot`.
    pub fn ranged(&mut self, id: OperationId, slot: u64, outcome: &Outcome) {
        let performed = &mut self.operations[id];
        let Operation::Range {
            from,
            to,
            revision,
            serializable,
        } = &performed.operation
        else {
            unreachable!("only ranges are answered so")
        };
        demand!(
            "agreement",
            slot <= self.log.frontier(),
            "a range was served at s{slot}, which nobody applied"
        );
        demand!(
            "linearizability",
            *serializable || slot >= performed.floor,
            "linearizable range {id} was served at s{slot}, but s{} was answered before it was invoked",
            performed.floor
        );
        let expected = self.model.range(slot, from, to, *revision);
        // A snapshot that a serializable reader falls back to may have been compacted further than the model's slot.
        demand!(
            "linearizability",
            expected == *outcome,
            "range {id} {:?} at s{slot}: the model says {expected:?}, the client got {outcome:?}",
            performed.operation
        );
        performed.standing = Standing::Done;
        self.log.answered += 1;
        if !*serializable {
            self.floor = self.floor.max(slot);
        }
    }

    /// A keep-alive was answered.
    pub fn kept_alive(&mut self, id: OperationId, outcome: &Outcome) {
        let performed = &mut self.operations[id];
        let (Operation::KeepAlive { lease }, Outcome::KeptAlive { ttl_s }) =
            (&performed.operation, outcome)
        else {
            unreachable!("only keep-alives are answered so")
        };
        performed.standing = Standing::Done;
        self.log.answered += 1;
        match ttl_s {
            Some(ttl_s) => self
                .leases
                .promised(*lease, performed.invoked, *ttl_s, self.log.now),
            None => self.leases.denied(*lease, self.log.now),
        }
    }

    /// Somebody applied a slot: the first says what it holds, all others must agree.
    pub fn applied(&mut self, node: Node, stamp: &Stamp, held: Held, effect: Effect) {
        let Effect {
            digest, revision, ..
        } = effect;
        if !self.log.applied(node, stamp, &held, digest) {
            return;
        }
        self.first_applied(stamp, held.clone(), effect);
        let expected = self.model.revision();
        let operation = self.meanings.last().and_then(|meaning| meaning.operation);
        demand!(
            "revisions",
            revision == expected,
            "{node} is at revision {revision} after {}, the model at {expected}; the slot held {:?}, operation {:?}",
            stamp.slot,
            held,
            operation.map(|id| &self.operations[id])
        );
    }

    fn first_applied(&mut self, stamp: &Stamp, held: Held, effect: Effect) {
        let operation = match &held {
            Held::Nothing => None,
            Held::Command(command) => self.commands.get(command).copied(),
        };
        let outcome = operation.map(|id| self.perform(id, stamp, effect.no_space));
        let did = match operation {
            Some(_) if effect.no_space => Did::Nothing,
            Some(id) => Did::Operation(id),
            None => self.pass_or_expire(stamp, &held, effect.internal),
        };
        self.meanings.push(Meaning {
            operation,
            did,
            outcome,
        });
    }

    fn perform(&mut self, id: OperationId, stamp: &Stamp, no_space: bool) -> Outcome {
        let slot = stamp.slot.0;
        let performed = &mut self.operations[id];
        demand!(
            "exactly once",
            performed.slot.is_none(),
            "operation {id} {:?} is applied at s{slot}, and was at s{}",
            performed.operation,
            performed.slot.unwrap_or(0)
        );
        demand!(
            "exactly once",
            performed.standing != Standing::Refused,
            "operation {id} {:?} is applied at s{slot}, but was refused",
            performed.operation
        );
        performed.slot = Some(slot);
        if no_space {
            // How much space there is the store counts in a way of its own; that it keeps its bound is checked elsewhere.
            demand!(
                "quota",
                self.quota,
                "operation {id} is refused for lack of space though there is no quota"
            );
            self.model.pass();
            return Outcome::Refused(Refused::NoSpace);
        }
        let outcome = self.model.apply(&performed.operation, stamp.level);
        if let (Operation::Revoke { lease }, Outcome::Done { .. }) =
            (&performed.operation, &outcome)
        {
            self.leases.revoked(*lease, self.log.now);
        }
        outcome
    }

    fn pass_or_expire(&mut self, stamp: &Stamp, held: &Held, internal: Option<Internal>) -> Did {
        let Held::Command(command) = held else {
            self.model.pass();
            return Did::Nothing;
        };
        match internal {
            None => crate::Violation::raise(
                "agreement",
                format!("nobody proposed the command at {}: {command:?}", stamp.slot),
            ),
            Some(Internal::Nothing) => self.model.pass(),
            Some(Internal::Expiry { ballot, .. }) if ballot != stamp.newest => {
                self.stale_expiries += 1;
                self.model.pass();
            }
            Some(Internal::Expiry { lease, granted, .. }) => {
                if self.model.expire(lease, granted) {
                    self.expiries += 1;
                    // A survivor decides what it had accepted; a later leader's promises may be lost with others.
                    if self.log.alone {
                        self.leases.forget(lease, self.log.now);
                    } else {
                        self.leases.expired(lease, self.log.now);
                    }
                }
                return Did::Expiry { lease, granted };
            }
        }
        Did::Nothing
    }

    /// A survivor goes on with the state after slot `through`, the last that it knows to be decided: what came after it is
    /// as if it had never been, but for those who remember.
    pub fn renewed(&mut self, node: Node, through: u64, revision: u64) {
        let after = self.meanings.split_off(through as usize);
        self.log.go_back(through);
        for id in after.iter().filter_map(|meaning| meaning.operation) {
            let performed = &mut self.operations[id];
            performed.slot = None;
            if performed.standing == Standing::Done {
                performed.standing = Standing::Forsaken;
            }
        }
        self.floor = self.floor.min(through);
        // An attempt that was cut short is as if it had never been, too.
        self.renewals.retain(|at| *at < through);
        self.renewals.push(through);
        self.model = self.replayed();
        let model = &self.model;
        self.leases.go_on_with(|lease| model.has_lease(lease));
        let (expected, known) = (self.model.revision(), self.known);
        demand!(
            "revisions",
            revision == expected && revision > known,
            "{node} goes on at revision {revision} after s{through}, the model at {expected}; {known} was given before"
        );
    }

    /// Operations that are at a slot through `through` which `ballot` first proposed them for.
    pub(crate) fn operations_in(
        &self,
        ballot: Ballot,
        through: u64,
    ) -> impl Iterator<Item = OperationId> {
        let slots = self.log.records().iter().zip(&self.meanings);
        slots
            .take(through as usize)
            .filter(move |(record, _)| record.stamp.ballot == ballot)
            .filter_map(|(_, meaning)| meaning.operation)
    }

    /// What the model comes to, from its beginning.
    fn replayed(&self) -> Model {
        let mut model = Model::default();
        let slots = self.log.records().iter().zip(&self.meanings);
        for (index, (record, meaning)) in slots.enumerate() {
            match meaning.did {
                Did::Nothing => model.pass(),
                Did::Operation(id) => {
                    model.apply(&self.operations[id].operation, record.stamp.level);
                }
                Did::Expiry { lease, granted } => {
                    model.expire(lease, granted);
                }
            }
            if self.renewals.contains(&(index as u64 + 1)) {
                model.renew();
            }
        }
        model
    }
}

/// Whether the client got what the model says; a lease may last longer than asked.
fn agree(model: &Outcome, client: &Outcome) -> bool {
    match (model, client) {
        (Outcome::Granted { ttl_s: asked }, Outcome::Granted { ttl_s }) => ttl_s >= asked,
        _ => model == client,
    }
}

/// How far a client's clock may be off what the leader measures, and the network's share, in parts per million.
pub const LEASE_DRIFT_PPM: u64 = 1_000;

/// The shortest time that `ttl_s` may last for a node whose clock drifts by `drift_ppm`.
#[must_use]
pub fn shortest(ttl_s: i64, drift_ppm: u64) -> Instant {
    let full = ttl_s.max(0) as u64 * SECOND;
    full - full / 1_000_000 * (drift_ppm + LEASE_DRIFT_PPM)
}
