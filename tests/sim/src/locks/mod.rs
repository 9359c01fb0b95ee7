//! ZooKeeper's tree of nodes as a service of the world: a LockService's.
//!
//! What ships is linked: driver, log, recovery and core as for the key-value store, the tree with its sessions and watches
//! (`synod_znode`), and the front end (`synod_agent::zookeeper`): bytes of requests go in, bytes of replies and events come out.
//! Its sockets, its timers and the engine's loop are the simulator's: see [`synod_agent::zookeeper::simulated`]. Clients are the
//! simulator's own; they speak ZooKeeper's protocol by the codec that ships.
//!
//! | checker | what it demands | file |
//! |---|---|---|
//! | `linearizability` | each command's answer is the naive tree's, in log order; writes respect real time; sync and linearizable reads are recent | `ledger.rs`, `replies.rs` |
//! | `exactly once`, `durability`, `zxids` | no command takes effect more often than it was proposed; what was answered is in the log; zxids are the model's, never repeated | `ledger.rs` |
//! | `sequence` | what one client sees never goes back, whatever member it is at; replies come in the order of requests; a read is the state of its zxid | `replies.rs` |
//! | `watches` | a watch fires exactly when the model says, in order, before the reply that shows its cause; set again, it tells what was missed | `replies.rs`, `watches.rs` |
//! | `leases`, `sessions`, `ephemerals` | no session ends before what its client was promised, all end whose clients are gone, nothing is left of one that ended | `ledger.rs` |
//! | `locks`, `tokens`, `fencing` | one holder at a time, first come first served, tokens grow; a guarded store never turns away who holds the lock | `ledger.rs`, `recipe.rs` |

mod client;
mod history;
mod ledger;
mod line;
mod recipe;
mod replies;
pub(crate) mod scenarios;
#[path = "../../../../agent/core/znode/tests/model/tree.rs"]
mod tree;
mod watches;
mod witness;

use std::collections::BTreeMap;

use synod_agent::zookeeper::simulated::Line;
use synod_paxos::Node;
use synod_replica::{Output, Request};
use synod_znode::{Command, Limits, Settings, Store, Token};

use crate::clock::{Instant, MS, SECOND};
use crate::demand;
use crate::host::Agent;
use crate::passage::Passage;
use crate::profile::Fault;
use crate::service::{Birth, Service};
use crate::world::{Asker, Happening};
use client::Client;
use ledger::Ledger;
use line::Desk;
use witness::Witness;

/// The tree of nodes.
#[derive(Debug)]
pub(crate) struct Locks;

/// A world of it.
pub(crate) type World = crate::world::World<Locks>;

/// Clients, and the stores that locks guard.
#[derive(Default)]
pub(crate) struct People {
    clients: Vec<Client>,
    /// Whose each line is.
    lines: BTreeMap<Line, usize>,
    last_line: Line,
    /// The highest token that the store behind each lock was shown.
    fences: BTreeMap<&'static str, Token>,
    events: u64,
    guarded: u64,
    fenced: u64,
    reattached: u64,
}

/// What they do.
#[derive(Debug)]
pub(crate) enum Deed {
    /// A client thinks of something.
    Think { client: usize },
    /// A client shows that it lives, or finds that nobody answers.
    Beat { client: usize, line: Line },
    /// Bytes come to a member.
    ToMember {
        node: Node,
        incarnation: u64,
        line: Line,
        what: line::Sent,
    },
    /// Bytes come to a client.
    ToClient {
        line: Line,
        sent: synod_agent::zookeeper::simulated::Sent,
    },
    /// A member has something to do by itself.
    Turn {
        node: Node,
        incarnation: u64,
        at: Instant,
    },
    /// A client that holds a lock writes to what it guards, or gives it back.
    Hold { client: usize, attempt: u64 },
}

/// The shortest and the longest time-out of a session.
const TIMEOUT_MS: (u32, u32) = (600, 10_000);

/// Replies that every client must get where nothing fails.
const ANSWERS_MIN: u64 = 5;

impl Service for Locks {
    type Machine = Witness;
    type Ledger = Ledger;
    type Desk = Option<Desk>;
    type People = People;
    type Deed = Deed;
    type Asker = u64;

    fn machine(birth: &Birth<'_, Self>) -> Witness {
        let store = match &birth.config {
            Some(config) => synod_agent::roles::znodes(config),
            None => Store::new(Settings {
                limits: Limits {
                    timeout_ms_min: TIMEOUT_MS.0,
                    timeout_ms_max: TIMEOUT_MS.1,
                    ..Limits::default()
                },
                ..Settings::default()
            }),
        };
        Witness {
            store,
            passage: Passage::new(birth.node, birth.incarnation),
            ledger: birth.ledger.clone(),
        }
    }

    fn desk(agent: &mut Agent<Self>, birth: &Birth<'_, Self>) -> Option<Desk> {
        Some(Desk::new(agent, birth))
    }

    fn populate(world: &mut World) {
        {
            let mut ledger = world.ledger.borrow_mut();
            ledger.sessions.drift_ppm = world.profile.drift_ppm;
            ledger.linearizable = world.random.chance(250);
            let mut faults = world.profile.faults.iter();
            ledger.steady = faults.all(|(fault, _)| *fault != Fault::WallJump);
        }
        for index in 0..world.profile.clients {
            let random = world.random.fork();
            world.people.clients.push(Client::new(index, random));
            world.at(500 * MS, Happening::Deed(Deed::Think { client: index }));
        }
    }

