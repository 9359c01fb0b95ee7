//! The world: machines, links and clients on one line of true time. The next thing that happens is taken from a heap,
//! given to whom it concerns, and what comes of it is put back.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::rc::Rc;

use bytes::Bytes;
use synod_paxos::{ConfigId, Configuration, Node};
use synod_replica::{
    ChangeRefusal, ClusterUid, Completion, DiskError, Event, NetEvent, Output, Refusal, Request,
    StartMode, Ticket,
};

use crate::clock::{Instant, MS, SECOND};
use crate::host::{CLUSTER, Host, initial};
use crate::keys::Keys;
use crate::nemesis::{Counts, Undo};
use crate::net::Links;
use crate::operation::Operation;
use crate::profile::Profile;
use crate::random::Random;
use crate::service::{Ledger as _, Service, Shared};
use crate::trace::{Trace, What};
use crate::votes::Votes;

/// What is to happen.
pub(crate) enum Happening<S: Service = Keys> {
    /// A process wanted to be woken.
    Wake { node: Node, incarnation: u64 },
    /// Disk operations of a process complete.
    Disk { node: Node, incarnation: u64 },
    /// A frame arrives.
    Frame { from: Node, to: Node, frame: Bytes },
    /// A process learns of a connection.
    Link {
        node: Node,
        incarnation: u64,
        peer: Node,
        up: bool,
    },
    /// A process that did not run when it was asked something finds it.
    Request {
        node: Node,
        incarnation: u64,
        request: Request<S::Machine>,
    },
    /// People of the service do something.
    Deed(S::Deed),
    /// The next fault.
    Fault,
    /// A fault that lasts ends.
    Undo(Undo),
    /// A machine starts its process.
    Start { node: Node },
    /// A machine loses power in the middle of its disk's work.
    Doom { node: Node, incarnation: u64 },
}

struct Due<S: Service> {
    at: Instant,
    order: u64,
    happening: Happening<S>,
}

impl<S: Service> PartialEq for Due<S> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl<S: Service> Eq for Due<S> {}
impl<S: Service> PartialOrd for Due<S> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<S: Service> Ord for Due<S> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Who waits for a ticket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker<A> {
    /// Somebody of the service's people.
    Client(A),
    /// A client that has given up; the answer still comes.
    Nobody,
    /// The operator of the world.
    Admin,
    /// The operator that is simulated too, by the number of its question.
    Operator(u64),
}

/// What became of a question of the simulated operator.
pub(crate) enum Told {
    /// A configuration change was decided or refused.
    Changed(Result<ConfigId, ChangeRefusal>),
    /// A transfer was begun or refused.
    Transferred(Result<(), Refusal>),
    /// The process died that was asked.
    Lost,
}

/// Who waits for what, and since when.
type Askers<S> = BTreeMap<(Node, Ticket), (Asker<<S as Service>::Asker>, Instant)>;

/// Everything there is.
pub(crate) struct World<S: Service = Keys> {
    /// True time.
    pub(crate) now: Instant,
    pub(crate) random: Random,
    pub(crate) profile: Profile,
    pub(crate) hosts: BTreeMap<Node, Host<S>>,
    pub(crate) links: Links,
    pub(crate) people: S::People,
    pub(crate) ledger: Shared<S::Ledger>,
    /// Those of groups that lost their quorum for good, as far as anybody knows.
    pub(crate) given_up: Vec<Shared<S::Ledger>>,
    pub(crate) votes: Votes,
    /// What happened.
    pub(crate) trace: Trace,
    /// What was done to the world.
    pub(crate) counts: Counts,
    /// True while faults are made.
    pub(crate) chaos: bool,
    /// True while clients act.
    pub(crate) busy: bool,
    /// The group that clients know. Machines of another one are of before it was recovered.
    pub(crate) cluster: ClusterUid,
    /// The newest configuration seen anywhere.
    pub(crate) newest: Configuration,
    /// The one before it.
    pub(crate) former: Configuration,
    pub(crate) askers: Askers<S>,
    /// Removals that were asked for and that no answer has settled, with when they were asked.
    pub(crate) removals: BTreeMap<Ticket, Instant>,
    /// Until when no other fault is made.
    pub(crate) usurping_until: Instant,
    /// Until when clients hardly think.
    pub(crate) hurry_until: Instant,
    pub(crate) next_number: u64,
    pub(crate) last_ticket: Ticket,
    /// Answers for the simulated operator that it has not taken yet.
    pub(crate) told: Vec<(u64, Told)>,
    queue: BinaryHeap<Reverse<Due<S>>>,
    order: u64,
}

