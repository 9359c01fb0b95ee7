//! What clients are told, held against the model: replies in order, each the truth of its zxid; events in order, before the reply
//! that shows their cause.

use bytes::Bytes;
use synod_agent::zookeeper::simulated::{Line, Sent};
use synod_jute::records::{ConnectResponse, OpResult, ReadRequest};
use synod_jute::wire::Wire as _;
use synod_jute::{ErrorCode, EventType, Frames, Reply, Request, Response, WatcherEvent, Xid};
use synod_znode::{
    Done, Error, EventKind, MultiFailure, Outcome, SessionId, Stat, WatchMode, Zxid,
};

use super::client::{Asked, Held};
use super::{Deed, World};
use crate::clock::MS;
use crate::demand;
use crate::trace::What;
use crate::world::Happening;

impl World {
    pub(super) fn reach_client(&mut self, line: Line, sent: &Sent) {
        let Some(client) = self.people.lines.get(&line).copied() else {
            return;
        };
        let now = self.now;
        let current = &mut self.people.clients[client];
        let Some(link) = current.link.as_mut().filter(|link| link.line == line) else {
            return;
        };
        link.input.extend_from_slice(&sent.bytes);
        link.heard = now;
        let node = link.node;
        self.trace.add(
            now,
            node,
            What::Note(format!("{} B to client {client}", sent.bytes.len())),
            sent.bytes.len() as u64,
        );
        while let Some(frame) = self.next_frame(client, line) {
            self.take_frame(client, &frame);
        }
        let link = self.people.clients[client].link.as_ref();
        if sent.ends && link.is_some_and(|link| link.line == line) {
            self.hang_up(client);
        }
    }

    fn next_frame(&mut self, client: usize, line: Line) -> Option<Bytes> {
        let link = self.people.clients[client].link.as_mut()?;
        if link.line != line {
            return None;
        }
        Frames::default().split(&mut link.input).ok().flatten()
    }

    fn take_frame(&mut self, client: usize, frame: &Bytes) {
        let Some(link) = self.people.clients[client].link.as_mut() else {
            return;
        };
        if !link.open {
            return self.take_session(client, frame);
        }
        let first = link.asked.front().cloned();
        let opcode = |xid: Xid| {
            let asked = first.as_ref().filter(|asked| asked.xid == xid)?;
            Some(asked.request.opcode())
        };
        let Ok(reply) = Reply::decode(frame, opcode) else {
            crate::Violation::raise("sequence", format!("client {client} cannot read a reply"));
        };
        if let Response::Event(event) = &reply.response {
            return self.take_event(client, event);
        }
        demand!(
            "sequence",
            first
                .as_ref()
                .is_some_and(|asked| asked.xid == reply.header.xid),
            "client {client} is answered {:?}, and waits for {first:?}",
            reply.header
        );
        if let (Some(asked), Some(link)) = (first, self.people.clients[client].link.as_mut()) {
            link.asked.pop_front();
            self.take_reply(client, &asked, &reply);
        }
    }

    fn take_session(&mut self, client: usize, frame: &Bytes) {
        let response = ConnectResponse::read(&mut synod_jute::wire::Reader::new(frame.clone()), "");
        let Ok(response) = response else {
            crate::Violation::raise(
                "sequence",
                format!("client {client} cannot read its session"),
            );
        };
        let current = &mut self.people.clients[client];
        let Some(link) = current.link.as_mut() else {
            return;
        };
        let (begun, line) = (link.begun, link.line);
        if response.session_id.0 == 0 {
            current.forget_session();
            return self.hang_up(client);
        }
        link.open = true;
        let timeout_ms = response.timeout_ms as u32;
        self.people.reattached += u64::from(current.session.is_some());
        current.session = Some(Held {
            id: response.session_id,
            password: response.password.unwrap_or_default(),
            timeout_ms,
        });
        let seen = current.seen;
        {
            let mut ledger = self.ledger.borrow_mut();
            ledger.attached(SessionId(response.session_id.0), begun, timeout_ms);
            current.watches.cursor = ledger.history.after(seen);
        }
        if !current.watches.is_empty() {
            let request = current.watches.request(seen);
            if let Some(link) = current.link.as_mut() {
                link.setting = Some((seen, Vec::new()));
            }
            self.ask_member(client, Request::SetWatches2(request), false);
        }
        self.lock_looks_again(client);
        let beat = Deed::Beat { client, line };
        self.after(u64::from(timeout_ms) * MS / 3, Happening::Deed(beat));
    }

