//! Clients: each does one thing after the other at some member, as a front end would for it, remembers what it saw, and
//! goes to another member when its own is gone.

use std::collections::BTreeMap;

use bytes::Bytes;
use synod_kv::FENCE_PREFIX;
use synod_paxos::Node;
use synod_replica::{Output, Refusal, Request};

use crate::clock::{MS, SECOND};
use crate::dialect;
use crate::keys::{Deed, Waiting};
use crate::operation::{Operation, Outcome, Refused};
use crate::profile::Profile;
use crate::random::Random;
use crate::trace::What;
use crate::witness::Witness;
use crate::world::{Asker, Happening, World};

/// How long a client waits.
const PATIENCE: u64 = 5 * SECOND;

/// Operations before the first that an older build does not know.
const OLD_BUILD_FOR: usize = 300;

/// Leases one client keeps at a time.
const LEASES_MAX: usize = 4;

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    index: usize,
    random: Random,
    node: Option<Node>,
    pending: Option<usize>,
    /// When each key was last changed, as far as this client saw.
    known: BTreeMap<Bytes, u64>,
    /// The newest revision this client saw.
    revision: u64,
    leases: Vec<i64>,
    /// What it was last answered; nothing if it does not know.
    pub(crate) last: Option<Outcome>,
    /// Operations answered since it was last reset.
    pub(crate) answered: u64,
}

impl Client {
    pub(crate) fn new(index: usize, random: Random) -> Self {
        Self {
            index,
            random,
            node: None,
            pending: None,
            known: BTreeMap::new(),
            revision: 1,
            leases: Vec::new(),
            last: None,
            answered: 0,
        }
    }

    /// Its next operations are done at `node`.
    pub(crate) fn go_to(&mut self, node: Node) {
        self.node = Some(node);
    }

    fn key(&mut self, profile: &Profile) -> Bytes {
        Bytes::from(format!("k{:02}", self.random.below(profile.keys)))
    }

    fn value(&mut self, id: usize, profile: &Profile) -> Bytes {
        let mut value = format!("v{id}").into_bytes();
        if profile.padding > 0 && self.random.chance(300) {
            value.resize(value.len() + profile.padding, b'.');
        }
        value.into()
    }

    /// From a key up to behind another one; unique by `id`.
    fn span(&mut self, id: usize, profile: &Profile, one_per_mille: u64) -> (Bytes, Bytes) {
        let low = self.random.below(profile.keys);
        let high = if self.random.chance(one_per_mille) {
            low
        } else {
            self.random.between(low, profile.keys - 1)
        };
        (
            Bytes::from(format!("k{low:02}")),
            Bytes::from(format!("k{high:02}\0{id}")),
        )
    }

    /// A write under the token of a lock. Tokens rise with time; this client's may be older than what others had.
    fn fenced(&mut self, id: usize, profile: &Profile) -> Operation {
        let token = (id as u128).saturating_sub(self.random.below(60).into());
        Operation::Fenced {
            fence: Bytes::from(format!("{FENCE_PREFIX}/locks/{}", self.random.below(2))),
            token: Bytes::copy_from_slice(&token.to_be_bytes()),
            key: self.key(profile),
            value: Bytes::from(format!("v{id}")),
        }
    }