impl<S: Service> World<S> {
    /// The world of a seed, at its beginning.
    #[must_use]
    pub(crate) fn new(seed: u64, profile: Option<Profile>) -> Self {
        let mut random = Random::new(seed);
        let drawn = Profile::draw(&mut random);
        let profile = profile.unwrap_or(drawn);
        let members = profile.members;
        let mut world = Self::empty(random, profile);
        world.populate(members);
        world
    }

    /// A world without machines, in which clients act as soon as there are some.
    pub(crate) fn vacant(seed: u64, profile: Profile) -> Self {
        let mut world = Self::empty(Random::new(seed), profile);
        S::populate(&mut world);
        world.busy = true;
        world
    }

    fn empty(mut random: Random, profile: Profile) -> Self {
        let ledger = Rc::new(RefCell::new(S::Ledger::default()));
        let links = Links::new(random.fork(), profile.net.clone());
        let members = profile.members;
        Self {
            now: 0,
            links,
            people: S::People::default(),
            ledger,
            given_up: Vec::new(),
            votes: Votes::default(),
            trace: Trace::default(),
            counts: Counts::default(),
            chaos: false,
            busy: false,
            cluster: CLUSTER,
            newest: initial(members),
            former: initial(members),
            askers: BTreeMap::new(),
            removals: BTreeMap::new(),
            usurping_until: 0,
            hurry_until: 0,
            next_number: members + 1,
            last_ticket: 0,
            told: Vec::new(),
            queue: BinaryHeap::new(),
            order: 0,
            hosts: BTreeMap::new(),
            profile,
            random,
        }
    }

    fn populate(&mut self, members: u64) {
        for number in 1..=members {
            let start = StartMode::Bootstrap {
                initial: initial(members),
            };
            let mut host = Host::new(Node(number), start, &self.profile, &mut self.random);
            host.old_build = self.profile.mixed_levels && members > 1 && number == 1;
            self.hosts.insert(Node(number), host);
            let at = self.random.below(100 * MS);
            self.at(at, Happening::Start { node: Node(number) });
        }
        S::populate(self);
    }

    pub(crate) fn at(&mut self, at: Instant, happening: Happening<S>) {
        self.order += 1;
        self.queue.push(Reverse(Due {
            at: at.max(self.now),
            order: self.order,
            happening,
        }));
    }

    pub(crate) fn after(&mut self, span: Instant, happening: Happening<S>) {
        self.at(self.now + span, happening);
    }

    pub(crate) fn note(&mut self, node: Node, words: impl FnOnce() -> String) {
        let words = words();
        self.trace.add(self.now, node, What::Note(words), 0);
    }

    /// Lets the next thing happen. Returns false if nothing is to come before `limit`.
    pub(crate) fn step(&mut self, limit: Instant) -> bool {
        if self.queue.peek().is_none_or(|Reverse(due)| due.at > limit) {
            self.now = limit;
            return false;
        }
        let Some(Reverse(due)) = self.queue.pop() else {
            return false;
        };
        self.now = due.at;
        for ledger in self.given_up.iter().chain([&self.ledger]) {
            ledger.borrow_mut().log_mut().now = self.now;
        }
        self.happen(due.happening);
        true
    }