    fn happen(world: &mut World, deed: Deed) {
        match deed {
            Deed::Think { client } => world.think(client),
            Deed::Beat { client, line } => world.beat(client, line),
            Deed::ToMember {
                node,
                incarnation,
                line,
                what,
            } => world.reach_member(node, incarnation, line, what),
            Deed::ToClient { line, sent } => world.reach_client(line, &sent),
            Deed::Turn {
                node,
                incarnation,
                at,
            } => world.turn(node, incarnation, at),
            Deed::Hold { client, attempt } => world.hold(client, attempt),
        }
    }

    fn hand_in(world: &mut World, node: Node) {
        world.hand_requests_in(node);
    }

    fn turned(world: &mut World, node: Node) {
        world.end_turn(node);
    }

    fn answered(world: &mut World, node: Node, asker: u64, output: Output<Witness>) {
        world.answer_station(node, asker, output);
    }

    fn lost(_world: &mut World, _asker: u64) {}

    fn died(world: &mut World, node: Node) {
        world.lines_break(node);
    }

    fn forsaken(world: &mut World) {
        for client in 0..world.people.clients.len() {
            world.hang_up(client);
        }
    }

    /// A session that its client keeps alive at somebody else's is to expire.
    fn ghost(world: &mut World, node: Node) {
        let ledger = world.ledger.borrow();
        let (Some(ballot), Some(session)) = (ledger.log.deposed(), ledger.some_session()) else {
            return;
        };
        drop(ledger);
        let sessions = vec![session];
        let command = Command::Expire { ballot, sessions }.encode();
        world.ask(node, Asker::Admin, |ticket| Request::Propose {
            ticket,
            command,
        });
    }

    fn hurry(world: &mut World, leader: Node) {
        for client in world.people.clients.iter_mut().take(2) {
            client.prefers = Some(leader);
        }
    }

    fn wake(world: &mut World) {
        for client in 0..world.people.clients.len() {
            world.after(MS, Happening::Deed(Deed::Think { client }));
        }
    }

    fn count_anew(world: &mut World) {
        for client in &mut world.people.clients {
            client.answered = 0;
        }
    }

    fn unanswered(world: &World) -> Option<String> {
        let clients = &world.people.clients;
        if clients.iter().all(|client| client.answered >= ANSWERS_MIN) {
            return None;
        }
        let told: Vec<_> = clients.iter().map(Client::brief).collect();
        Some(format!("clients were answered: {told:?}"))
    }

    fn waits_for(world: &World) -> Option<String> {
        let ledger = world.ledger.borrow();
        let sessions: Vec<_> = ledger.tree.sessions.keys().collect();
        if !sessions.is_empty() {
            return Some(format!("sessions {sessions:?} did not end"));
        }
        // A wall clock that was set back stops the replicated one until it has caught up.
        let steady = world
            .profile
            .faults
            .iter()
            .all(|(fault, _)| *fault != Fault::WallJump);
        let timed = ledger.tree.timed().next().filter(|_| steady);
        timed.map(|(path, at)| format!("{path} stays, which was over at {at}"))
    }

    fn compare_members(world: &World) {
        let ledger = world.ledger.borrow();
        let tree = &ledger.tree;
        for node in world.newest.members.keys() {
            let Some(agent) = world.hosts[node].agent.as_ref() else {
                continue;
            };
            let store = &agent.machine().store;
            store.invariants_deep();
            for path in tree.paths() {
                let expected = Ok(tree.stat(path));
                demand!(
                    "equal state",
                    store.exists(path) == expected,
                    "at the end {node} has {path} as {:?}, the model as {expected:?}",
                    store.exists(path)
                );
                let data = store
                    .data(path, &[])
                    .map(|(data, _)| data.map(<[u8]>::to_vec));
                demand!(
                    "equal state",
                    data == tree.data(path, &[]),
                    "at the end {node} has other data in {path} than the model: {data:?}"
                );
            }
            let count = store.sizes().nodes as usize;
            demand!(
                "equal state",
                count == tree.len() + 4,
                "at the end {node} has {count} nodes, the model {}",
                tree.len() + 4
            );
        }
    }

    const FACTS: &'static [&'static str] = &[
        "watch events",
        "session expiries",
        "sessions attached anew",
        "turns of locks",
        "guarded writes",
        "writes fenced off",
    ];

    fn facts(world: &World) -> Vec<u64> {
        let ledger = world.ledger.borrow();
        let People {
            events,
            guarded,
            fenced,
            reattached,
            ..
        } = world.people;
        vec![
            events,
            ledger.expiries,
            reattached,
            ledger.turns_taken,
            guarded,
            fenced,
        ]
    }
}

impl World {
    /// Where an operator says how reads are served.
    pub(crate) fn is_read(&mut self, linearizable: bool) {
        self.ledger.borrow_mut().linearizable = linearizable;
    }
}

/// The life of a world: as of any service, and then some do nothing for long, in which the clock must not stand still.
pub(crate) fn all_of_it(world: &mut World) {
    crate::run::all_of_it(world);
    if world.random.chance(150) {
        world.pass(600 * SECOND);
        let mut ledger = world.ledger.borrow_mut();
        ledger.punctual = ledger.steady;
        drop(ledger);
        world.busy = true;
        Locks::wake(world);
        world.must_progress("a long silence");
        world.fall_silent();
    }
}

/// How long a client waits for its session.
const PATIENCE: Instant = 2 * SECOND;

/// The checker that notices something wrong with what is done, for tests of checkers.
#[cfg(test)]
fn raised(work: impl FnOnce()) -> Option<&'static str> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).err()?;
    Some(crate::Violation::from_panic(&*caught, None).checker)
}
