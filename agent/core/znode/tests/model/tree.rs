//! The tree of the model: nodes and sessions in plain maps, computed anew at each question. The simulator holds its worlds to it,
//! too.
#![allow(dead_code, reason = "each user has a part of it")]

use std::collections::BTreeMap;

use synod_znode::{
    Acl, Answer, Asker, Attachment, Command, CreateMode, Done, Error, EventKind, Id, Kind, Limits,
    MultiFailure, Op, Outcome, Password, Permissions, Response, SessionId, Stat, Write, Zxid,
};

#[derive(Clone)]
struct Node {
    czxid: Zxid,
    mzxid: Zxid,
    pzxid: Zxid,
    ctime: u64,
    mtime: u64,
    version: i32,
    aversion: i32,
    /// Children created and children deleted.
    changes: [i32; 2],
    owner: i64,
    acl: Vec<Acl>,
    data: Option<Vec<u8>>,
}

/// A session of the model.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) password: Password,
    pub(crate) attachment: Attachment,
    pub(crate) timeout_ms: u32,
}

/// What happened to a node, by which zxid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happened {
    pub(crate) zxid: Zxid,
    pub(crate) kind: EventKind,
    pub(crate) path: String,
}

#[derive(Clone)]
pub(crate) struct Tree {
    nodes: BTreeMap<String, Node>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) limits: Limits,
    /// What happened since somebody took it.
    pub(crate) events: Vec<Happened>,
    pub(crate) zxid: Zxid,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    pub(crate) fn new() -> Self {
        let root = Node {
            czxid: Zxid(0),
            mzxid: Zxid(0),
            pzxid: Zxid(0),
            ctime: 0,
            mtime: 0,
            version: 0,
            aversion: 0,
            changes: [0, 1],
            owner: 0,
            acl: Acl::open(),
            data: Some(vec![]),
        };
        Self {
            nodes: BTreeMap::from([("/".to_owned(), root)]),
            sessions: BTreeMap::new(),
            limits: Limits::default(),
            events: Vec::new(),
            zxid: Zxid(0),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.nodes.contains_key(path)
    }

    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let below = if path == "/" {
            "/".to_owned()
        } else {
            format!("{path}/")
        };
        let mut names: Vec<_> = self
            .nodes
            .keys()
            .filter_map(|other| other.strip_prefix(&below))
            .filter(|name| !name.is_empty() && !name.contains('/'))
            .map(str::to_owned)
            .collect();
        if path == "/" {
            names.push("zookeeper".to_owned());
            names.sort();
        }
        names
    }

    pub(crate) fn stat(&self, path: &str) -> Stat {
        let node = &self.nodes[path];
        Stat {
            czxid: node.czxid,
            mzxid: node.mzxid,
            ctime: node.ctime,
            mtime: node.mtime,
            version: node.version,
            // A new ZooKeeper's root has a child that it never counted.
            cversion: node.changes[0] + node.changes[1] - if path == "/" { 2 } else { 0 },
            aversion: node.aversion,
            owner: Kind::of_owner(node.owner).session().map_or(0, |id| id.0),
            data_length: node.data.as_ref().map_or(0, Vec::len) as i32,
            children: self.names(path).len() as i32,
            pzxid: node.pzxid,
        }
    }

    fn may(&self, path: &str, wanted: Permissions, ids: &[Id]) -> Result<(), Error> {
        let may = self.nodes[path].acl.iter().any(|acl| {
            acl.permissions.0 & wanted.0 != 0 && (acl.id == Id::anyone() || ids.contains(&acl.id))
        });
        if may { Ok(()) } else { Err(Error::NoAuth) }
    }

    pub(crate) fn data(&self, path: &str, ids: &[Id]) -> Result<Option<Vec<u8>>, Error> {
        self.may(path, Permissions::READ, ids)?;
        Ok(self.nodes[path].data.clone())
    }

    pub(crate) fn children(&self, path: &str, ids: &[Id]) -> Result<Vec<String>, Error> {
        self.may(path, Permissions::READ, ids)?;
        Ok(self.names(path))
    }

    pub(crate) fn ephemerals(&self, session: SessionId) -> Vec<String> {
        let own = self
            .nodes
            .iter()
            .filter(|(_, node)| node.owner == session.0);
        own.map(|(path, _)| path.clone()).collect()
    }

    /// Nodes that only time keeps, and when that is over by the replicated clock.
    pub(crate) fn timed(&self) -> impl Iterator<Item = (&str, u64)> {
        self.nodes
            .iter()
            .filter_map(|(path, node)| match Kind::of_owner(node.owner) {
                Kind::Ttl(ms) if self.names(path).is_empty() => {
                    Some((path.as_str(), node.mtime + ms))
                }
                _ => None,
            })
    }

    /// What a command answers. `newest` says whether its proposer's ballot is the newest.
    pub(crate) fn execute(&mut self, command: &Command, time_ms: u64, newest: bool) -> Response {
        match command {
            Command::Write { by, writes } => Response::Answers(self.write(by, writes, time_ms)),
            Command::CreateSession {
                id,
                password,
                timeout_ms,
                ..
            } => {
                self.zxid = self.zxid.next();
                if self.sessions.contains_key(id) {
                    return Response::NotAttached(Error::SessionExpired);
                }
                self.attach(*id, *password, *timeout_ms, Attachment(1))
            }
            Command::Attach {
                id,
                password,
                timeout_ms,
                ..
            } => {
                match self
                    .sessions
                    .get(id)
                    .filter(|session| session.password == *password)
                {
                    None => Response::NotAttached(Error::SessionExpired),
                    Some(session) => {
                        let next = Attachment(session.attachment.0 + 1);
                        self.attach(*id, *password, *timeout_ms, next)
                    }
                }
            }
            Command::CloseSession { by } => {
                self.zxid = self.zxid.next();
                if self.admits(by).is_ok() {
                    self.end_session(by.session);
                }
                Response::Closed { zxid: self.zxid }
            }
            Command::Expire { sessions, .. } => {
                for (id, attachment) in sessions.iter().filter(|_| newest) {
                    if self
                        .sessions
                        .get(id)
                        .is_some_and(|it| it.attachment == *attachment)
                    {
                        self.zxid = self.zxid.next();
                        self.end_session(*id);
                    }
                }
                Response::Internal
            }
            Command::Reap { paths } => {
                for path in paths {
                    if self.is_over(path, time_ms) {
                        self.zxid = self.zxid.next();
                        self.delete(path);
                    }
                }
                Response::Internal
            }
            Command::Configure(limits) => {
                self.limits = *limits;
                Response::Internal
            }
            Command::SetMembers { .. } => Response::Internal,
        }
    }

    fn is_over(&self, path: &str, time_ms: u64) -> bool {
        let Some(node) = self.nodes.get(path).filter(|_| self.names(path).is_empty()) else {
            return false;
        };
        match Kind::of_owner(node.owner) {
            Kind::Container => node.changes[0] > 0,
            Kind::Ttl(ms) => node.mtime + ms <= time_ms,
            Kind::Persistent | Kind::Ephemeral(_) => false,
        }
    }

    fn attach(
        &mut self,
        id: SessionId,
        password: Password,
        timeout_ms: u32,
        attachment: Attachment,
    ) -> Response {
        let Limits {
            timeout_ms_min,
            timeout_ms_max,
            ..
        } = self.limits;
        let timeout_ms = timeout_ms.min(timeout_ms_max).max(timeout_ms_min);
        let session = Session {
            password,
            attachment,
            timeout_ms,
        };
        self.sessions.insert(id, session);
        Response::Attached {
            attachment,
            timeout_ms,
        }
    }

    fn admits(&self, by: &Asker) -> Result<(), Error> {
        match self.sessions.get(&by.session) {
            None => Err(Error::SessionExpired),
            Some(session) if session.attachment != by.attachment => Err(Error::SessionMoved),
            Some(_) => Ok(()),
        }
    }

    fn end_session(&mut self, id: SessionId) {
        self.sessions.remove(&id);
        let mut own = self.ephemerals(id);
        own.sort_by_key(|path| (path.matches('/').count(), path.clone()));
        own.iter().for_each(|path| self.delete(path));
    }

    /// The state goes on in another group.
    pub(crate) fn renew(&mut self) {
        self.zxid = Zxid(((self.zxid.0 >> 32) + 2) << 32);
        for session in self.sessions.values_mut() {
            session.attachment.0 += 1 << 32;
        }
    }

    fn write(&mut self, by: &Asker, writes: &[Write], time_ms: u64) -> Vec<Answer> {
        let one = |write: &Write| {
            self.zxid = self.zxid.next();
            let outcome = match self.admits(by) {
                Err(error) => Outcome::Refused(error),
                Ok(()) => self.outcome(by, write, time_ms),
            };
            Answer {
                zxid: self.zxid,
                outcome,
            }
        };
        writes.iter().map(one).collect()
    }

    fn outcome(&mut self, by: &Asker, write: &Write, time_ms: u64) -> Outcome {
        match write {
            Write::One(op) => Outcome::One(self.op(by, op, time_ms)),
            Write::Refused => Outcome::Void,
            Write::Multi(ops) => {
                let mut trial = self.clone();
                let mut done = Vec::new();
                for (index, op) in ops.iter().enumerate() {
                    match trial.op(by, op, time_ms) {
                        Ok(one) => done.push(one),
                        Err(error) => return Outcome::Multi(Err(MultiFailure { index, error })),
                    }
                }
                *self = trial;
                Outcome::Multi(Ok(done))
            }
        }
    }

    fn op(&mut self, by: &Asker, op: &Op, time_ms: u64) -> Result<Done, Error> {
        match op {
            Op::Create {
                path,
                data,
                acl,
                flags,
                ttl_ms,
            } => {
                let mode = CreateMode::from_flag(*flags, *ttl_ms)?;
                let (parent, _) = path.rsplit_once('/').expect("writes have paths");
                let parent = if parent.is_empty() { "/" } else { parent };
                let acl = settle(acl, &by.ids)?;
                let above = self.nodes.get(parent).ok_or(Error::NoNode)?;
                self.may(parent, Permissions::CREATE, &by.ids)?;
                let path = match mode.is_sequential() {
                    true => format!("{path}{:010}", above.changes[0]),
                    false => path.clone(),
                };
                if self.nodes.contains_key(&path) {
                    return Err(Error::NodeExists);
                }
                if Kind::of_owner(above.owner).session().is_some() {
                    return Err(Error::NoChildrenForEphemerals);
                }
                let data = data.as_ref().map(|data| data.to_vec());
                self.create(&path, acl, data, owner(mode, by.session), time_ms);
                Ok(Done::Created {
                    stat: self.stat(&path),
                    path,
                })
            }
            Op::Delete { path, version } => {
                let parent = parent(path);
                self.nodes.get(&parent).ok_or(Error::NoNode)?;
                self.may(&parent, Permissions::DELETE, &by.ids)?;
                let node = self.nodes.get(path).ok_or(Error::NoNode)?;
                expect(node.version, *version)?;
                if !self.names(path).is_empty() {
                    return Err(Error::NotEmpty);
                }
                self.delete(path);
                Ok(Done::Deleted)
            }
            Op::SetData {
                path,
                data,
                version,
            } => {
                let node = self.nodes.get(path).ok_or(Error::NoNode)?;
                self.may(path, Permissions::WRITE, &by.ids)?;
                expect(node.version, *version)?;
                let zxid = self.zxid;
                let node = self.nodes.get_mut(path).expect("it was found");
                node.data = data.as_ref().map(|data| data.to_vec());
                node.version += 1;
                (node.mzxid, node.mtime) = (zxid, time_ms);
                self.event(EventKind::DataChanged, path);
                Ok(Done::Set {
                    stat: self.stat(path),
                })
            }
            Op::SetAcl { path, acl, version } => {
                let acl = settle(acl, &by.ids)?;
                let node = self.nodes.get(path).ok_or(Error::NoNode)?;
                self.may(path, Permissions::ADMIN, &by.ids)?;
                expect(node.aversion, *version)?;
                let node = self.nodes.get_mut(path).expect("it was found");
                node.acl = acl;
                node.aversion += 1;
                Ok(Done::Set {
                    stat: self.stat(path),
                })
            }
            Op::Check { path, version } => {
                let node = self.nodes.get(path).ok_or(Error::NoNode)?;
                self.may(path, Permissions::READ, &by.ids)?;
                expect(node.version, *version)?;
                Ok(Done::Checked)
            }
        }
    }

    fn create(
        &mut self,
        path: &str,
        acl: Vec<Acl>,
        data: Option<Vec<u8>>,
        owner: i64,
        time_ms: u64,
    ) {
        let zxid = self.zxid;
        let above = self.nodes.get_mut(&parent(path)).expect("it was found");
        above.changes[0] += 1;
        above.pzxid = zxid;
        let node = Node {
            czxid: zxid,
            mzxid: zxid,
            pzxid: zxid,
            ctime: time_ms,
            mtime: time_ms,
            version: 0,
            aversion: 0,
            changes: [0, 0],
            owner,
            acl,
            data,
        };
        self.nodes.insert(path.to_owned(), node);
        self.event(EventKind::Created, path);
        self.event(EventKind::ChildrenChanged, &parent(path));
    }

    fn delete(&mut self, path: &str) {
        self.nodes.remove(path);
        let zxid = self.zxid;
        let above = self.nodes.get_mut(&parent(path)).expect("it was found");
        above.changes[1] += 1;
        above.pzxid = zxid;
        self.event(EventKind::Deleted, path);
        self.event(EventKind::ChildrenChanged, &parent(path));
    }

    fn event(&mut self, kind: EventKind, path: &str) {
        let (zxid, path) = (self.zxid, path.to_owned());
        self.events.push(Happened { zxid, kind, path });
    }
}