    fn happen(&mut self, happening: Happening<S>) {
        match happening {
            Happening::Wake { node, incarnation } => self.wake(node, incarnation),
            Happening::Disk { node, incarnation } => {
                let now = self.now;
                if !self.is_process(node, incarnation) || self.host(node).disk_at != now {
                    return;
                }
                if self.postponed(node, Happening::Disk { node, incarnation }) {
                    self.host(node).disk_at = self.hosts[&node].paused_until;
                } else {
                    self.complete_disk(node);
                }
            }
            Happening::Frame { from, to, frame } => self.deliver(from, to, frame),
            Happening::Link {
                node,
                incarnation,
                peer,
                up,
            } => {
                if self.is_process(node, incarnation)
                    && !self.postponed(
                        node,
                        Happening::Link {
                            node,
                            incarnation,
                            peer,
                            up,
                        },
                    )
                {
                    self.trace
                        .add(self.now, node, What::Link { peer, up }, u64::from(up));
                    let event = if up {
                        NetEvent::Up(peer)
                    } else {
                        NetEvent::Down(peer)
                    };
                    self.run(node, Some(Event::Net(event)));
                }
            }
            Happening::Request {
                node,
                incarnation,
                request,
            } => {
                if self.is_process(node, incarnation) {
                    let until = self.hosts[&node].paused_until;
                    if until > self.now {
                        self.at(
                            until,
                            Happening::Request {
                                node,
                                incarnation,
                                request,
                            },
                        );
                    } else {
                        self.run(node, Some(Event::Request(request)));
                    }
                }
            }
            Happening::Deed(deed) => S::happen(self, deed),
            Happening::Fault => self.make_fault(),
            Happening::Undo(undo) => self.undo(undo),
            Happening::Start { node } => self.start(node),
            Happening::Doom { node, incarnation } => {
                if self.is_process(node, incarnation) {
                    self.crash(node, true);
                }
            }
        }
    }

    /// The latest arrangement counts; earlier ones for later times are passed over.
    fn wake(&mut self, node: Node, incarnation: u64) {
        let now = self.now;
        if !self.is_process(node, incarnation) || self.host(node).wake_at != now {
            return;
        }
        if self.postponed(node, Happening::Wake { node, incarnation }) {
            self.host(node).wake_at = self.hosts[&node].paused_until;
        } else {
            self.host(node).wake_at = Instant::MAX;
            self.trace.add(now, node, What::Wake, 0);
            self.run(node, None);
        }
    }

    pub(crate) fn host(&mut self, node: Node) -> &mut Host<S> {
        self.hosts.get_mut(&node).expect("hosts stay in the world")
    }

    fn is_process(&self, node: Node, incarnation: u64) -> bool {
        self.hosts
            .get(&node)
            .is_some_and(|host| host.agent.is_some() && host.incarnation == incarnation)
    }

    /// A paused process gets what was for it when it runs again, in order.
    fn postponed(&mut self, node: Node, happening: Happening<S>) -> bool {
        let until = self.hosts[&node].paused_until;
        if until <= self.now {
            return false;
        }
        self.at(until, happening);
        true
    }

    fn complete_disk(&mut self, node: Node) {
        let now = self.now;
        let host = self.host(node);
        host.disk_at = Instant::MAX;
        let done: Vec<Completion> = host.disk.complete(now, 8);
        for completion in done {
            let failed = completion.result.is_err();
            if matches!(&completion.result, Err(DiskError::NotFound)) {
                self.note(node, || {
                    format!("a disk operation found no file: {completion:?}")
                });
            }
            self.trace
                .add(now, node, What::Disk { failed }, completion.ticket.0);
            self.take_in(node, Event::Disk(completion));
        }
        self.run(node, None);
    }

