//! The model: everything in plain maps, computed anew at each question.

use std::collections::BTreeMap;

use synod_znode::{
    Acl, Answer, Asker, Attachment, Command, CreateMode, Done, Error, EventKind, Id, Kind,
    MultiFailure, Op, Outcome, Password, Path, Permissions, Response, SessionId, Stat, WatchMode,
    Write, Zxid,
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

#[derive(Clone)]
pub(crate) struct Naive {
    nodes: BTreeMap<String, Node>,
    /// The id of each of the three sessions, and its attachment while it is there.
    sessions: [(SessionId, Option<Attachment>); 3],
    /// Whether the hub knows the session's connection.
    connected: [bool; 3],
    watches: Vec<(usize, String, WatchMode)>,
    told: Vec<String>,
    pub(crate) zxid: Zxid,
}

impl Naive {
    pub(crate) fn new() -> Self {
        let session = |number| (SessionId::new(number, 7), None);
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
            sessions: [session(0), session(1), session(2)],
            connected: [false; 3],
            watches: Vec::new(),
            told: Vec::new(),
            zxid: Zxid(0),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    pub(crate) fn attachment(&self, session: usize) -> (SessionId, Attachment) {
        let (id, attachment) = self.sessions[session];
        (id, attachment.unwrap_or(Attachment(-1)))
    }

    fn names(&self, path: &str) -> Vec<String> {
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

    pub(crate) fn ephemerals(&self, session: usize) -> Vec<String> {
        let owner = self.sessions[session].0.0;
        let own = self.nodes.iter().filter(|(_, node)| node.owner == owner);
        own.map(|(path, _)| path.clone()).collect()
    }

    pub(crate) fn write(
        &mut self,
        session: usize,
        by: &Asker,
        writes: &[Write],
        time_ms: u64,
    ) -> Vec<Answer> {
        writes
            .iter()
            .map(|write| {
                self.zxid = self.zxid.next();
                let outcome = match self.sessions[session].1 {
                    None => Outcome::Refused(Error::SessionExpired),
                    Some(attachment) if attachment != by.attachment => {
                        Outcome::Refused(Error::SessionMoved)
                    }
                    Some(_) => self.outcome(by, write, time_ms),
                };
                Answer {
                    zxid: self.zxid,
                    outcome,
                }
            })
            .collect()
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
                let (parent, _) = path.rsplit_once('/').expect("steps have paths");
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
        for session in 0..3 {
            let concerned = |(whose, watched, mode): &(usize, String, WatchMode)| {
                let here = watched == path;
                let below = Path::parse(watched).is_ok_and(|watched| watched.holds(path));
                *whose == session
                    && match (mode, kind) {
                        (WatchMode::Data, EventKind::ChildrenChanged) => false,
                        (WatchMode::Data, _) => here,
                        (WatchMode::Child, EventKind::ChildrenChanged | EventKind::Deleted) => here,
                        (WatchMode::Child, _) => false,
                        (WatchMode::Persistent, _) => here,
                        (WatchMode::PersistentRecursive, EventKind::ChildrenChanged) => false,
                        (WatchMode::PersistentRecursive, _) => below,
                    }
            };
            if self.watches.iter().any(concerned) {
                self.told.push(format!("{session} {kind:?} {path}"));
            }
            self.watches.retain(|watch| {
                let once = matches!(watch.2, WatchMode::Data | WatchMode::Child);
                !(once && concerned(watch))
            });
        }
    }

    pub(crate) fn attach_command(&self, session: usize, anew: bool) -> Command {
        let (id, _) = self.sessions[session];
        let (password, timeout_ms, member) = (Password([session as u8; 16]), 1, session as u64);
        if anew {
            Command::CreateSession {
                id,
                password,
                timeout_ms,
                member,
            }
        } else {
            Command::Attach {
                id,
                password,
                timeout_ms,
                member,
            }
        }
    }

    pub(crate) fn attach(&mut self, session: usize, anew: bool) -> Response {
        if anew {
            self.zxid = self.zxid.next();
        }
        let before = self.sessions[session].1;
        if before.is_some() == anew {
            return Response::NotAttached(Error::SessionExpired);
        }
        let attachment = Attachment(before.map_or(1, |before| before.0 + 1));
        self.sessions[session].1 = Some(attachment);
        if self.connected[session] {
            self.told.push(format!("{session} over"));
        }
        self.connected[session] = true;
        Response::Attached {
            attachment,
            timeout_ms: 4_000,
        }
    }

    pub(crate) fn close(&mut self, session: usize, _time_ms: u64) -> Zxid {
        self.zxid = self.zxid.next();
        if self.sessions[session].1.take().is_some() {
            let mut own = self.ephemerals(session);
            own.sort_by_key(|path| (path.matches('/').count(), path.clone()));
            for path in own {
                self.delete(&path);
            }
            if std::mem::take(&mut self.connected[session]) {
                self.told.push(format!("{session} over"));
            }
        }
        self.zxid
    }

    pub(crate) fn watch(&mut self, session: usize, path: &str, mode: WatchMode) {
        let watch = (session, path.to_owned(), mode);
        if !self.watches.contains(&watch) {
            self.watches.push(watch);
        }
    }

    pub(crate) fn unwatch(&mut self, session: usize, path: &str, mode: WatchMode) -> bool {
        let before = self.watches.len();
        self.watches.retain(|(whose, watched, how)| {
            !(*whose == session && watched == path && *how == mode)
        });
        self.watches.len() < before
    }

    /// What is to be told since the last call.
    pub(crate) fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }
}

fn parent(path: &str) -> String {
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