    fn take_event(&mut self, client: usize, event: &WatcherEvent) {
        self.people.events += 1;
        let kind = match event.kind {
            EventType::NodeCreated => EventKind::Created,
            EventType::NodeDeleted => EventKind::Deleted,
            EventType::NodeDataChanged => EventKind::DataChanged,
            _ => EventKind::ChildrenChanged,
        };
        let event = (kind, event.path.as_str().to_owned());
        let node = self.people.clients[client].link.as_ref();
        let node = node.map_or(synod_paxos::Node(0), |link| link.node);
        self.note(node, || format!("client {client} is told {event:?}"));
        let current = &mut self.people.clients[client];
        if let Some((_, early)) = current.link.as_mut().and_then(|link| link.setting.as_mut()) {
            early.push(event);
            return;
        }
        let ledger = self.ledger.borrow();
        let due = current.watches.next(&ledger.history, Zxid(i64::MAX));
        demand!(
            "watches",
            due.as_ref().is_some_and(|(_, due)| *due == event),
            "client {client} is told {event:?}, but due is {due:?}"
        );
        let zxid = due.map_or(Zxid(0), |(zxid, _)| zxid);
        // What it is told of it may rely on: it sees no state of before any more.
        current.seen = current.seen.max(zxid);
        drop(ledger);
        self.lock_hears(client);
    }

    fn take_reply(&mut self, client: usize, asked: &Asked, reply: &Reply) {
        let zxid = Zxid(reply.header.zxid.0);
        let seen = self.people.clients[client].seen;
        demand!(
            "sequence",
            zxid >= seen,
            "client {client} has seen {seen:?} and is answered of {zxid:?}: {asked:?}"
        );
        self.people.clients[client].seen = zxid;
        self.ledger.borrow_mut().log.answered += 1;
        self.people.clients[client].answered += 1;
        if let Request::SetWatches2(_) = asked.request {
            return self.watches_are_set(client, zxid);
        }
        let node = self.people.clients[client].link.as_ref();
        let node = node.map_or(synod_paxos::Node(0), |link| link.node);
        self.note(node, || {
            format!(
                "client {client} is answered {reply:?} to {:?}",
                asked.request
            )
        });
        let current = &mut self.people.clients[client];
        let missing = current.watches.next(&self.ledger.borrow().history, zxid);
        demand!(
            "watches",
            missing.is_none() || asked.request == Request::CloseSession,
            "client {client} is answered of {zxid:?}, and was not told {missing:?}"
        );
        self.check_reply(client, asked, reply, zxid);
        if asked.of_lock {
            self.lock_is_answered(client, asked, reply.header.error, &reply.response);
        }
    }

    fn watches_are_set(&mut self, client: usize, zxid: Zxid) {
        let current = &mut self.people.clients[client];
        let setting = current.link.as_mut().and_then(|link| link.setting.take());
        let Some((seen, early)) = setting else { return };
        let ledger = self.ledger.borrow();
        let missed = current.watches.set_again(&ledger.history, seen, zxid);
        demand!(
            "watches",
            missed == early,
            "client {client}, which has seen {seen:?}, sets its watches again at {zxid:?}, is told {early:?} and missed {missed:?}"
        );
    }

    fn check_reply(&mut self, client: usize, asked: &Asked, reply: &Reply, zxid: Zxid) {
        let error = reply.header.error;
        match &asked.request {
            Request::Ping => self.pong(client, asked),
            Request::CloseSession => {
                self.people.clients[client].forget_session();
                self.hang_up(client);
            }
            Request::Sync(_) => demand!(
                "linearizability",
                zxid >= asked.floor,
                "client {client} syncs to {zxid:?}, but {:?} was answered before it asked",
                asked.floor
            ),
            Request::GetData(read) | Request::Exists(read) | Request::GetChildren2(read) => {
                self.check_read(client, (asked, read), (error, &reply.response), zxid);
            }
            Request::GetAllChildrenNumber(of) => {
                let (path, watch) = (of.path.clone(), false);
                let read = ReadRequest { path, watch };
                self.check_read(client, (asked, &read), (error, &reply.response), zxid);
            }
            Request::AddWatch(add) => {
                let mode = match add.mode {
                    synod_jute::AddWatchMode::Persistent => WatchMode::Persistent,
                    synod_jute::AddWatchMode::PersistentRecursive => WatchMode::PersistentRecursive,
                };
                let watches = &mut self.people.clients[client].watches;
                watches.add(&add.path, mode, false);
            }
            Request::RemoveWatches(which) => {
                let there = self.people.clients[client].watches.remove(&which.path);
                demand!(
                    "watches",
                    there == (error == ErrorCode::Ok),
                    "client {client} removes its watches of {:?}: {error:?}, but {there}",
                    which.path
                );
            }
            _ => self.check_write(client, asked, reply, zxid),
        }
    }

    fn pong(&mut self, client: usize, asked: &Asked) {
        if let Some(held) = &self.people.clients[client].session {
            let mut ledger = self.ledger.borrow_mut();
            ledger.promised(SessionId(held.id.0), asked.invoked, held.timeout_ms);
        }
    }

    fn check_write(&mut self, client: usize, asked: &Asked, reply: &Reply, zxid: Zxid) {
        let mut ledger = self.ledger.borrow_mut();
        ledger.answered(zxid, asked.floor);
        let outcome = ledger.outcomes.get(&zxid);
        let told = outcome.is_some_and(|outcome| says(outcome, reply));
        demand!(
            "linearizability",
            told,
            "client {client} is answered {reply:?} to {:?}, the model says {outcome:?}",
            asked.request
        );
    }