    /// Gives an event to a process without letting it act yet.
    fn take_in(&mut self, node: Node, event: Event<S::Machine>) {
        let now = self.now;
        let host = self.host(node);
        let local = host.clock.now(now);
        host.disk.at(now);
        if let Some(agent) = host.agent.as_mut() {
            agent.handle(local, event);
        }
    }

    /// Gives an event to a process, lets it act, and takes what comes of it into the world.
    pub(crate) fn run(&mut self, node: Node, event: Option<Event<S::Machine>>) {
        let now = self.now;
        let host = self.host(node);
        let local = host.clock.now(now);
        host.disk.at(now);
        let Some(agent) = host.agent.as_mut() else {
            return;
        };
        if let Some(event) = event {
            agent.handle(local, event);
        }
        S::hand_in(self, node);
        let host = self.host(node);
        let Some(agent) = host.agent.as_mut() else {
            return;
        };
        // Clients come and go.
        agent.set_attended(!(now / SECOND + node.0).is_multiple_of(3));
        agent.flush(local);
        agent.invariants();
        let outputs: Vec<Output<S::Machine>> = agent.outputs().collect();
        for output in outputs {
            self.answer(node, output);
        }
        S::turned(self, node);
        self.look_at(node);
        self.arrange(node);
    }

    /// Sends what a process sent, and arranges for its disk and timers.
    fn arrange(&mut self, node: Node) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(&node) else {
            return;
        };
        let Some(agent) = host.agent.as_ref() else {
            return;
        };
        let incarnation = host.incarnation;
        let deadline = host.clock.when(agent.next_deadline()).max(now + 1);
        let wake = (deadline < host.wake_at).then_some(deadline);
        if wake.is_some() {
            host.wake_at = deadline;
        }
        let disk = host
            .disk
            .next_completion()
            .map(|at| at.max(now))
            .filter(|at| *at < host.disk_at);
        if let Some(at) = disk {
            host.disk_at = at;
        }
        let frames = host.net.take();
        let doom = match (host.doomed, host.disk.last_completion()) {
            (true, Some(last)) => {
                host.doomed = false;
                // What was written by now is not interrupted any more; the draw is made all the same.
                let at = self.random.between(now, last.max(now));
                (last >= now).then_some(at)
            }
            _ => None,
        };
        if let Some(at) = wake {
            self.at(at, Happening::Wake { node, incarnation });
        }
        if let Some(at) = disk {
            self.at(at, Happening::Disk { node, incarnation });
        }
        if let Some(at) = doom {
            self.at(at, Happening::Doom { node, incarnation });
        }
        for (to, frame) in frames {
            self.send(node, to, frame);
        }
    }

    /// Whether a machine is of the group that clients know.
    pub(crate) fn is_ours(&self, node: Node) -> bool {
        self.hosts[&node].cluster == self.cluster
    }

    /// Members that run and can be asked.
    pub(crate) fn reachable(&self) -> Vec<Node> {
        self.hosts
            .values()
            .filter(|host| host.agent.is_some() && !host.retired && self.is_ours(host.node))
            .map(|host| host.node)
            .collect()
    }

    /// Who leads, by its own word, in the highest ballot.
    pub(crate) fn leader(&self) -> Option<Node> {
        self.hosts
            .values()
            .filter(|host| host.agent.is_some() && self.is_ours(host.node))
            .filter(|host| host.glance.leader == Some(host.node))
            .max_by_key(|host| host.glance.ballot)
            .map(|host| host.node)
    }

    /// Tells a client's process of the wall clock anew.
    pub(crate) fn set_wall_clock(&mut self, node: Node) {
        let now = self.now;
        let host = self.host(node);
        let (local, wall) = (host.clock.now(now), host.clock.wall_ms(now));
        if let Some(agent) = host.agent.as_mut() {
            agent.set_wall_clock(local, wall);
        }
    }
}

impl World {
    /// The operation of a client.
    pub(crate) fn operation(&self, operation: usize) -> Operation {
        self.ledger.borrow().operations[operation].operation.clone()
    }
}
