//! The key-value store as a service of the world: a ConsensusGroup's.

use std::collections::BTreeSet;

use bytes::Bytes;
use synod_kv::Hub;
use synod_paxos::{Ballot, Node};
use synod_replica::{Output, Request};

use crate::client::Client;
use crate::clock::MS;
use crate::demand;
use crate::host::Agent;
use crate::ledger::{Ledger, Standing};
use crate::log::Log;
use crate::operation::Operation;
use crate::service::{self, Birth, Service};
use crate::watch::Watchers;
use crate::witness::Witness;
use crate::world::{Asker, Happening, World};

/// The key-value store.
#[derive(Debug)]
pub(crate) struct Keys;

/// Clients and watchers.
#[derive(Default)]
pub(crate) struct People {
    pub(crate) clients: Vec<Client>,
    pub(crate) watchers: Watchers,
    /// Revisions that were given to compactions and leases that were revoked, each once in a run.
    pub(crate) compactions: BTreeSet<u64>,
    pub(crate) revocations: BTreeSet<i64>,
}

/// What they do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    /// A client thinks of something.
    Client { client: usize },
    /// A client waits no longer.
    GiveUp { client: usize, operation: usize },
    /// A watcher whose member died looks for another one.
    Watch { watcher: usize },
}

/// A client that waits, and for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) client: usize,
    pub(crate) operation: usize,
}

impl Service for Keys {
    type Machine = Witness;
    type Ledger = Ledger;
    type Desk = Hub;
    type People = People;
    type Deed = Deed;
    type Asker = Waiting;

    fn machine(birth: &Birth<'_, Self>) -> Witness {
        Witness::new(
            birth.node,
            birth.incarnation,
            birth.ledger.clone(),
            birth.old_build,
            birth.profile.quota_bytes,
        )
    }

    fn desk(agent: &mut Agent<Self>, _birth: &Birth<'_, Self>) -> Hub {
        Hub::new(agent.machine().store())
    }

    fn populate(world: &mut World) {
        world.ledger.borrow_mut().leases.drift_ppm = world.profile.drift_ppm;
        for index in 0..world.profile.clients {
            let random = world.random.fork();
            world.people.clients.push(Client::new(index, random));
            world.at(500 * MS, Happening::Deed(Deed::Client { client: index }));
        }
        let watchers = world.random.between(2, 4);
        for _ in 0..watchers {
            let keys = world.profile.keys;
            let watcher = world.people.watchers.add(&mut world.random, keys);
            world.at(500 * MS, Happening::Deed(Deed::Watch { watcher }));
        }
    }

    fn happen(world: &mut World, deed: Deed) {
        match deed {
            Deed::Client { client } => world.client_acts(client),
            Deed::GiveUp { client, operation } => world.client_gives_up(client, operation),
            Deed::Watch { watcher } => world.watch_somewhere(watcher),
        }
    }

    fn turned(world: &mut World, node: Node) {
        world.poll_watches(node);
    }

    fn answered(world: &mut World, node: Node, asker: Waiting, output: Output<Witness>) {
        world.client_answered(node, asker.client, asker.operation, output);
    }

    fn lost(world: &mut World, asker: Waiting) {
        world.client_lost(asker.client, asker.operation);
    }

    fn died(world: &mut World, node: Node) {
        world.drop_watches(node);
    }

    /// A lease that somebody else keeps alive now is to expire.
    fn ghost(world: &mut World, node: Node) {
        let ledger = world.ledger.borrow();
        let (Some(ballot), Some((lease, granted))) =
            (ledger.log.deposed(), ledger.model.some_lease())
        else {
            return;
        };
        drop(ledger);
        let command = crate::dialect::expiry(lease, granted, ballot);
        world.ask(node, Asker::Admin, |ticket| Request::Propose {
            ticket,
            command,
        });
    }

    fn hurry(world: &mut World, leader: Node) {
        for client in world.people.clients.iter_mut().take(2) {
            client.go_to(leader);
        }
    }

    fn wake(world: &mut World) {
        world.wake_clients();
    }

    fn count_anew(world: &mut World) {
        for client in &mut world.people.clients {
            client.answered = 0;
        }
    }

    fn unanswered(world: &World) -> Option<String> {
        let clients = &world.people.clients;
        if clients.iter().all(|client| client.answered >= 3) {
            return None;
        }
        let answered: Vec<_> = clients.iter().map(|client| client.answered).collect();
        Some(format!("clients were answered {answered:?}"))
    }

    fn waits_for(world: &World) -> Option<String> {
        let ledger = world.ledger.borrow();
        let leases = ledger.model.leases();
        if !leases.is_empty() {
            return Some(format!("leases {leases:?} did not expire"));
        }
        let behind = world.people.watchers.behind(&ledger.model);
        behind.map(|watcher| format!("watcher {watcher} was not told everything"))
    }

    fn compare_members(world: &World) {
        let ledger = world.ledger.borrow();
        let everything = Operation::Range {
            from: Bytes::from_static(b"\0"),
            to: Bytes::from_static(b"\xff"),
            revision: 0,
            serializable: true,
        };
        let expected = ledger.model.range(
            ledger.log.frontier(),
            &Bytes::from_static(b"\0"),
            &Bytes::from_static(b"\xff"),
            0,
        );
        for node in world.newest.members.keys() {
            let Some(agent) = world.hosts[node].agent.as_ref() else {
                continue;
            };
            let store = agent.machine().store();
            store.invariants_deep();
            let outcome = crate::dialect::range(store, &everything);
            demand!(
                "equal state",
                outcome == expected,
                "at the end {node} holds {outcome:?}, the model {expected:?}"
            );
        }
    }

    const FACTS: &'static [&'static str] = &["watched changes", "lease expiries"];

    fn facts(world: &World) -> Vec<u64> {
        vec![world.people.watchers.told, world.ledger.borrow().expiries]
    }
}

impl service::Ledger for Ledger {
    fn log(&self) -> &Log {
        &self.log
    }

    fn log_mut(&mut self) -> &mut Log {
        &mut self.log
    }

    /// What is known of its revisions must not come again.
    fn forsake(&mut self) {
        self.known = self.model.revision();
    }

    fn acknowledged_in(&self, ballot: Ballot, through: u64) -> Vec<usize> {
        self.operations_in(ballot, through)
            .filter(|id| self.operations[*id].standing == Standing::Done)
            .collect()
    }

    fn look_up(&self, number: usize) -> (bool, String) {
        let performed = &self.operations[number];
        let words = format!("operation {number} {:?}", performed.operation);
        (performed.slot.is_some(), words)
    }

    fn finish(&self) {
        for (id, performed) in self.operations.iter().enumerate() {
            if performed.standing == Standing::Done && performed.operation.replicated() {
                demand!(
                    "durability",
                    performed.slot.is_some(),
                    "operation {id} {:?} was acknowledged and is nowhere",
                    performed.operation
                );
            }
        }
    }
}