    /// What it does next; `id` is unique in the run.
    pub(crate) fn think(&mut self, id: usize, profile: &Profile) -> Operation {
        let kind = self.random.weighted(&profile.mix.weights);
        let lease = (!self.leases.is_empty()).then(|| *self.random.pick(&self.leases.clone()));
        match (kind, lease) {
            (1, _) => {
                let (from, to) = self.span(id, profile, 800);
                Operation::Delete { from, to }
            }
            (2, _) => {
                let key = self.key(profile);
                let expected = self.known.get(&key).copied().unwrap_or(0);
                let value = self.value(id, profile);
                let marker = (
                    Bytes::from(format!("m{}", self.index)),
                    Bytes::from(format!("v{id}")),
                );
                Operation::Swap {
                    key,
                    expected,
                    value,
                    marker,
                }
            }
            // Where one member is of an older build, it is left as it is for a while: it does not know the others.
            (3, _) if self.random.chance(400) || (profile.mixed_levels && id < OLD_BUILD_FOR) => {
                self.fenced(id, profile)
            }
            (3, _) => {
                let (low, count) = (self.random.below(profile.keys), self.random.between(2, 4));
                let pairs = (low..(low + count).min(profile.keys))
                    .map(|number| {
                        (
                            Bytes::from(format!("k{number:02}")),
                            Bytes::from(format!("v{id}")),
                        )
                    })
                    .collect();
                Operation::Batch { pairs }
            }
            (4..=6, _) => {
                let (from, to) = self.span(id, profile, 500);
                let revision = if kind == 6 {
                    self.revision.saturating_sub(self.random.below(30)).max(1)
                } else {
                    0
                };
                Operation::Range {
                    from,
                    to,
                    revision,
                    serializable: kind == 5 || (kind == 6 && self.random.chance(300)),
                }
            }
            (7, _) if self.leases.len() < LEASES_MAX => Operation::Grant {
                lease: 1_000 + id as i64,
                ttl_s: self.random.between(1, 4) as i64,
            },
            (8, Some(lease)) => Operation::Put {
                key: self.key(profile),
                value: self.value(id, profile),
                lease,
            },
            (9, Some(lease)) => Operation::Revoke { lease },
            (10, Some(lease)) => Operation::KeepAlive { lease },
            (11, _) => Operation::Compact {
                revision: self.revision.saturating_sub(self.random.below(20)),
            },
            _ => Operation::Put {
                key: self.key(profile),
                value: self.value(id, profile),
                lease: 0,
            },
        }
    }

    pub(crate) fn saw(&mut self, operation: &Operation, outcome: &Outcome) {
        let revision = match outcome {
            Outcome::Put { revision, .. }
            | Outcome::Deleted { revision, .. }
            | Outcome::Txn { revision, .. }
            | Outcome::Range { revision, .. }
            | Outcome::Done { revision } => *revision,
            _ => 0,
        };
        self.revision = self.revision.max(revision);
        match (operation, outcome) {
            (Operation::Put { key, .. }, Outcome::Put { revision, .. })
            | (
                Operation::Swap { key, .. },
                Outcome::Txn {
                    revision,
                    succeeded: true,
                    ..
                },
            ) => {
                self.known.insert(key.clone(), *revision);
            }
            (Operation::Swap { key, .. }, Outcome::Txn { seen, .. }) => {
                self.known
                    .insert(key.clone(), seen.as_ref().map_or(0, |pair| pair.modified));
            }
            (Operation::Range { revision: 0, .. }, Outcome::Range { pairs, .. }) => {
                for pair in pairs {
                    self.known.insert(pair.key.clone(), pair.modified);
                }
            }
            (Operation::Grant { lease, .. }, Outcome::Granted { .. }) => self.leases.push(*lease),
            (Operation::KeepAlive { lease }, Outcome::KeptAlive { ttl_s: None })
            | (Operation::Revoke { lease }, _)
            | (Operation::Put { lease, .. }, Outcome::Refused(Refused::LeaseNotFound)) => {
                self.leases.retain(|known| known != lease);
            }
            _ => {}
        }
        // A lease is let go now and then, so that some expire.
        if !self.leases.is_empty() && self.random.chance(30) {
            self.leases.remove(0);
        }
    }
}

