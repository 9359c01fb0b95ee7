//! A group of replicas in one thread: messages wait in a list, disks are lists of records, time is a number.

#![allow(dead_code, unreachable_pub, missing_docs)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use synod_paxos::*;

/// What a member would find again after a crash.
#[derive(Clone, Default)]
pub struct Disk {
    pub base: Base,
    pub records: Vec<Record>,
    pub amnesia: Option<Bytes>,
}

pub struct Member {
    pub replica: Replica,
    pub disk: Disk,
    /// Handed out and not durable yet.
    pub unsynced: Vec<(u64, Vec<Record>, Vec<Outbound>)>,
    pub applied: Slot,
    pub reads: Vec<ReadDone>,
    pub configuration: Configuration,
}

pub struct Group {
    pub now: Now,
    pub members: BTreeMap<Node, Member>,
    pub down: BTreeMap<Node, Disk>,
    pub wire: Vec<Outbound>,
    /// The witness: what is decided at each slot.
    pub chosen: BTreeMap<Slot, Entry>,
    pub trace: String,
    pub lease: Option<Lease>,
    pub decide_delay: Span,
    pub seed: u64,
}

pub fn context(word: &str) -> Bytes {
    Bytes::from(word.to_owned())
}

pub fn voters(numbers: &[u64]) -> Configuration {
    let member = |n: &u64| {
        (
            Node(*n),
            Member0 {
                role: MemberRole::Voter,
                context: context("disk"),
            },
        )
    };
    Configuration::initial(numbers.iter().map(member).collect())
}

type Member0 = synod_paxos::Member;

impl Group {
    pub fn new(numbers: &[u64], seed: u64, lease: Option<Lease>) -> Self {
        let mut group = Self {
            now: Now(1_000_000_000),
            members: BTreeMap::new(),
            down: BTreeMap::new(),
            wire: Vec::new(),
            chosen: BTreeMap::new(),
            trace: String::new(),
            lease,
            decide_delay: Span(0),
            seed,
        };
        for n in numbers {
            let replica = Replica::bootstrap(group.settings(Node(*n)), voters(numbers), group.now);
            group.insert(Node(*n), replica, Disk::default());
        }
        group
    }

    pub fn settings(&self, node: Node) -> Settings {
        let timing = Timing {
            lease: self.lease,
            decide_delay: self.decide_delay,
            ..Timing::default()
        };
        let bounds = Bounds {
            message_bytes_max: 400,
            ..Bounds::default()
        };
        Settings {
            node,
            seed: self.seed.wrapping_mul(31).wrapping_add(node.0),
            timing,
            bounds,
        }
    }

    pub fn insert(&mut self, node: Node, replica: Replica, disk: Disk) {
        let applied = replica.base().slot;
        let configuration = replica.base().configuration.clone();
        let member = Member {
            replica,
            disk,
            unsynced: Vec::new(),
            applied,
            reads: Vec::new(),
            configuration,
        };
        self.members.insert(node, member);
        self.pump(node);
    }

    pub fn join(&mut self, node: Node) {
        let replica = Replica::join(self.settings(node), self.now);
        self.insert(node, replica, Disk::default());
    }

    /// Takes what is ready: unsynced records wait for [`Group::sync`].
    pub fn pump(&mut self, node: Node) {
        let Some(member) = self.members.get_mut(&node) else {
            return;
        };
        member.replica.invariants();
        while let Some(ready) = member.replica.ready() {
            self.wire.extend(ready.send_now);
            if ready.persist.is_empty() && member.unsynced.is_empty() {
                self.wire.extend(ready.send_after_persist);
            } else {
                member
                    .unsynced
                    .push((ready.number, ready.persist, ready.send_after_persist));
            }
            member.reads.extend(ready.reads);
            for entry in member.replica.entries(member.applied.next(), usize::MAX) {
                if member.applied >= ready.decided {
                    break;
                }
                member.applied = member.applied.next();
                let known = self
                    .chosen
                    .entry(member.applied)
                    .or_insert_with(|| entry.clone());
                assert_eq!(
                    *known, entry,
                    "{node} decides otherwise at {}",
                    member.applied
                );
                if let Payload::Configuration(configuration) = &entry.payload {
                    member.configuration = configuration.clone();
                }
            }
            for needy in ready.needs_snapshot {
                // A snapshot is sent as the base it stands for; here at once and without loss.
                let base = member
                    .replica
                    .base_at(member.applied)
                    .expect("an applied slot");
                let message = Message {
                    from: node,
                    config: ConfigId(u64::MAX),
                    body: Body::Application(encode(&base)),
                };
                self.wire.push(Outbound { to: needy, message });
            }
            for (_, bytes) in ready.application {
                let slot = decode(&bytes);
                let (at, entry) = (slot, self.chosen.get(&slot).cloned());
                let ballot = entry.map(|entry| entry.ballot).unwrap_or_default();
                let configuration = configuration_at(&self.chosen, at);
                if slot > member.applied {
                    let base = Base {
                        slot,
                        ballot,
                        configuration,
                    };
                    member.disk.base = base.clone();
                    member.applied = slot;
                    member.replica.install(self.now, base);
                }
            }
            member.replica.invariants();
        }
    }

