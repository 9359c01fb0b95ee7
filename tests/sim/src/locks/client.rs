//! Clients of the tree: each has a session, at one member after the other, asks several things ahead, and takes locks.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use synod_agent::zookeeper::simulated::Line;
use synod_jute::records::{
    Acl, AddWatchRequest, CheckVersionRequest, ConnectRequest, CreateRequest, CreateTtlRequest,
    DeleteRequest, MultiOp, MultiRequest, PathRequest, ReadRequest, SetDataRequest, SyncRequest,
    WatchesRequest,
};
use synod_jute::{AddWatchMode, OpCode, Request, SessionId, Text, WatcherType, Xid};
use synod_paxos::Node;
use synod_znode::Zxid;

use super::recipe::Recipe;
use super::watches::{Event, Watches};
use super::{Deed, PATIENCE, World, line};
use crate::clock::{Instant, MS};
use crate::random::Random;
use crate::trace::What;
use crate::world::Happening;

/// Requests that a client asks ahead.
const AHEAD_MAX: usize = 4;

/// A session as its client has it.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) id: SessionId,
    pub(super) password: Bytes,
    pub(super) timeout_ms: u32,
}

/// Something that is to be answered.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) xid: Xid,
    pub(super) request: Request,
    /// What was answered to anybody before it was asked.
    pub(super) floor: Zxid,
    pub(super) invoked: Instant,
    /// Whether the client's lock waits for it.
    pub(super) of_lock: bool,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) line: Line,
    pub(super) node: Node,
    pub(super) incarnation: u64,
    /// When the last bytes arrive at the member, and here.
    pub(super) there_at: Instant,
    pub(super) here_at: Instant,
    pub(super) begun: Instant,
    pub(super) heard: Instant,
    /// Whether the session is there.
    pub(super) open: bool,
    pub(super) input: BytesMut,
    pub(super) asked: VecDeque<Asked>,
    /// While watches are set again: since which zxid, and the events that came.
    pub(super) setting: Option<(Zxid, Vec<Event>)>,
}

/// One client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) index: usize,
    pub(super) random: Random,
    pub(super) session: Option<Held>,
    pub(super) link: Option<Link>,
    /// The last zxid it saw.
    pub(super) seen: Zxid,
    pub(super) watches: Watches,
    pub(super) recipe: Recipe,
    pub(super) prefers: Option<Node>,
    pub(super) answered: u64,
    /// Whether it never gives a lock back.
    pub(super) keeps: bool,
    /// Whether the nodes that everything is below were asked for.
    settled: bool,
    last_xid: i32,
    number: u64,
}

impl Client {
    pub(super) fn new(index: usize, random: Random) -> Self {
        Self {
            index,
            random,
            session: None,
            link: None,
            seen: Zxid(0),
            watches: Watches::default(),
            recipe: Recipe::default(),
            prefers: None,
            answered: 0,
            keeps: false,
            settled: false,
            last_xid: 0,
            number: 0,
        }
    }

    pub(super) fn brief(&self) -> String {
        let link = self.link.as_ref();
        let link = link.map(|link| (link.node.0, link.open, link.asked.len()));
        format!(
            "{} at {link:?}, session {:?}",
            self.answered,
            self.session.as_ref().map(|held| held.id)
        )
    }

    /// Nothing is left of its session.
    pub(super) fn forget_session(&mut self) {
        self.session = None;
        self.watches = Watches::default();
        self.recipe = Recipe::default();
        self.settled = false;
    }

    fn path(&mut self) -> Text {
        let (top, below) = (self.random.below(4), self.random.below(3));
        let path = match self.random.below(5) {
            0 => "/t".to_owned(),
            1..=2 => format!("/t/n{top}"),
            _ => format!("/t/n{top}/m{below}"),
        };
        Text::from(path)
    }

    fn data(&mut self) -> Option<Bytes> {
        self.number += 1;
        Some(Bytes::from(format!("c{}-{}", self.index, self.number)))
    }

    fn version(&mut self) -> i32 {
        if self.random.chance(600) {
            -1
        } else {
            self.random.below(3) as i32
        }
    }