pub(crate) fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((parent, _)) => parent.to_owned(),
    }
}

fn owner(mode: CreateMode, session: SessionId) -> i64 {
    match mode {
        CreateMode::Persistent | CreateMode::PersistentSequential => 0,
        CreateMode::Ephemeral | CreateMode::EphemeralSequential => session.0,
        CreateMode::Container => i64::MIN,
        CreateMode::PersistentWithTtl(ms) | CreateMode::PersistentSequentialWithTtl(ms) => {
            (0xff << 56 | ms) as i64
        }
    }
}

const fn expect(version: i32, expected: i32) -> Result<(), Error> {
    if expected == -1 || expected == version {
        Ok(())
    } else {
        Err(Error::BadVersion)
    }
}

/// The lists that steps use: `auth` is who asks, and only that needs a look.
fn settle(list: &[Acl], ids: &[Id]) -> Result<Vec<Acl>, Error> {
    let mut settled = Vec::new();
    for acl in list {
        match acl.id.scheme.as_str() {
            "auth" => {
                let digests = ids.iter().filter(|id| id.scheme == "digest");
                settled.extend(digests.map(|id| Acl {
                    permissions: acl.permissions,
                    id: id.clone(),
                }));
            }
            _ => settled.push(acl.clone()),
        }
    }
    if settled.is_empty() {
        Err(Error::InvalidAcl)
    } else {
        Ok(settled)
    }
}
