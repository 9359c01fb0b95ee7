//! The world: machines, links and clients on one line of true time. The next thing that happens is taken from a heap,
//! given to whom it concerns, and what comes of it is put back.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::rc::Rc;

use bytes::Bytes;
use synod_paxos::{Ballot, Body, ConfigId, Configuration, MemberRole, Node};
use synod_replica::{
    Completion, DiskError, Event, NetEvent, Output, Phase, Quarantine, Request, StartMode, Ticket,
};

use crate::client::Client;
use crate::clock::{Instant, MS, SECOND};
use crate::demand;
use crate::host::{Agent, Host, initial};
use crate::ledger::Ledger;
use crate::nemesis::{Counts, Undo};
use crate::net::Links;
use crate::operation::Operation;
use crate::profile::Profile;
use crate::random::Random;
use crate::trace::{Trace, What};
use crate::votes::Votes;
use crate::watch::Watchers;
use crate::witness::{SharedLedger, Witness};

/// What is to happen.
pub(crate) enum Happening {
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
        request: Request<Witness>,
    },
    /// A client thinks of something.
    Client { client: usize },
    /// A client waits no longer.
    GiveUp { client: usize, operation: usize },
    /// The next fault.
    Fault,
    /// A fault that lasts ends.
    Undo(Undo),
    /// A machine starts its process.
    Start { node: Node },
    /// A machine loses power in the middle of its disk's work.
    Doom { node: Node, incarnation: u64 },
    /// A watcher whose member died looks for another one.
    Watch { watcher: usize },
}

struct Due {
    at: Instant,
    order: u64,
    happening: Happening,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Due {}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Who waits for a ticket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    /// A client, for an operation.
    Client { client: usize, operation: usize },
    /// A client that has given up; the answer still comes.
    Nobody,
    /// The operator of the world.
    Admin,
}

/// How long after its time-out a request may be answered.
const ANSWER_SLACK: Instant = 2 * SECOND;

/// Everything there is.
pub struct World {
    /// True time.
    pub now: Instant,
    pub(crate) random: Random,
    pub(crate) profile: Profile,
    pub(crate) hosts: BTreeMap<Node, Host>,
    pub(crate) links: Links,
    pub(crate) clients: Vec<Client>,
    pub(crate) watchers: Watchers,
    pub(crate) ledger: SharedLedger,
    pub(crate) votes: Votes,
    /// What happened.
    pub trace: Trace,
    /// What was done to the world.
    pub counts: Counts,
    /// True while faults are made.
    pub(crate) chaos: bool,
    /// True while clients act.
    pub(crate) busy: bool,
    /// The newest configuration seen anywhere.
    pub(crate) newest: Configuration,
    pub(crate) askers: BTreeMap<(Node, Ticket), (Asker, Instant)>,
    /// Until when no disk is damaged, since a voter may be leaving.
    pub(crate) shrinking_until: Instant,
    /// Until when no other fault is made.
    pub(crate) usurping_until: Instant,
    /// Until when clients hardly think.
    pub(crate) hurry_until: Instant,
    /// Revisions that were given to compactions and leases that were revoked, each once in a run.
    pub(crate) compactions: BTreeSet<u64>,
    pub(crate) revocations: BTreeSet<i64>,
    pub(crate) next_number: u64,
    pub(crate) last_ticket: Ticket,
    queue: BinaryHeap<Reverse<Due>>,
    order: u64,
}