    /// Everything handed out at `node` becomes durable.
    pub fn sync(&mut self, node: Node) {
        let Some(member) = self.members.get_mut(&node) else {
            return;
        };
        let Some((number, _, _)) = member.unsynced.last() else {
            return;
        };
        let number = *number;
        for (_, records, messages) in std::mem::take(&mut member.unsynced) {
            member.disk.records.extend(records);
            self.wire.extend(messages);
        }
        if *member.replica.standing() == Standing::Whole {
            member.disk.amnesia = None;
        }
        member.replica.persisted(self.now, number);
        self.pump(node);
    }

    /// Delivers the `index`th waiting message.
    pub fn deliver(&mut self, index: usize) {
        let Outbound { to, message } = self.wire.remove(index);
        if let Body::Application(bytes) = &message.body
            && let Some(sender) = self.members.get_mut(&message.from)
        {
            if self.down.contains_key(&to) {
                sender.replica.snapshot_failed(to);
            } else {
                sender.replica.snapshot_sent(to, decode(bytes));
            }
        }
        if let Some(member) = self.members.get_mut(&to) {
            member.replica.step(self.now, message);
            self.pump(to);
        }
    }

    /// Loses a message; whoever sends snapshots notices.
    pub fn lose(&mut self, index: usize) {
        let Outbound { to, message } = self.wire.remove(index);
        if let Body::Application(_) = &message.body
            && let Some(sender) = self.members.get_mut(&message.from)
        {
            sender.replica.snapshot_failed(to);
        }
    }

    /// Loses what is not durable.
    pub fn crash(&mut self, node: Node) {
        if let Some(member) = self.members.remove(&node) {
            self.down.insert(node, member.disk);
        }
    }

    pub fn restart(&mut self, node: Node) {
        let Some(disk) = self.down.remove(&node) else {
            return;
        };
        let standing = match &disk.amnesia {
            Some(context) => Standing::Amnesiac {
                context: context.clone(),
            },
            None => Standing::Whole,
        };
        let empty = disk.records.is_empty() && disk.base.slot == Slot(0) && disk.amnesia.is_none();
        let settings = self.settings(node);
        let replica = if empty && self.chosen.contains_key(&Slot(1)) {
            let Some(Entry {
                payload: Payload::Configuration(initial),
                ..
            }) = self.chosen.get(&Slot(1))
            else {
                panic!("no bootstrap configuration")
            };
            if initial.is_voter(node) {
                Replica::bootstrap(settings, initial.clone(), self.now)
            } else {
                Replica::join(settings, self.now)
            }
        } else {
            Replica::recover(
                settings,
                disk.base.clone(),
                disk.records.clone(),
                |_| standing,
                self.now,
            )
        };
        self.insert(node, replica, disk);
    }

    /// True if a quorum would remain whatever is under way: no disk may be lost while another loss is being mended.
    pub fn can_lose_a_disk(&self) -> bool {
        let Some(leader) = self.leader() else {
            return false;
        };
        let configuration = self.members[&leader].replica.configuration();
        let end = self.members[&leader].replica.last();
        let settled = |node: &Node| {
            self.members.get(node).is_some_and(|m| {
                let level = m.replica.decided() == end && m.replica.last() == end;
                level && *m.replica.standing() == Standing::Whole
            })
        };
        configuration.members.len() >= 3
            && configuration
                .members
                .keys()
                .all(|node| settled(node) && configuration.is_voter(*node))
    }

    /// Restarts with an emptied disk.
    pub fn restart_wiped(&mut self, node: Node, word: &str) {
        self.crash(node);
        self.down.insert(
            node,
            Disk {
                amnesia: Some(context(word)),
                ..Disk::default()
            },
        );
        self.restart(node);
    }

    pub fn tick(&mut self, ms: u64) {
        self.now = self.now + Span::from_millis(ms);
        let nodes: Vec<Node> = self.members.keys().copied().collect();
        for node in nodes {
            if let Some(member) = self.members.get_mut(&node)
                && member.replica.next_deadline() <= self.now
            {
                member.replica.tick(self.now);
            }
            self.pump(node);
        }
    }

    /// Delivers and syncs everything until nothing moves.
    pub fn settle(&mut self) {
        for _ in 0..10_000 {
            let nodes: Vec<Node> = self.members.keys().copied().collect();
            nodes.iter().for_each(|node| self.sync(*node));
            if self.wire.is_empty() {
                return;
            }
            self.deliver(0);
        }
        panic!("messages without end");
    }

    /// Lets time pass with a perfect network until someone leads everyone.
    pub fn elect(&mut self) -> Node {
        for _ in 0..600 {
            self.tick(10);
            self.settle();
            if let Some(node) = self.leader() {
                return node;
            }
        }
        panic!("no leader after 6 s");
    }

    pub fn leader(&self) -> Option<Node> {
        self.members
            .iter()
            .find(|(_, m)| m.replica.leads_in().is_some())
            .map(|(node, _)| *node)
    }