impl World {
    pub(crate) fn client_acts(&mut self, client: usize) {
        if !self.busy || self.people.clients[client].pending.is_some() {
            return;
        }
        let Some(node) = self.member_for(client) else {
            self.after(50 * MS, Happening::Deed(Deed::Client { client }));
            return;
        };
        let id = self.ledger.borrow().operations.len();
        let mut operation = self.people.clients[client].think(id, &self.profile);
        let unusable = match operation {
            Operation::Compact { revision } => {
                revision < 2 || !self.people.compactions.insert(revision)
            }
            Operation::Revoke { lease } => !self.people.revocations.insert(lease),
            // A process that does not run cannot look into its store.
            Operation::Range {
                serializable: true, ..
            } => !self.hosts[&node].running(self.now),
            _ => false,
        };
        if unusable {
            operation = Operation::Put {
                key: Bytes::from_static(b"k00"),
                value: Bytes::from(format!("v{id}")),
                lease: 0,
            };
        }
        self.invoke(node, client, operation);
    }

    /// The member a client is at; another one if that is gone or the client feels like it.
    fn member_for(&mut self, client: usize) -> Option<Node> {
        let reachable = self.reachable();
        let current = &mut self.people.clients[client];
        let stays = current.node.is_some_and(|node| reachable.contains(&node))
            && !current.random.chance(20);
        if !stays {
            current.node = (!reachable.is_empty()).then(|| *current.random.pick(&reachable));
        }
        current.node
    }

    /// Begins `operation` of `client` at `node`.
    pub(crate) fn invoke(&mut self, node: Node, client: usize, operation: Operation) {
        let command = operation.replicated().then(|| dialect::command(&operation));
        let id = self
            .ledger
            .borrow_mut()
            .invoke(operation.clone(), command.as_ref());
        self.trace
            .add(self.now, node, What::Ask { operation: id }, id as u64);
        self.people.clients[client].pending = Some(id);
        self.people.clients[client].last = None;
        self.after(
            PATIENCE,
            Happening::Deed(Deed::GiveUp {
                client,
                operation: id,
            }),
        );
        let asker = Asker::Client(Waiting {
            client,
            operation: id,
        });
        match (&operation, command) {
            (_, Some(command)) => {
                self.ask(node, asker, |ticket| Request::Propose { ticket, command })
            }
            (Operation::KeepAlive { lease }, _) => {
                let request = dialect::keep_alive(*lease);
                self.ask(node, asker, |ticket| Request::Soft { ticket, request });
            }
            (
                Operation::Range {
                    serializable: true, ..
                },
                _,
            ) => self.serve_range(node, client, id),
            _ => self.ask(node, asker, |ticket| Request::Read { ticket }),
        }
    }

    /// Reads the store of a member as it is now.
    fn serve_range(&mut self, node: Node, client: usize, id: usize) {
        let operation = self.operation(id);
        let Some(agent) = self.hosts[&node].agent.as_ref() else {
            return;
        };
        let slot = agent.glance().applied.0;
        let outcome = dialect::range(agent.machine().store(), &operation);
        self.ledger.borrow_mut().ranged(id, slot, &outcome);
        self.trace.add(
            self.now,
            node,
            What::Answer {
                operation: id,
                slot,
            },
            slot,
        );
        self.client_saw(client, id, &outcome);
    }

    fn client_saw(&mut self, client: usize, id: usize, outcome: &Outcome) {
        let operation = self.operation(id);
        let known = &mut self.people.clients[client];
        known.saw(&operation, outcome);
        known.answered += 1;
        known.last = Some(outcome.clone());
        self.client_goes_on(client, id);
    }

    /// Does one operation at `node`, for directed scenarios. What came of it, if that is known.
    pub(crate) fn perform(&mut self, node: Node, operation: Operation) -> Option<Outcome> {
        let client = 0;
        self.invoke(node, client, operation);
        while self.people.clients[client].pending.is_some() {
            self.pass(MS);
        }
        self.people.clients[client].last.take()
    }

    /// Begins an operation that nobody waits for, for directed scenarios.
    pub(crate) fn begin(&mut self, node: Node, operation: Operation) {
        if self.hosts[&node].agent.is_none() {
            return;
        }
        let id = self.ledger.borrow().operations.len();
        let operation = match operation {
            Operation::Put { key, value, lease } => {
                let value = [value.as_ref(), b"#", id.to_string().as_bytes()]
                    .concat()
                    .into();
                Operation::Put { key, value, lease }
            }
            other => other,
        };
        let client = 1 + id % (self.people.clients.len() - 1);
        self.invoke(node, client, operation);
    }