    fn check_read(
        &mut self,
        client: usize,
        (asked, read): (&Asked, &ReadRequest),
        (error, response): (ErrorCode, &Response),
        zxid: Zxid,
    ) {
        let ledger = self.ledger.borrow();
        demand!(
            "linearizability",
            !ledger.linearizable || zxid >= asked.floor,
            "client {client} reads the state of {zxid:?}, but {:?} was answered before it asked",
            asked.floor
        );
        let path = read.path.as_str();
        let node = ledger.history.at(path, zxid);
        let right = match (node, response) {
            (None, _) => error == ErrorCode::NoNode,
            (Some((data, shown)), Response::Data(got)) => {
                data.as_deref() == got.data.as_deref() && is(shown, &got.stat)
            }
            (Some((_, shown)), Response::Stat(stat)) => is(shown, stat),
            (Some((_, shown)), Response::Children2(got)) => {
                let mut names: Vec<&str> = got.children.iter().map(|it| it.as_str()).collect();
                names.sort_unstable();
                let mut expected = ledger.history.children(path, zxid);
                expected.sort_unstable();
                names == expected && is(shown, &got.stat)
            }
            (Some(_), Response::ChildrenNumber(got)) => {
                *got as usize == ledger.history.count_below(path, zxid)
            }
            _ => false,
        };
        demand!(
            "sequence",
            right,
            "client {client} reads {path} in the state of {zxid:?}: {error:?} {response:?}; the model has {node:?}"
        );
        let there = node.is_some();
        drop(ledger);
        let watches = &mut self.people.clients[client].watches;
        if !read.watch {
            return;
        }
        match &asked.request {
            Request::Exists(_) => watches.add(path, WatchMode::Data, !there),
            Request::GetData(_) if there => watches.add(path, WatchMode::Data, false),
            Request::GetChildren2(_) if there => watches.add(path, WatchMode::Child, false),
            _ => {}
        }
    }
}

fn is(shown: &Stat, told: &synod_jute::records::Stat) -> bool {
    let of_wire = Stat {
        czxid: Zxid(told.czxid.0),
        mzxid: Zxid(told.mzxid.0),
        ctime: told.ctime_ms as u64,
        mtime: told.mtime_ms as u64,
        version: told.version,
        cversion: told.cversion,
        aversion: told.aversion,
        owner: told.ephemeral_owner.0,
        data_length: told.data_length,
        children: told.num_children,
        pzxid: Zxid(told.pzxid.0),
    };
    *shown == of_wire
}

/// The wire's number of a refusal.
const fn code(error: Error) -> ErrorCode {
    match error {
        Error::BadArguments => ErrorCode::BadArguments,
        Error::NoNode => ErrorCode::NoNode,
        Error::NodeExists => ErrorCode::NodeExists,
        Error::BadVersion => ErrorCode::BadVersion,
        Error::NotEmpty => ErrorCode::NotEmpty,
        Error::NoChildrenForEphemerals => ErrorCode::NoChildrenForEphemerals,
        Error::NoAuth => ErrorCode::NoAuth,
        Error::InvalidAcl => ErrorCode::InvalidAcl,
        Error::QuotaExceeded => ErrorCode::QuotaExceeded,
        Error::SessionExpired => ErrorCode::SessionExpired,
        Error::SessionMoved => ErrorCode::SessionMoved,
    }
}

/// Whether a reply says what came of a write.
fn says(outcome: &Outcome, reply: &Reply) -> bool {
    let error = reply.header.error;
    match (outcome, &reply.response) {
        (Outcome::One(Err(refusal)) | Outcome::Refused(refusal), _) => error == code(*refusal),
        (Outcome::One(Ok(Done::Created { path, stat })), Response::Create2(got)) => {
            got.path.as_str() == path && is(stat, &got.stat)
        }
        (Outcome::One(Ok(Done::Set { stat })), Response::Stat(got)) => is(stat, got),
        (Outcome::One(Ok(Done::Deleted)), Response::None) => error == ErrorCode::Ok,
        (Outcome::Multi(Ok(done)), Response::Multi(got)) => {
            let pairs = done.iter().zip(&got.results);
            done.len() == got.results.len() && { pairs }.all(|(done, got)| each_says(done, got))
        }
        (Outcome::Multi(Err(MultiFailure { index, error })), Response::Multi(got)) => {
            got.results.get(*index) == Some(&OpResult::Error(code(*error)))
        }
        _ => false,
    }
}

fn each_says(done: &Done, got: &OpResult) -> bool {
    match (done, got) {
        (Done::Created { path, .. }, OpResult::Create(got)) => got.path.as_str() == path,
        (Done::Created { path, stat }, OpResult::Create2(got)) => {
            got.path.as_str() == path && is(stat, &got.stat)
        }
        (Done::Set { stat }, OpResult::SetData(got)) => is(stat, got),
        (Done::Deleted, OpResult::Delete) | (Done::Checked, OpResult::Check) => true,
        _ => false,
    }
}