impl World {
    /// The world of a seed, at its beginning.
    #[must_use]
    pub fn new(seed: u64, profile: Option<Profile>) -> Self {
        let mut random = Random::new(seed);
        let drawn = Profile::draw(&mut random);
        let profile = profile.unwrap_or(drawn);
        let ledger: SharedLedger = Rc::new(RefCell::new(Ledger::default()));
        ledger.borrow_mut().leases.drift_ppm = profile.drift_ppm;
        let links = Links::new(random.fork(), profile.net.clone());
        let members = profile.members;
        let mut world = Self {
            now: 0,
            links,
            clients: Vec::new(),
            watchers: Watchers::default(),
            ledger,
            votes: Votes::default(),
            trace: Trace::default(),
            counts: Counts::default(),
            chaos: false,
            busy: false,
            newest: initial(members),
            askers: BTreeMap::new(),
            shrinking_until: 0,
            usurping_until: 0,
            hurry_until: 0,
            compactions: BTreeSet::new(),
            revocations: BTreeSet::new(),
            next_number: members + 1,
            last_ticket: 0,
            queue: BinaryHeap::new(),
            order: 0,
            hosts: BTreeMap::new(),
            profile,
            random,
        };
        world.populate(members);
        world
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
        for index in 0..self.profile.clients {
            let random = self.random.fork();
            self.clients.push(Client::new(index, random));
            self.at(500 * MS, Happening::Client { client: index });
        }
        let watchers = self.random.between(2, 4);
        for _ in 0..watchers {
            let watcher = self.watchers.add(&mut self.random, self.profile.keys);
            self.at(500 * MS, Happening::Watch { watcher });
        }
    }

    pub(crate) fn at(&mut self, at: Instant, happening: Happening) {
        self.order += 1;
        self.queue.push(Reverse(Due {
            at: at.max(self.now),
            order: self.order,
            happening,
        }));
    }

    pub(crate) fn after(&mut self, span: Instant, happening: Happening) {
        self.at(self.now + span, happening);
    }

    pub(crate) fn note(&mut self, node: Node, words: impl FnOnce() -> String) {
        let words = words();
        self.trace.add(self.now, node, What::Note(words), 0);
    }

    /// Lets the next thing happen. Returns false if nothing is to come before `limit`.
    pub fn step(&mut self, limit: Instant) -> bool {
        if self.queue.peek().is_none_or(|Reverse(due)| due.at > limit) {
            self.now = limit;
            return false;
        }
        let Some(Reverse(due)) = self.queue.pop() else {
            return false;
        };
        self.now = due.at;
        self.ledger.borrow_mut().now = self.now;
        self.happen(due.happening);
        true
    }