    /// Clients act from now on.
    pub(crate) fn wake_clients(&mut self) {
        for client in 0..self.people.clients.len() {
            self.people.clients[client].pending = None;
            self.after(MS, Happening::Deed(Deed::Client { client }));
        }
    }

    fn client_goes_on(&mut self, client: usize, id: usize) {
        if self.people.clients[client].pending == Some(id) {
            self.people.clients[client].pending = None;
            let hurry = self.now < self.hurry_until;
            let think = if hurry {
                3 * MS
            } else {
                self.profile.think_mean
            };
            let span = self.random.around(think);
            self.after(span, Happening::Deed(Deed::Client { client }));
        }
    }

    pub(crate) fn client_gives_up(&mut self, client: usize, operation: usize) {
        if self.people.clients[client].pending != Some(operation) {
            return;
        }
        for (asker, _) in self.askers.values_mut() {
            if matches!(asker, Asker::Client(waiting) if waiting.operation == operation) {
                *asker = Asker::Nobody;
            }
        }
        self.client_lost(client, operation);
    }

    /// The client will not hear what became of an operation.
    pub(crate) fn client_lost(&mut self, client: usize, operation: usize) {
        self.ledger.borrow_mut().unknown(operation);
        if let Some(node) = self.people.clients[client].node.take() {
            self.trace
                .add(self.now, node, What::Refusal { operation }, 1);
        }
        self.client_goes_on(client, operation);
    }

    pub(crate) fn client_answered(
        &mut self,
        node: Node,
        client: usize,
        id: usize,
        output: Output<Witness>,
    ) {
        let operation = self.operation(id);
        match output {
            Output::Applied {
                slot,
                result: Ok(response),
                ..
            } => {
                let outcome = dialect::outcome(&operation, &response);
                self.trace.add(
                    self.now,
                    node,
                    What::Answer {
                        operation: id,
                        slot: slot.0,
                    },
                    slot.0,
                );
                self.ledger.borrow_mut().answered(id, slot, &outcome);
                self.client_saw(client, id, &outcome);
            }
            Output::ReadReady { result: Ok(()), .. } => self.serve_range(node, client, id),
            Output::Soft {
                result: Ok(response),
                ..
            } => {
                let Some(outcome) = dialect::kept_alive(&response) else {
                    return self.client_lost(client, id);
                };
                self.trace.add(
                    self.now,
                    node,
                    What::Answer {
                        operation: id,
                        slot: 0,
                    },
                    0,
                );
                self.ledger.borrow_mut().kept_alive(id, &outcome);
                self.client_saw(client, id, &outcome);
            }
            Output::Applied {
                result: Err(refusal),
                ..
            }
            | Output::ReadReady {
                result: Err(refusal),
                ..
            }
            | Output::Soft {
                result: Err(refusal),
                ..
            } => self.client_refused(node, client, id, refusal),
            Output::Changed { .. } | Output::Transferred { .. } | Output::Snapshotted { .. } => {
                crate::Violation::raise(
                    "answers",
                    format!("{node} answers operation {id} with something else"),
                );
            }
        }
    }

    fn client_refused(&mut self, node: Node, client: usize, id: usize, refusal: Refusal) {
        match refusal {
            Refusal::NoLeader | Refusal::TimedOut | Refusal::LeaderChanged => {
                self.client_lost(client, id)
            }
            Refusal::Overloaded | Refusal::Stopped | Refusal::TooLarge => {
                self.trace
                    .add(self.now, node, What::Refusal { operation: id }, 0);
                self.ledger.borrow_mut().refused(id);
                self.people.clients[client].node = None;
                self.client_goes_on(client, id);
            }
        }
    }
}