    pub fn replica(&mut self, node: u64) -> &mut Replica {
        &mut self
            .members
            .get_mut(&Node(node))
            .expect("a running member")
            .replica
    }

    pub fn propose(&mut self, node: Node, word: &str) -> Result<Slot, ProposeError> {
        let now = self.now;
        let member = self.members.get_mut(&node).expect("a running member");
        let result = member.replica.propose(now, Bytes::from(word.to_owned()));
        self.pump(node);
        result
    }

    pub fn note(&mut self, line: &str) {
        let _ = writeln!(self.trace, "{line}");
    }

    /// Delivers everything in order, writing down what is said.
    pub fn settle_aloud(&mut self) {
        for _ in 0..200 {
            let nodes: Vec<Node> = self.members.keys().copied().collect();
            for node in nodes {
                let records: Vec<Record> = self.members[&node]
                    .unsynced
                    .iter()
                    .flat_map(|(_, records, _)| records.clone())
                    .collect();
                for record in records {
                    let line = format!("{node} writes {}", describe_record(&record));
                    self.note(&line);
                }
                self.sync(node);
            }
            let Some(Outbound { to, message }) = self.wire.first() else {
                return;
            };
            let line = format!("{} -> {to}: {}", message.from, describe(&message.body));
            self.note(&line);
            self.deliver(0);
        }
    }
}

fn configuration_at(chosen: &BTreeMap<Slot, Entry>, slot: Slot) -> Configuration {
    let mut latest = Configuration::default();
    for (_, entry) in chosen.range(..=slot) {
        if let Payload::Configuration(configuration) = &entry.payload {
            latest = configuration.clone();
        }
    }
    latest
}

fn encode(base: &Base) -> Bytes {
    Bytes::copy_from_slice(&base.slot.0.to_be_bytes())
}

fn decode(bytes: &Bytes) -> Slot {
    Slot(u64::from_be_bytes(
        bytes[..8].try_into().expect("eight bytes"),
    ))
}

fn words(entries: &[Entry]) -> String {
    let word = |entry: &Entry| match &entry.payload {
        Payload::Noop => "noop".to_owned(),
        Payload::Command(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Payload::Configuration(c) => format!(
            "config {} {:?}",
            c.id.0,
            c.members
                .iter()
                .map(|(n, m)| (n.0, m.role))
                .collect::<Vec<_>>()
        ),
    };
    format!(
        "[{}]",
        entries.iter().map(word).collect::<Vec<_>>().join(", ")
    )
}

fn describe_record(record: &Record) -> String {
    match record {
        Record::Promise { ballot } => format!("promise {ballot}"),
        Record::Sync {
            ballot,
            from,
            entries,
            ..
        } => format!("sync {ballot} from {from} {}", words(entries)),
        Record::Append {
            ballot,
            from,
            entries,
            ..
        } => format!("append {ballot} from {from} {}", words(entries)),
        Record::Learn { from, entries } => format!("learn from {from} {}", words(entries)),
    }
}

pub fn describe(body: &Body) -> String {
    match body {
        Body::Canvass { ballot, .. } => format!("canvass {ballot}"),
        Body::CanvassReply {
            ballot, granted, ..
        } => format!("canvass reply {ballot} {granted}"),
        Body::Prepare {
            ballot,
            accepted,
            last,
            ..
        } => format!("prepare {ballot}, mine {accepted} {last}"),
        Body::Promise {
            ballot,
            accepted,
            last,
            suffix,
            decided,
        } => {
            format!(
                "promise {ballot}, mine {accepted} {last}, decided {decided}, suffix {}",
                words(suffix)
            )
        }
        Body::Reject {
            ballot, promised, ..
        } => format!("reject {ballot}, promised {promised}"),
        Body::Sync {
            ballot,
            from,
            entries,
            decided,
        } => {
            format!(
                "sync {ballot} from {from} {} decide {decided}",
                words(entries)
            )
        }
        Body::Accept {
            ballot,
            from,
            entries,
            decided,
        } => {
            format!(
                "accept {ballot} from {from} {} decide {decided}",
                words(entries)
            )
        }
        Body::Accepted {
            ballot, last, gap, ..
        } => format!("accepted {ballot} through {last} gap {gap}"),
        Body::Learn { from, entries, .. } => format!("learn from {from} {}", words(entries)),
        Body::Fetch { ballot, after } => format!("fetch {ballot} after {after}"),
        Body::Heartbeat {
            ballot,
            round,
            decided,
            ..
        } => format!("heartbeat {ballot} round {round} decide {decided}"),
        Body::HeartbeatAck {
            ballot,
            round,
            last,
            ..
        } => format!("heartbeat ack {ballot} round {round} last {last}"),
        Body::ReadIndex { batch } => format!("read index {batch}"),
        Body::ReadIndexReply { batch, slot } => format!("read index reply {batch} {slot:?}"),
        Body::TakeOver { ballot } => format!("take over {ballot}"),
        Body::Amnesia { decided, .. } => format!("amnesia, decided {decided}"),
        Body::Application(_) => "snapshot".to_owned(),
    }
}
