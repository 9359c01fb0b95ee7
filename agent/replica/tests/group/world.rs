//! A few members, their disks and a network in virtual time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use synod_paxos::{Change, ConfigId, Configuration, Member, MemberRole, Node, Now, Slot, Span};
use synod_replica::{
    Bounds, ChangeRefusal, ClusterUid, Driver, Event, MemberContext, Net, NetEvent, OpenError,
    Output, Refusal, Request, Settings, StartMode,
};

use crate::disk::MemoryDisk;
use crate::ledger::Ledger;

type Frames = Rc<RefCell<VecDeque<(Node, Node, Bytes)>>>;

#[derive(Clone)]
pub struct MemoryNet {
    me: Node,
    frames: Frames,
}

impl Net for MemoryNet {
    fn send(&mut self, to: Node, parts: Vec<Bytes>) {
        let frame = parts.concat().into();
        self.frames.borrow_mut().push_back((self.me, to, frame));
    }

    fn peers(&mut self, _peers: &[(Node, Bytes)]) {}
}

pub type Member1 = Driver<Ledger, MemoryDisk, MemoryNet>;

/// An answer, reduced to what tests compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Applied(Result<usize, Refusal>),
    Read(Result<(), Refusal>),
    Soft(Result<u8, Refusal>),
    Changed(Result<ConfigId, ChangeRefusal>),
    Transferred(Result<(), Refusal>),
    Snapshotted(Result<Slot, Refusal>),
}

pub struct World {
    pub now: Now,
    pub members: BTreeMap<Node, Member1>,
    pub disks: BTreeMap<Node, MemoryDisk>,
    frames: Frames,
    pub answers: BTreeMap<u64, Answer>,
    pub cut: BTreeSet<Node>,
    pub bounds: Bounds,
    pub level_max: BTreeMap<Node, u32>,
    /// Members of other groups than [`CLUSTER`].
    pub clusters: BTreeMap<Node, ClusterUid>,
    tickets: u64,
    seeds: u64,
}

pub const CLUSTER: ClusterUid = ClusterUid([7; 16]);

pub fn initial(voters: u64) -> Configuration {
    let member = |node: u64| {
        let context = MemberContext {
            name: format!("m-{node}"),
            ..MemberContext::default()
        };
        (
            Node(node),
            Member {
                role: MemberRole::Voter,
                context: context.encode(),
            },
        )
    };
    Configuration::initial((1..=voters).map(member).collect())
}

impl World {
    /// Members 1 to `voters`, not started.
    pub fn new() -> Self {
        Self {
            now: Now(1_000_000_000),
            members: BTreeMap::new(),
            disks: BTreeMap::new(),
            frames: Frames::default(),
            answers: BTreeMap::new(),
            cut: BTreeSet::new(),
            bounds: Bounds {
                segment_bytes: 8 << 10,
                snapshot_log_bytes: u64::MAX,
                log_margin_slots: 4,
                snapshot_piece_bytes: 256,
                check_slots: 16,
                ..Bounds::default()
            },
            level_max: BTreeMap::new(),
            clusters: BTreeMap::new(),
            tickets: 0,
            seeds: 0,
        }
    }

    /// A world whose processes draw other numbers than those of an earlier one, whose disks it goes on with.
    pub fn later() -> Self {
        Self {
            seeds: 1_000,
            ..Self::new()
        }
    }

    /// A group of `voters` that has a leader.
    pub fn group(voters: u64) -> Self {
        let mut world = Self::new();
        world.bootstrap(voters);
        world.run(5_000);
        assert!(world.leader().is_some(), "a leader is elected");
        world
    }

    pub fn bootstrap(&mut self, voters: u64) {
        let initial = initial(voters);
        for node in 1..=voters {
            let initial = initial.clone();
            self.start(Node(node), StartMode::Bootstrap { initial })
                .unwrap();
        }
    }

    pub fn settings(&self, node: Node, start: StartMode) -> Settings {
        Settings {
            node,
            cluster: self.clusters.get(&node).copied().unwrap_or(CLUSTER),
            group: 1,
            context: MemberContext {
                name: format!("m-{}", node.0),
                ..MemberContext::default()
            },
            start,
            timing: synod_paxos::Timing::default(),
            core: synod_paxos::Bounds::default(),
            wall_ms: 1_700_000_000_000,
            level_max: self.level_max.get(&node).copied().unwrap_or(1),
            bounds: self.bounds.clone(),
        }
    }

    pub fn open(&mut self, settings: Settings, disk: MemoryDisk) -> Result<Member1, OpenError> {
        self.seeds += 1;
        let net = MemoryNet {
            me: settings.node,
            frames: Rc::clone(&self.frames),
        };
        let seed = self.seeds;
        Driver::open(settings, disk, net, Ledger::default(), self.now, seed)
    }