    fn happen(&mut self, happening: Happening) {
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
            Happening::Client { client } => self.client_acts(client),
            Happening::GiveUp { client, operation } => self.client_gives_up(client, operation),
            Happening::Fault => self.make_fault(),
            Happening::Undo(undo) => self.undo(undo),
            Happening::Start { node } => self.start(node),
            Happening::Doom { node, incarnation } => {
                if self.is_process(node, incarnation) {
                    self.crash(node, true);
                }
            }
            Happening::Watch { watcher } => self.watch_somewhere(watcher),
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

    pub(crate) fn host(&mut self, node: Node) -> &mut Host {
        self.hosts.get_mut(&node).expect("hosts stay in the world")
    }

    fn is_process(&self, node: Node, incarnation: u64) -> bool {
        self.hosts
            .get(&node)
            .is_some_and(|host| host.agent.is_some() && host.incarnation == incarnation)
    }

    /// A paused process gets what was for it when it runs again, in order.
    fn postponed(&mut self, node: Node, happening: Happening) -> bool {
        let until = self.hosts[&node].paused_until;
        if until <= self.now {
            return false;
        }
        self.at(until, happening);
        true
    }

    fn deliver(&mut self, from: Node, to: Node, frame: Bytes) {
        if self.hosts.get(&to).is_none_or(|host| host.agent.is_none()) {
            return;
        }
        if self.hosts[&to].paused_until > self.now {
            let until = self.hosts[&to].paused_until;
            self.at(until, Happening::Frame { from, to, frame });
            return;
        }
        self.trace.add(
            self.now,
            to,
            What::Frame {
                from,
                frame: frame.clone(),
            },
            frame.len() as u64,
        );
        let stale = self.stale_ballot(to, &frame);
        self.run(to, Some(Event::Net(NetEvent::Received { from, frame })));
        if let Some(ballot) = stale {
            let promised = self.hosts[&to].glance.ballot;
            demand!(
                "membership",
                promised != ballot,
                "{to} promised {ballot} to {from}, who acts under an older configuration than {to} knows to be decided"
            );
        }
    }

    /// The ballot of a frame that asks for votes under a configuration older than the receiver knows to be decided, unless
    /// it was promised before.
    fn stale_ballot(&self, to: Node, frame: &Bytes) -> Option<Ballot> {
        let host = &self.hosts[&to];
        let message =
            synod_replica::overhear(frame).filter(|message| message.config < host.configuration)?;
        let (Body::Prepare { ballot, .. }
        | Body::Sync { ballot, .. }
        | Body::Accept { ballot, .. }) = message.body
        else {
            return None;
        };
        (ballot > host.glance.ballot).then_some(ballot)
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
    fn take_in(&mut self, node: Node, event: Event<Witness>) {
        let now = self.now;
        let host = self.host(node);
        let local = host.clock.now(now);
        host.disk.at(now);
        if let Some(agent) = host.agent.as_mut() {
            agent.handle(local, event);
        }
    }

    /// Gives an event to a process, lets it act, and takes what comes of it into the world.
    pub(crate) fn run(&mut self, node: Node, event: Option<Event<Witness>>) {
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
        agent.flush(local);
        agent.invariants();
        let outputs: Vec<Output<Witness>> = agent.outputs().collect();
        for output in outputs {
            self.answer(node, output);
        }
        self.poll_watches(node);
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
                Some(self.random.between(now, last))
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

    fn send(&mut self, from: Node, to: Node, frame: Bytes) {
        demand!("frames", to != from, "{from} sends to itself");
        self.overhear(from, &frame);
        // A connection is made by whoever knows the other's address.
        let Some(receiver) = self.hosts.get(&to) else {
            return;
        };
        if receiver.agent.is_none()
            || !(self.hosts[&from].net.knows(to) || receiver.net.knows(from))
        {
            return;
        }
        let [first, again] = self.links.fate(self.now, from, to);
        if let Some(at) = again {
            self.at(
                at,
                Happening::Frame {
                    from,
                    to,
                    frame: frame.clone(),
                },
            );
        }
        if let Some(at) = first {
            self.at(at, Happening::Frame { from, to, frame });
        }
    }

    fn overhear(&mut self, from: Node, frame: &Bytes) {
        if let Some(message) = synod_replica::overhear(frame) {
            let host = &self.hosts[&from];
            self.votes
                .overhear(from, host.incarnation, !host.wiped, &message);
        }
    }

    /// Starts a machine's process, if it has none.
    pub(crate) fn start(&mut self, node: Node) {
        let now = self.now;
        let host = self.hosts.get_mut(&node).expect("hosts stay in the world");
        if host.agent.is_some() || host.retired {
            return;
        }
        let booted = host.boot(now, &self.profile, &self.ledger, &mut self.random);
        let incarnation = host.incarnation;
        if let Err(why) = booted {
            crate::Violation::raise(
                "recovery",
                format!("{node} does not open its own disk: {why}"),
            );
        }
        self.trace
            .add(now, node, What::Start { incarnation }, incarnation);
        self.run(node, None);
        let peers: Vec<Node> = self
            .hosts
            .keys()
            .copied()
            .filter(|peer| *peer != node)
            .collect();
        for peer in peers {
            self.connect(node, peer);
        }
    }

    /// Both ends learn that a connection stands, if one can.
    pub(crate) fn connect(&mut self, a: Node, b: Node) {
        if !self.links.open(a, b) || !self.links.open(b, a) {
            return;
        }
        for (node, peer) in [(a, b), (b, a)] {
            let both = self.hosts[&node].agent.is_some() && self.hosts[&peer].agent.is_some();
            if both {
                let incarnation = self.hosts[&node].incarnation;
                let span = MS + self.random.around(3 * self.profile.net.delay_mean);
                self.after(
                    span,
                    Happening::Link {
                        node,
                        incarnation,
                        peer,
                        up: true,
                    },
                );
            }
        }
    }

    /// `node` learns that its connection to `peer` is gone.
    pub(crate) fn disconnect(&mut self, node: Node, peer: Node) {
        if self.hosts[&node].agent.is_some() {
            let incarnation = self.hosts[&node].incarnation;
            let span = self.random.around(2 * self.profile.net.delay_mean);
            self.after(
                span,
                Happening::Link {
                    node,
                    incarnation,
                    peer,
                    up: false,
                },
            );
        }
    }

    /// A process ends; with `power` its machine does.
    pub(crate) fn die(&mut self, node: Node, power: bool) {
        let now = self.now;
        let host = self.host(node);
        if host.agent.is_none() {
            return;
        }
        let lost = host.die(now, power);
        self.counts.died(power, lost);
        self.trace.add(now, node, What::Die { power, lost }, lost);
        self.forget_asked(node);
        self.drop_watches(node);
        let peers: Vec<Node> = self
            .hosts
            .keys()
            .copied()
            .filter(|peer| *peer != node)
            .collect();
        for peer in peers {
            // A killed process's connections are reset; a machine that lost power says nothing.
            if self.links.open(node, peer) && (!power || self.random.chance(200)) {
                self.disconnect(peer, node);
            }
        }
    }

    /// Those who asked a process that died do not know what became of it.
    fn forget_asked(&mut self, node: Node) {
        let tickets: Vec<(Node, Ticket)> = self
            .askers
            .range((node, 0)..=(node, Ticket::MAX))
            .map(|(key, _)| *key)
            .collect();
        for key in tickets {
            if let Some((Asker::Client { client, operation }, _)) = self.askers.remove(&key) {
                self.client_lost(client, operation);
            }
        }
    }

    /// Asks a process something.
    pub(crate) fn ask(
        &mut self,
        node: Node,
        asker: Asker,
        request: impl FnOnce(Ticket) -> Request<Witness>,
    ) {
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.askers.insert((node, ticket), (asker, self.now));
        let request = request(ticket);
        let host = &self.hosts[&node];
        if host.running(self.now) {
            self.run(node, Some(Event::Request(request)));
        } else {
            let (until, incarnation) = (host.paused_until, host.incarnation);
            self.at(
                until,
                Happening::Request {
                    node,
                    incarnation,
                    request,
                },
            );
        }
    }

    fn answer(&mut self, node: Node, output: Output<Witness>) {
        let ticket = match &output {
            Output::Applied { ticket, .. }
            | Output::ReadReady { ticket, .. }
            | Output::Soft { ticket, .. }
            | Output::Changed { ticket, .. }
            | Output::Transferred { ticket, .. }
            | Output::Snapshotted { ticket, .. } => *ticket,
        };
        let Some((asker, _)) = self.askers.remove(&(node, ticket)) else {
            crate::Violation::raise(
                "answers",
                format!("{node} answers ticket {ticket}, which nobody waits for"),
            );
        };
        match asker {
            Asker::Client { client, operation } => {
                self.client_answered(node, client, operation, output)
            }
            Asker::Nobody => {}
            Asker::Admin => self.admin_answered(node, &output),
        }
    }

    /// Every request of a client is answered in time by a process that runs.
    pub(crate) fn check_answers(&self, time_out: Instant) {
        for ((node, ticket), (asker, asked)) in &self.askers {
            let host = &self.hosts[node];
            let since = (*asked).max(host.paused_until);
            demand!(
                "answers",
                matches!(asker, Asker::Admin) || self.now < since + 2 * time_out + ANSWER_SLACK,
                "{node} has not answered ticket {ticket} of {asker:?}, asked at {asked}"
            );
        }
    }

    /// Looks at what a process shows of itself after a step.
    fn look_at(&mut self, node: Node) {
        let host = self.hosts.get_mut(&node).expect("hosts stay in the world");
        let Some(agent) = host.agent.as_ref() else {
            return;
        };
        let glance = agent.glance();
        let before = std::mem::replace(&mut host.glance, glance);
        let backwards = glance.decided < before.decided
            || glance.ballot < before.ballot
            || glance.applied < before.applied;
        let halted = backwards && agent.status().core.is_none();
        demand!(
            "monotone",
            halted || !backwards,
            "{node} goes back from {before:?} to {glance:?}"
        );
        demand!(
            "monotone",
            glance.decided.0 == 0 || glance.applied <= glance.decided,
            "{node} applied what is not decided: {glance:?}"
        );
        if glance.generation != before.generation {
            self.look_closer(node);
        }
    }

    fn look_closer(&mut self, node: Node) {
        let status = self.hosts[&node].agent.as_ref().map(Agent::status);
        let Some(status) = status else { return };
        match &status.phase {
            Phase::Opening => {}
            Phase::Running => {
                self.runs(node);
                self.see_disk(node, status.disk_id);
            }
            Phase::Quarantined(why) => self.quarantined(node, why.clone()),
        }
        if let Some(configuration) = crate::dialect::configuration(&status) {
            self.host(node).configuration = configuration.id;
            self.see_configuration(node, configuration);
        }
        self.check_votes(node, &status);
    }

    /// A disk of a new identity is one whose promises were given up.
    fn see_disk(&mut self, node: Node, disk_id: u128) {
        let host = self.host(node);
        if disk_id == 0 || host.disk_id == disk_id {
            return;
        }
        let anew = host.disk_id != 0;
        demand!(
            "recovery",
            !anew || host.damaged || host.rotten.is_some(),
            "{node} gave up its disk, which was whole"
        );
        let host = self.host(node);
        host.disk_id = disk_id;
        if anew {
            host.wiped = true;
            host.damaged = true;
            self.votes.forget(node);
            self.note(node, || "has a new disk".into());
        }
    }

    /// A process that took part once has a formatted disk: from now on an empty one is a loss.
    fn runs(&mut self, node: Node) {
        self.host(node).formatted = true;
    }

    fn quarantined(&mut self, node: Node, why: Quarantine) {
        self.note(node, || format!("is quarantined: {why}"));
        self.counts.quarantines += 1;
        match why {
            Quarantine::DiskFailed(_) => {
                // Somebody looks at the machine and starts it anew, its page cache gone.
                self.die(node, true);
            }
            Quarantine::UnknownCommand(_) => {
                demand!(
                    "unknown commands",
                    self.hosts[&node].old_build,
                    "{node} does not know a command of its own build"
                );
                self.host(node).old_build = false;
                self.die(node, false);
            }
            Quarantine::Damaged(what) => crate::Violation::raise(
                "recovery",
                format!("{node} found its only copy damaged: {what}"),
            ),
            Quarantine::Deviates { slot } => {
                crate::Violation::raise("equal state", format!("{node} deviates at {slot}"))
            }
        }
        let span = self.random.between(100, 1_500) * MS;
        self.after(span, Happening::Start { node });
    }

    /// Whether every voter that runs knows the newest configuration to be decided. Only then is a member that was
    /// removed of no more use: the others may need it to learn that.
    fn removal_is_known(&self) -> bool {
        voters(&self.newest).iter().all(|voter| {
            let agent = self.hosts[voter].agent.as_ref();
            let known = agent.and_then(|agent| crate::dialect::configuration(&agent.status()));
            known.is_some_and(|known| known.id >= self.newest.id)
        })
    }

    /// Machines whose members were removed are switched off, once that is safe.
    pub(crate) fn retire_removed(&mut self) {
        if !self.removal_is_known() {
            return;
        }
        let gone: Vec<Node> = self
            .hosts
            .keys()
            .copied()
            .filter(|node| !self.newest.members.contains_key(node))
            .collect();
        for node in gone {
            self.die(node, false);
            self.host(node).retired = true;
        }
    }

    fn see_configuration(&mut self, node: Node, configuration: Configuration) {
        if configuration.id <= self.newest.id || configuration.id == ConfigId(0) {
            return;
        }
        self.note(node, || {
            format!(
                "configuration {}: {:?}",
                configuration.id.0,
                roles(&configuration)
            )
        });
        self.check_step(&configuration);
        // A change that was on its way when its machine was switched off.
        for member in configuration.members.keys() {
            if self.hosts.get(member).is_some_and(|host| host.retired) {
                self.host(*member).retired = false;
                self.after(MS, Happening::Start { node: *member });
            }
        }
        self.newest = configuration;
        self.counts.configurations += 1;
    }

    /// No step may leave fewer live voters than a quorum, nor lose the meeting of quorums.
    fn check_step(&self, next: &Configuration) {
        let old = voters(&self.newest);
        let new = voters(next);
        let joined = new.iter().filter(|node| !old.contains(node)).count();
        let left = old.iter().filter(|node| !new.contains(node)).count();
        // Not every configuration is seen here: one that was never decided may be skipped.
        if next.id.0 == self.newest.id.0 + 1 {
            demand!(
                "membership",
                joined <= 1 && left <= 1,
                "configuration {} changes more than one voter: {old:?} to {new:?}",
                next.id.0
            );
        }
        demand!(
            "membership",
            !new.is_empty(),
            "configuration {} has no voter",
            next.id.0
        );
        if left == 1 && joined == 0 && new.len() > 1 {
            let long = 2 * self.profile.election.0 + 500 * MS;
            let dead = new.iter().filter(|node| {
                self.hosts[*node]
                    .down_since
                    .is_some_and(|since| since + long < self.now)
            });
            let alive = new.len() - dead.count();
            demand!(
                "membership",
                2 * alive > new.len(),
                "configuration {} removes a voter although only {alive} of the remaining {new:?} are alive",
                next.id.0
            );
        }
    }

    /// A member that lost its promises takes no part in votes until the group knows of its new disk.
    fn check_votes(&mut self, node: Node, status: &synod_replica::DriverStatus) {
        let known = self.newest.members.get(&node).is_some_and(|member| {
            let disk = synod_replica::MemberContext::decode(&member.context)
                .map_or(0, |context| context.disk_id);
            disk == status.disk_id && status.disk_id != 0
        });
        let votes = crate::dialect::votes(status);
        let host = self.host(node);
        if host.wiped && known {
            host.wiped = false;
        }
        demand!(
            "amnesia",
            !(host.wiped && votes),
            "{node} lost its disk and takes part in votes: {status:?}"
        );
        if host
            .rotten
            .is_some_and(|process| process < host.incarnation)
            && votes
        {
            host.rotten = None;
        }
        if votes && host.rotten.is_none() {
            host.damaged = false;
        }
        let (promised, wiped) = (status.core.as_ref().map(|core| core.promised), host.wiped);
        if let Some(promised) = promised.filter(|_| !wiped) {
            self.votes.check_recovered(node, promised);
        }
    }

    /// Members that run and can be asked.
    pub(crate) fn reachable(&self) -> Vec<Node> {
        self.hosts
            .values()
            .filter(|host| host.agent.is_some() && !host.retired)
            .map(|host| host.node)
            .collect()
    }

    /// Who leads, by its own word, in the highest ballot.
    pub(crate) fn leader(&self) -> Option<Node> {
        self.hosts
            .values()
            .filter(|host| host.agent.is_some() && host.glance.leader == Some(host.node))
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

    /// The operation of a client.
    pub(crate) fn operation(&self, operation: usize) -> Operation {
        self.ledger.borrow().operations[operation].operation.clone()
    }
}

/// Voters of a configuration.
pub(crate) fn voters(configuration: &Configuration) -> Vec<Node> {
    configuration
        .members
        .iter()
        .filter(|(_, member)| member.role == MemberRole::Voter)
        .map(|(node, _)| *node)
        .collect()
}

fn roles(configuration: &Configuration) -> Vec<(u64, MemberRole)> {
    configuration
        .members
        .iter()
        .map(|(node, member)| (node.0, member.role))
        .collect()
}
