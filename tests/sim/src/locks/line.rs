//! Between clients and members: connections that keep the order of bytes and break; and the front end of a process, which is
//! handed bytes, time and turns.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use synod_agent::engine::simulated::{Bench, Todo};
use synod_agent::engine::{Facts, status_of};
use synod_agent::zookeeper::simulated::{Line, Sent as FromMember, Station};
use synod_agent::zookeeper::{Reads, Settings};
use synod_agent::{clock, entropy};
use synod_agent_api::AgentConfig;
use synod_jute::records::ConnectRequest;
use synod_paxos::Node;
use synod_replica::{Event, Output, Request};
use synod_znode::Store;

use super::{Birth, Deed, Locks, Witness, World};
use crate::clock::{Instant, MS, SECOND};
use crate::host::Agent;
use crate::world::{Asker, Happening};

/// Requests that wait at a member.
const REQUESTS_MAX: usize = 256;

/// What goes to a member.
#[derive(Debug)]
pub(crate) enum Sent {
    /// A connection begins.
    Connect(ConnectRequest),
    /// Bytes of requests.
    Bytes(Bytes),
    /// A connection ends.
    Leave,
}

/// The front end of a process.
pub(crate) struct Desk {
    station: Station,
    bench: Bench<Store>,
    /// What came and was not taken in yet: the process is paused, or about to act.
    waiting: VecDeque<(Line, Sent)>,
    /// When it acts by itself, if that is arranged.
    turn_at: Instant,
}

impl Desk {
    pub(super) fn new(agent: &Agent<Locks>, birth: &Birth<'_, Locks>) -> Self {
        let config = birth.config.clone();
        let facts = Facts {
            config: config.unwrap_or_else(|| Arc::new(config_of(birth.node))),
            etcd_member_id: birth.node.0,
            level_max: crate::dialect::LEVEL,
            certificates: Vec::new(),
            generation: 0,
        };
        let now = birth.now;
        clock::simulated::set(now, birth.wall_ms);
        entropy::simulated::seed(birth.seed);
        let status = status_of(&agent.status(), &facts, false, now);
        let (bench, engine) = Bench::new(status, REQUESTS_MAX);
        let settings = match &birth.config {
            Some(config) => synod_agent::roles::zookeeper_settings(config),
            None if birth.ledger.borrow().linearizable => Settings {
                reads: Reads::Linearizable,
                ..Settings::default()
            },
            None => Settings::default(),
        };
        Self {
            station: Station::new(engine, settings),
            bench,
            waiting: VecDeque::new(),
            turn_at: Instant::MAX,
        }
    }
}

/// What a process is told that no operator started.
fn config_of(node: Node) -> AgentConfig {
    let yaml = format!(
        "{{cluster_uid: 00000000-0000-4000-8000-000000000001, kind: LockService, group: sim, name: member-{0}, number: {0}, data_dir: {1:?}, tls: {{peer: {{}}}}}}",
        node.0,
        PathBuf::from("/data")
    );
    serde_yaml::from_str(&yaml).expect("a configuration")
}

impl World {
    /// Shows the front end of a process its own clocks.
    fn set_clocks(&mut self, node: Node) {
        let now = self.now;
        let host = self.host(node);
        clock::simulated::set(host.clock.now(now), host.clock.wall_ms(now));
    }

    /// What the front end wants of the driver goes to it; what it wants of the store it does.
    pub(super) fn hand_requests_in(&mut self, node: Node) {
        self.set_clocks(node);
        let now = self.now;
        let host = self.host(node);
        let local = host.clock.now(now);
        let Some(desk) = host.desk.as_mut() else {
            return;
        };
        for (line, what) in desk.waiting.drain(..) {
            match what {
                Sent::Connect(request) => desk.station.connect(line, request),
                Sent::Bytes(bytes) => desk.station.receive(line, &bytes),
                Sent::Leave => desk.station.leave(line),
            }
        }
        for todo in desk.bench.take() {
            self.last_ticket += 1;
            let ticket = self.last_ticket;
            let (asker, request) = match todo {
                Todo::Propose(asker, command) => {
                    let host = &self.hosts[&node];
                    let ledger = host.ledger.as_ref().unwrap_or(&self.ledger);
                    ledger.borrow_mut().proposed(&command);
                    (asker, Request::Propose { ticket, command })
                }
                Todo::Read(asker) => (asker, Request::Read { ticket }),
                Todo::Soft(asker, request) => (asker, Request::Soft { ticket, request }),
                Todo::Inspect(then) => {
                    if let Some(agent) = self.host(node).agent.as_mut() {
                        then(&mut agent.machine_mut().store);
                    }
                    continue;
                }
            };
            self.askers
                .insert((node, ticket), (Asker::Client(asker), now));
            if let Some(agent) = self.host(node).agent.as_mut() {
                agent.handle(local, Event::Request(request));
            }
        }
    }