    pub fn start(&mut self, node: Node, start: StartMode) -> Result<(), OpenError> {
        let disk = self.disks.entry(node).or_default().clone();
        let settings = self.settings(node, start);
        let member = self.open(settings, disk)?;
        self.members.insert(node, member);
        let others: Vec<Node> = self
            .members
            .keys()
            .copied()
            .filter(|n| *n != node)
            .collect();
        for other in others {
            let up = Event::Net(NetEvent::Up(node));
            self.members.get_mut(&other).unwrap().handle(self.now, up);
            let up = Event::Net(NetEvent::Up(other));
            self.members.get_mut(&node).unwrap().handle(self.now, up);
        }
        Ok(())
    }

    /// The process dies; what it wrote stays readable, synced or not.
    pub fn kill(&mut self, node: Node) {
        self.members.remove(&node);
        self.disks[&node].kill();
    }

    /// The process dies with what its disk had not synced.
    pub fn crash(&mut self, node: Node) {
        self.members.remove(&node);
        self.disks[&node].crash();
        for member in self.members.values_mut() {
            member.handle(self.now, Event::Net(NetEvent::Down(node)));
        }
    }

    pub fn leader(&self) -> Option<Node> {
        let mut leaders = self
            .members
            .iter()
            .filter(|(_, member)| member.status().leads);
        leaders.next().map(|(node, _)| *node)
    }

    pub fn request(&mut self, node: Node, request: impl FnOnce(u64) -> Request<Ledger>) -> u64 {
        self.tickets += 1;
        let request = request(self.tickets);
        let member = self.members.get_mut(&node).expect("a running member");
        member.handle(self.now, Event::Request(request));
        self.tickets
    }

    pub fn propose(&mut self, node: Node, command: &str) -> u64 {
        let command = Bytes::copy_from_slice(command.as_bytes());
        self.request(node, |ticket| Request::Propose { ticket, command })
    }

    /// Proposes and waits for the answer.
    pub fn put(&mut self, node: Node, command: &str) -> Answer {
        let ticket = self.propose(node, command);
        self.wait(ticket)
    }

    pub fn change(&mut self, node: Node, change: Change) -> Answer {
        let ticket = self.request(node, |ticket| Request::Change {
            ticket,
            expected: None,
            change,
        });
        self.wait(ticket)
    }

    pub fn snapshot(&mut self, node: Node) -> Answer {
        let ticket = self.request(node, |ticket| Request::Snapshot { ticket });
        self.wait(ticket)
    }

    pub fn wait(&mut self, ticket: u64) -> Answer {
        for _ in 0..20_000 {
            if let Some(answer) = self.answers.get(&ticket) {
                return answer.clone();
            }
            self.run(1);
        }
        panic!("no answer to {ticket}");
    }

    /// Lets `ms` milliseconds pass.
    pub fn run(&mut self, ms: u64) {
        let end = self.now + Span::from_millis(ms);
        loop {
            self.settle();
            let next = self.members.values().map(Driver::next_deadline).min();
            let next = next.unwrap_or(end).max(self.now + Span(1));
            if next > end {
                self.now = end;
                self.flush();
                return;
            }
            self.now = next;
            self.flush();
        }
    }

    fn flush(&mut self) {
        for member in self.members.values_mut() {
            member.flush(self.now);
            member.invariants();
            for output in member.outputs() {
                let (ticket, answer) = match output {
                    Output::Applied { ticket, result, .. } => (ticket, Answer::Applied(result)),
                    Output::ReadReady { ticket, result } => (ticket, Answer::Read(result)),
                    Output::Soft { ticket, result } => (ticket, Answer::Soft(result)),
                    Output::Changed { ticket, result } => (ticket, Answer::Changed(result)),
                    Output::Transferred { ticket, result } => (ticket, Answer::Transferred(result)),
                    Output::Snapshotted { ticket, result } => (ticket, Answer::Snapshotted(result)),
                };
                let before = self.answers.insert(ticket, answer);
                assert_eq!(before, None, "ticket {ticket} is answered twice");
            }
        }
    }

    /// Delivers everything that is under way, without time passing.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            self.flush();
            let mut moved = false;
            for (node, member) in &mut self.members {
                while let Some(completion) = self.disks[node].work() {
                    member.handle(self.now, Event::Disk(completion));
                    moved = true;
                }
            }
            let frames: Vec<_> = self.frames.borrow_mut().drain(..).collect();
            for (from, to, frame) in frames {
                if self.cut.contains(&from) || self.cut.contains(&to) {
                    continue;
                }
                if let Some(member) = self.members.get_mut(&to) {
                    let event = NetEvent::Received { from, frame };
                    member.handle(self.now, Event::Net(event));
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
        panic!("the members do not come to rest");
    }

    pub fn lines(&self, node: Node) -> Vec<String> {
        let lines = &self.members[&node].machine().lines;
        lines
            .iter()
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect()
    }
}
