//! The model: a tree, and the watches of three sessions on it.

use synod_znode::{
    Answer, Asker, Attachment, Command, Error, EventKind, Id, Password, Path, Response, SessionId,
    Stat, WatchMode, Write, Zxid,
};

use super::tree::{Happened, Tree};

#[derive(Clone)]
pub(crate) struct Naive {
    tree: Tree,
    /// The id of each of the three sessions.
    sessions: [SessionId; 3],
    /// Whether the hub knows the session's connection.
    connected: [bool; 3],
    watches: Vec<(usize, String, WatchMode)>,
    told: Vec<String>,
}

impl Naive {
    pub(crate) fn new() -> Self {
        Self {
            tree: Tree::new(),
            sessions: [0, 1, 2].map(|number| SessionId::new(number, 7)),
            connected: [false; 3],
            watches: Vec::new(),
            told: Vec::new(),
        }
    }

    pub(crate) fn zxid(&self) -> Zxid {
        self.tree.zxid
    }

    pub(crate) fn len(&self) -> usize {
        self.tree.len()
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.tree.paths()
    }

    pub(crate) fn attachment(&self, session: usize) -> (SessionId, Attachment) {
        let id = self.sessions[session];
        let there = self.tree.sessions.get(&id);
        (
            id,
            there.map_or(Attachment(-1), |session| session.attachment),
        )
    }

    pub(crate) fn stat(&self, path: &str) -> Stat {
        self.tree.stat(path)
    }

    pub(crate) fn data(&self, path: &str, ids: &[Id]) -> Result<Option<Vec<u8>>, Error> {
        self.tree.data(path, ids)
    }

    pub(crate) fn children(&self, path: &str, ids: &[Id]) -> Result<Vec<String>, Error> {
        self.tree.children(path, ids)
    }

    pub(crate) fn ephemerals(&self, session: usize) -> Vec<String> {
        self.tree.ephemerals(self.sessions[session])
    }

    pub(crate) fn write(&mut self, by: &Asker, writes: &[Write], time_ms: u64) -> Vec<Answer> {
        let (by, writes) = (by.clone(), writes.to_vec());
        let response = self
            .tree
            .execute(&Command::Write { by, writes }, time_ms, true);
        self.tell();
        match response {
            Response::Answers(answers) => answers,
            other => panic!("no answers: {other:?}"),
        }
    }

    fn tell(&mut self) {
        for Happened { kind, path, .. } in std::mem::take(&mut self.tree.events) {
            self.event(kind, &path);
        }
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
        let id = self.sessions[session];
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
        let command = self.attach_command(session, anew);
        let response = self.tree.execute(&command, 0, true);
        if let Response::Attached { .. } = response
            && std::mem::replace(&mut self.connected[session], true)
        {
            self.told.push(format!("{session} over"));
        }
        response
    }

    pub(crate) fn close(&mut self, session: usize, time_ms: u64) -> Zxid {
        let (id, attachment) = self.attachment(session);
        let by = Asker {
            session: id,
            attachment,
            ids: vec![],
        };
        let there = self.tree.sessions.contains_key(&id);
        self.tree
            .execute(&Command::CloseSession { by }, time_ms, true);
        self.tell();
        if there && std::mem::take(&mut self.connected[session]) {
            self.told.push(format!("{session} over"));
        }
        self.tree.zxid
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