    /// The driver has answered: whoever waits in the front end goes on.
    pub(super) fn answer_station(&mut self, node: Node, ticket: u64, output: Output<Witness>) {
        let host = self.host(node);
        let (Some(desk), Some(agent)) = (host.desk.as_mut(), host.agent.as_mut()) else {
            return;
        };
        let output = match output {
            Output::Applied { slot, result, .. } => Output::Applied {
                ticket,
                slot,
                result,
            },
            Output::ReadReady { result, .. } => Output::ReadReady { ticket, result },
            Output::Soft { result, .. } => Output::Soft { ticket, result },
            Output::Changed { .. } | Output::Transferred { .. } | Output::Snapshotted { .. } => {
                crate::Violation::raise("answers", format!("{node} answers another question"))
            }
        };
        desk.bench.answer(output, &mut agent.machine_mut().store);
    }

    /// The turn is over: events go out, sessions begin, the leader is told of signs of life.
    pub(super) fn end_turn(&mut self, node: Node) {
        self.set_clocks(node);
        let now = self.now;
        let host = self.host(node);
        let (Some(desk), Some(agent)) = (host.desk.as_mut(), host.agent.as_mut()) else {
            return;
        };
        let glance = agent.glance();
        desk.bench.end_turn(&glance, &mut agent.machine_mut().store);
        desk.station.go_on();
        desk.station.pulse();
        let sent = desk.station.send();
        let wanted = if desk.bench.has_requests() {
            now + 1
        } else {
            host.clock.when(desk.station.next_pulse()).max(now + 1)
        };
        let turn = (wanted < desk.turn_at).then_some(wanted);
        if let Some(at) = turn {
            desk.turn_at = at;
        }
        let incarnation = host.incarnation;
        for (line, sent) in sent {
            self.send_to_client(line, sent);
        }
        if let Some(at) = turn {
            let deed = Deed::Turn {
                node,
                incarnation,
                at,
            };
            self.at(at, Happening::Deed(deed));
        }
    }

    pub(super) fn turn(&mut self, node: Node, incarnation: u64, at: Instant) {
        let now = self.now;
        let host = self.host(node);
        let Some(desk) = host.desk.as_mut() else {
            return;
        };
        if host.agent.is_none() || host.incarnation != incarnation || desk.turn_at != at {
            return;
        }
        if host.paused_until > now {
            let at = host.paused_until;
            desk.turn_at = at;
            let deed = Deed::Turn {
                node,
                incarnation,
                at,
            };
            return self.at(at, Happening::Deed(deed));
        }
        desk.turn_at = Instant::MAX;
        self.run(node, None);
    }

    /// Sends from a client, in order.
    pub(super) fn send_to_member(&mut self, client: usize, what: Sent) {
        let now = self.now;
        let mean = self.profile.net.delay_mean;
        let span = mean / 4 + self.random.around(mean);
        let Some(link) = self.people.clients[client].link.as_mut() else {
            return;
        };
        link.there_at = (now + span).max(link.there_at + 1);
        let (at, node, incarnation, line) = (link.there_at, link.node, link.incarnation, link.line);
        let deed = Deed::ToMember {
            node,
            incarnation,
            line,
            what,
        };
        self.at(at, Happening::Deed(deed));
    }

    pub(super) fn reach_member(&mut self, node: Node, incarnation: u64, line: Line, what: Sent) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&node) else {
            return;
        };
        if host.agent.is_none() || host.incarnation != incarnation {
            return;
        }
        let Some(desk) = host.desk.as_mut() else {
            return;
        };
        desk.waiting.push_back((line, what));
        if host.paused_until <= now {
            return self.run(node, None);
        }
        let at = host.paused_until;
        desk.turn_at = at;
        let deed = Deed::Turn {
            node,
            incarnation,
            at,
        };
        self.at(at, Happening::Deed(deed));
    }

    fn send_to_client(&mut self, line: Line, sent: FromMember) {
        let now = self.now;
        let mean = self.profile.net.delay_mean;
        let span = mean / 4 + self.random.around(mean);
        let client = self.people.lines.get(&line).copied();
        let link = client.and_then(|client| self.people.clients[client].link.as_mut());
        let Some(link) = link.filter(|link| link.line == line) else {
            return;
        };
        link.here_at = (now + span).max(link.here_at + 1);
        let at = link.here_at;
        self.at(at, Happening::Deed(Deed::ToClient { line, sent }));
    }

    /// A process died: some of its clients are told, others find out.
    pub(super) fn lines_break(&mut self, node: Node) {
        for client in 0..self.people.clients.len() {
            let link = self.people.clients[client].link.as_ref();
            let line = link.filter(|link| link.node == node).map(|link| link.line);
            let told = self.random.chance(700);
            if let Some(line) = line.filter(|_| told) {
                let sent = FromMember {
                    ends: true,
                    ..FromMember::default()
                };
                self.send_to_client(line, sent);
            }
        }
    }

    /// A client lets go of its connection; the member may hear of it much later.
    pub(super) fn hang_up(&mut self, client: usize) {
        let late = if self.random.chance(400) {
            self.random.below(4 * SECOND)
        } else {
            self.random.below(5 * MS)
        };
        let Some(link) = self.people.clients[client].link.take() else {
            return;
        };
        self.people.lines.remove(&link.line);
        let at = self.now.max(link.there_at) + late;
        let deed = Deed::ToMember {
            node: link.node,
            incarnation: link.incarnation,
            line: link.line,
            what: Sent::Leave,
        };
        self.at(at, Happening::Deed(deed));
    }
}