    fn creation(&mut self) -> CreateRequest {
        let flags = *self.random.pick(&[0, 0, 1, 1, 2, 3]);
        create(self.path(), self.data(), flags)
    }

    fn write(&mut self) -> MultiOp {
        match self.random.below(10) {
            0..=3 => MultiOp::Create2(self.creation()),
            4..=5 => MultiOp::Delete(DeleteRequest {
                path: self.path(),
                version: self.version(),
            }),
            6..=8 => MultiOp::SetData(SetDataRequest {
                path: self.path(),
                data: self.data(),
                version: self.version(),
            }),
            _ => MultiOp::Check(CheckVersionRequest {
                path: self.path(),
                version: self.version(),
            }),
        }
    }

    fn read(&mut self) -> ReadRequest {
        ReadRequest {
            path: self.path(),
            watch: self.random.chance(500),
        }
    }

    /// What it asks next, of its own accord.
    fn idea(&mut self) -> Request {
        match self.random.below(30) {
            0..=3 => Request::Create2(self.creation()),
            4 => Request::CreateContainer(create(self.path(), self.data(), 4)),
            5 => Request::CreateTtl(CreateTtlRequest {
                path: self.path(),
                data: self.data(),
                acl: open(),
                flags: 5,
                ttl_ms: self.random.between(1, 8_000) as i64,
            }),
            6..=8 => Request::Delete(DeleteRequest {
                path: self.path(),
                version: self.version(),
            }),
            9..=12 => Request::SetData(SetDataRequest {
                path: self.path(),
                data: self.data(),
                version: self.version(),
            }),
            13..=14 => {
                let count = self.random.between(1, 4);
                let ops = (0..count).map(|_| self.write()).collect();
                Request::Multi(MultiRequest { ops })
            }
            15..=18 => Request::GetData(self.read()),
            19..=21 => Request::Exists(self.read()),
            22..=23 => Request::GetChildren2(self.read()),
            24 => Request::GetAllChildrenNumber(PathRequest { path: self.path() }),
            25..=26 => Request::Sync(SyncRequest {
                path: Some("/t".into()),
            }),
            27..=28 => Request::AddWatch(AddWatchRequest {
                path: self.path(),
                mode: if self.random.chance(500) {
                    AddWatchMode::Persistent
                } else {
                    AddWatchMode::PersistentRecursive
                },
            }),
            _ => Request::RemoveWatches(WatchesRequest {
                path: self.path(),
                kind: WatcherType::Any,
            }),
        }
    }
}

/// An access list that lets everybody do everything.
pub(super) fn open() -> Option<Vec<Acl>> {
    Some(vec![Acl::new(31, "world", "anyone")])
}

pub(super) fn create(path: Text, data: Option<Bytes>, flags: i32) -> CreateRequest {
    CreateRequest {
        path,
        data,
        acl: open(),
        flags,
    }
}

impl World {
    pub(super) fn think(&mut self, client: usize) {
        if !self.busy {
            return self.go_home(client);
        }
        self.act(client);
        let hurry = self.now < self.hurry_until;
        let mean = if hurry {
            3 * MS
        } else {
            self.profile.think_mean
        };
        let span = MS + self.random.around(mean);
        self.after(span, Happening::Deed(Deed::Think { client }));
    }

    fn act(&mut self, client: usize) {
        let now = self.now;
        let current = &mut self.people.clients[client];
        let (lets_go, vanishes) = (current.random.chance(8), current.random.chance(2));
        match &current.link {
            None => return self.connect_client(client),
            Some(link) if !link.open => {
                if now > link.begun + PATIENCE {
                    self.hang_up(client);
                }
                return;
            }
            Some(link) if link.asked.len() >= AHEAD_MAX || link.setting.is_some() => return,
            Some(_) => {}
        }
        if vanishes {
            // It dies without a word, and somebody else begins in its place.
            self.hang_up(client);
            self.people.clients[client].forget_session();
        } else if lets_go {
            self.hang_up(client);
        } else {
            self.ask_something(client);
        }
    }

