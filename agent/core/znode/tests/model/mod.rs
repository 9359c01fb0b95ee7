//! A store, a hub and a naive model of both, driven by the same steps and compared after each.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod naive;
pub(crate) mod steps;
mod tree;

use naive::Naive;
use steps::Step;
use synod_machine::{SnapshotReader as _, Stamp, StateMachine};
use synod_paxos::{Ballot, Slot};
use synod_znode::{
    Asker, Command, ConnectionId, Hub, Id, Notice, Outcome, Response, Settings, Store, Zxid,
};

/// A store beside its model.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) hub: Hub,
    pub(crate) naive: Naive,
    slot: u64,
    pub(crate) time_ms: u64,
}

/// The ids with which each of the three sessions asks.
pub(crate) fn ids(session: usize) -> Vec<Id> {
    let mut ids = vec![Id::new("ip", "10.0.0.1")];
    if session > 0 {
        ids.push(Id::new("digest", format!("user{session}:hash")));
    }
    ids
}

pub(crate) const fn stamp(slot: u64, time_ms: u64) -> Stamp {
    let ballot = Ballot {
        round: 1,
        node: synod_paxos::Node(1),
    };
    Stamp {
        slot: Slot(slot),
        ballot,
        newest: ballot,
        time_ms,
        level: 0,
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let mut store = Store::new(Settings::default());
        Self {
            hub: Hub::new(&mut store),
            store,
            naive: Naive::new(),
            slot: 0,
            time_ms: 1_000,
        }
    }

    pub(crate) fn apply(&mut self, command: &Command) -> Response {
        self.slot += 1;
        let encoded = command.encode();
        assert_eq!(
            Command::decode(&encoded).as_ref(),
            Ok(command),
            "commands survive their encoding"
        );
        let response = self
            .store
            .apply(&stamp(self.slot, self.time_ms), &encoded)
            .expect("a known command");
        self.store.invariants();
        response
    }

    /// What the hub has to tell.
    pub(crate) fn notices(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        let until = self.store.zxid();
        self.hub
            .advance(&mut self.store, until, |notice| told.push(tell(&notice)));
        self.hub.invariants();
        in_order(told)
    }

    pub(crate) fn asker(&self, session: usize) -> Asker {
        let (session_id, attachment) = self.naive.attachment(session);
        Asker {
            session: session_id,
            attachment,
            ids: ids(session),
        }
    }

    pub(crate) fn run(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
        self.check();
        self.survives_a_snapshot();
    }

    fn step(&mut self, step: &Step) {
        self.time_ms += 7;
        match step {
            Step::Write { session, writes } => {
                let by = self.asker(*session);
                let expected = self.naive.write(&by, writes, self.time_ms);
                let command = Command::Write {
                    by,
                    writes: writes.clone(),
                };
                assert_eq!(
                    self.apply(&command),
                    Response::Answers(expected),
                    "{writes:?}"
                );
            }
            Step::Attach { session, anew } => {
                let command = self.naive.attach_command(*session, *anew);
                let expected = self.naive.attach(*session, *anew);
                let response = self.apply(&command);
                assert_eq!(response, expected);
                if let Response::Attached { attachment, .. } = response {
                    let (id, _) = self.naive.attachment(*session);
                    let displaced = self.hub.attach(id, attachment, connection(*session));
                    let over = displaced.map(|connection| format!("{} over", connection.0));
                    let told: Vec<_> = over.into_iter().collect();
                    assert_eq!(
                        told,
                        self.naive.told(),
                        "an attachment ends the one before here"
                    );
                }
            }
            Step::Close { session } => {
                let by = self.asker(*session);
                let zxid = self.naive.close(*session, self.time_ms);
                assert_eq!(
                    self.apply(&Command::CloseSession { by }),
                    Response::Closed { zxid }
                );
            }
            Step::Watch {
                session,
                path,
                mode,
            } => {
                let set = self.hub.watch(connection(*session), path, *mode);
                set.expect("no bounds");
                self.naive.watch(*session, path, *mode);
            }
            Step::Unwatch {
                session,
                path,
                mode,
            } => {
                let removed = self.hub.unwatch(connection(*session), path, &[*mode]);
                assert_eq!(removed, self.naive.unwatch(*session, path, *mode));
            }
        }
        assert_eq!(
            self.notices(),
            in_order(self.naive.told()),
            "after {step:?}"
        );
        assert_eq!(self.store.zxid(), self.naive.zxid(), "after {step:?}");
        self.store.invariants();
    }

    /// Every node reads as the model has it.
    pub(crate) fn check(&self) {
        self.store.invariants_deep();
        assert_eq!(
            self.store.sizes().nodes as usize,
            self.naive.len() + 4,
            "nodes"
        );
        for path in self.naive.paths() {
            let stat = self.store.exists(path).expect("the model has it");
            assert_eq!(stat, self.naive.stat(path), "the stat of {path}");
            for session in 0..3 {
                let read = self.store.data(path, &ids(session));
                assert_eq!(
                    read.map(|(data, _)| data.map(<[u8]>::to_vec)),
                    self.naive.data(path, &ids(session))
                );
                let names = self.store.children(path, &ids(session));
                let names = names.map(|(names, _)| names.into_iter().map(str::to_owned).collect());
                assert_eq!(
                    names,
                    self.naive.children(path, &ids(session)),
                    "the children of {path}"
                );
            }
        }
        for session in 0..3 {
            let (id, _) = self.naive.attachment(session);
            let found: Vec<_> = self.store.ephemerals(id, "/").map(str::to_owned).collect();
            let mut expected = self.naive.ephemerals(session);
            expected.sort_by_key(|path| (path.matches('/').count(), path.clone()));
            assert_eq!(found, expected, "ephemerals of {session}");
        }
    }

    /// A store restored of a snapshot's pieces is the same.
    fn survives_a_snapshot(&mut self) {
        for target in [1, 100, 1 << 20] {
            let mut restored = self.store.empty();
            let mut reader = self.store.snapshot();
            while let Some(piece) = reader.next(target) {
                restored.restore(&piece).expect("a piece of a snapshot");
            }
            restored.restored().expect("a whole snapshot");
            assert_eq!(
                restored.digest(),
                self.store.digest(),
                "the digest after a snapshot"
            );
            assert_eq!(
                restored.sizes(),
                self.store.sizes(),
                "the sizes after a snapshot"
            );
            assert_eq!(
                restored.locks("/", 100),
                self.store.locks("/", 100),
                "the locks after a snapshot"
            );
            restored.invariants_deep();
        }
    }
}

pub(crate) const fn connection(session: usize) -> ConnectionId {
    ConnectionId(session as u64)
}

pub(crate) fn tell(notice: &Notice) -> String {
    match notice {
        Notice::Event { to, kind, path, .. } => format!("{} {kind:?} {path}", to.0),
        Notice::Over { connection } => format!("{} over", connection.0),
    }
}

/// By connection: only what one connection hears has an order.
pub(crate) fn in_order(mut told: Vec<String>) -> Vec<String> {
    told.sort_by_key(|told| told.as_bytes()[0]);
    told
}

/// The outcome of a command of one request.
pub(crate) fn only(response: Response) -> (Zxid, Outcome) {
    match response {
        Response::Answers(mut answers) => {
            let answer = answers.pop().expect("one answer");
            assert!(answers.is_empty(), "more than one answer");
            (answer.zxid, answer.outcome)
        }
        other => panic!("no answer: {other:?}"),
    }
}