    fn ask_something(&mut self, client: usize) {
        let current = &mut self.people.clients[client];
        if !std::mem::replace(&mut current.settled, true) {
            for path in ["/t", "/locks", "/locks/a", "/locks/b"] {
                let data = self.people.clients[client].data();
                self.ask_member(
                    client,
                    Request::Create2(create(path.into(), data, 0)),
                    false,
                );
            }
            return;
        }
        if current.random.chance(5) {
            return self.ask_member(client, Request::CloseSession, false);
        }
        if self.go_for_lock(client) {
            return;
        }
        let idea = self.people.clients[client].idea();
        self.ask_member(client, idea, false);
    }

    /// Nobody needs it any more: its session is closed, or just left.
    fn go_home(&mut self, client: usize) {
        let current = &mut self.people.clients[client];
        let closes = current.random.chance(500);
        match &current.link {
            Some(link) if link.open && closes => {
                let closing = |asked: &Asked| asked.request.opcode() == OpCode::CloseSession;
                if !link.asked.iter().any(closing) {
                    self.ask_member(client, Request::CloseSession, false);
                }
            }
            _ => {
                self.hang_up(client);
                self.people.clients[client].forget_session();
            }
        }
    }

    pub(super) fn connect_client(&mut self, client: usize) {
        let reachable = self.reachable();
        if reachable.is_empty() {
            return;
        }
        let current = &mut self.people.clients[client];
        let preferred = current.prefers.take();
        let node = preferred
            .filter(|node| reachable.contains(node))
            .unwrap_or_else(|| *current.random.pick(&reachable));
        let (id, password, timeout_ms) = match &current.session {
            Some(held) => (held.id, held.password.clone(), held.timeout_ms),
            None => {
                let timeout_ms = *current.random.pick(&[700, 1_500, 3_000, 6_000]);
                (SessionId(0), Bytes::from_static(&[0; 16]), timeout_ms)
            }
        };
        let request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: synod_jute::Zxid(current.seen.0),
            timeout_ms: timeout_ms as i32,
            session_id: id,
            password: Some(password),
            read_only: Some(false),
        };
        self.people.last_line += 1;
        let line = self.people.last_line;
        self.people.lines.insert(line, client);
        self.people.clients[client].link = Some(Link {
            line,
            node,
            incarnation: self.hosts[&node].incarnation,
            there_at: 0,
            here_at: 0,
            begun: self.now,
            heard: self.now,
            open: false,
            input: BytesMut::new(),
            asked: VecDeque::new(),
            setting: None,
        });
        self.send_to_member(client, line::Sent::Connect(request));
    }

    /// Asks the client's member for something.
    pub(super) fn ask_member(&mut self, client: usize, request: Request, of_lock: bool) {
        let floor = self.ledger.borrow().floor;
        let now = self.now;
        let current = &mut self.people.clients[client];
        let Some(link) = current.link.as_mut() else {
            return;
        };
        let xid = match &request {
            Request::Ping => Xid::PING,
            Request::SetWatches2(_) => Xid::SET_WATCHES,
            _ => {
                current.last_xid += 1;
                Xid(current.last_xid)
            }
        };
        let (node, line) = (link.node, link.line);
        self.trace.add(
            now,
            node,
            What::Note(format!(
                "client {client} asks on line {line}: {xid:?} {request:?}"
            )),
            xid.0 as u64,
        );
        let mut bytes = BytesMut::new();
        request.encode(xid, &mut bytes);
        link.asked.push_back(Asked {
            xid,
            request,
            floor,
            invoked: now,
            of_lock,
        });
        self.send_to_member(client, line::Sent::Bytes(bytes.freeze()));
    }

    /// A client pings, three times in its time-out, and lets go of a member that it does not hear.
    pub(super) fn beat(&mut self, client: usize, line: Line) {
        let now = self.now;
        let current = &self.people.clients[client];
        let (Some(link), Some(held)) = (&current.link, &current.session) else {
            return;
        };
        if link.line != line || !link.open {
            return;
        }
        let timeout = u64::from(held.timeout_ms) * MS;
        if now > link.heard + 2 * timeout / 3 {
            return self.hang_up(client);
        }
        self.ask_member(client, Request::Ping, false);
        self.after(timeout / 3, Happening::Deed(Deed::Beat { client, line }));
    }
}
