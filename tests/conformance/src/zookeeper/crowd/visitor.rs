//! One session of a crowd, kept as the usual clients keep theirs.
//!
//! It says that it lives each third of its time-out. It leaves a member that ends the connection, and one of which it has heard
//! nothing for two thirds of the time-out; then it asks the next ones, each for a bounded time, until one has its session.

use std::sync::Arc;
use std::time::Duration;

use synod_jute::records::{Acl, CreateRequest, PathRequest, SyncRequest};
use synod_jute::{CreateMode, ErrorCode, Request, Response};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::Failure;
use crate::zookeeper::connection::{Connection, Session};

const TIMEOUT_MS: u64 = 10_000;
/// How long a session may be silent.
pub(super) const TIMEOUT: Duration = Duration::from_millis(TIMEOUT_MS);
/// How often it says that it lives.
const PING_EVERY: Duration = Duration::from_millis(TIMEOUT_MS / 3);
/// A member of which nothing was heard for so long is left.
const SILENCE: Duration = Duration::from_millis(TIMEOUT_MS * 2 / 3);
/// How long a member may take to give the session.
const OPENING: Duration = Duration::from_millis(TIMEOUT_MS / 3);
/// Pause once all members were asked, at most.
const PAUSE_MS_MAX: u64 = 1_000;
/// How long anything else may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client with a session.
pub(super) struct Visitor {
    addresses: Arc<[String]>,
    /// Which of the addresses it is at, or asked last.
    at: usize,
    connection: Option<Connection>,
    session: Session,
    /// When it last said that it lives, of what was answered.
    said: Instant,
    /// When it was last answered.
    heard: Instant,
    story: Story,
}

/// What happened to a session.
#[derive(Default)]
pub(super) struct Story {
    pub(super) ways: Vec<Way>,
    /// The longest time between two signs of life that were answered.
    pub(super) silence: Duration,
}

/// From one member to another.
pub(super) struct Way {
    /// When it was there.
    pub(super) end: Instant,
    /// How long it was at no member.
    pub(super) length: Duration,
}

impl Visitor {
    /// A new session at this one of the members, or at another one if that is not there.
    pub(super) async fn come(addresses: &Arc<[String]>, at: usize) -> Result<Self, Failure> {
        let now = Instant::now();
        let mut visitor = Self {
            addresses: Arc::clone(addresses),
            at,
            connection: None,
            session: Session::wanted(),
            said: now,
            heard: now,
            story: Story::default(),
        };
        let found = timeout(PATIENCE, visitor.find()).await;
        found.map_err(|_| "no member gives a session within a minute")??;
        visitor.story = Story::default();
        Ok(visitor)
    }

    /// Keeps the session until then, and says once more that it lives; what happened to it.
    ///
    /// # Errors
    /// When it is told that its session is no more.
    pub(super) async fn live(mut self, until: impl Future) -> Result<Story, Failure> {
        tokio::select! {
            lost = self.stay() => return Err(lost),
            _ = until => {}
        }
        self.say().await?;
        Ok(self.story)
    }

    /// Keeps the session; why it could not.
    async fn stay(&mut self) -> Failure {
        loop {
            if let Err(lost) = self.say().await {
                return lost;
            }
            let due = self.said + PING_EVERY;
            if let Some(connection) = &mut self.connection {
                // The end of the connection is noticed at once, by what is said next.
                let _ = timeout_at(due, connection.ended()).await;
            }
        }
    }

    /// Says that it lives, at whichever member, and hears that it is known.
    ///
    /// # Errors
    /// When it is told that its session is no more.
    async fn say(&mut self) -> Result<(), Failure> {
        loop {
            let said = Instant::now();
            if let Some(connection) = &mut self.connection
                && let Ok(Ok(())) = timeout_at(self.heard + SILENCE, connection.ping()).await
            {
                self.answered(said);
                return Ok(());
            }
            self.find().await?;
        }
    }

    /// Creates nodes, all asked for at once.
    pub(super) async fn create(
        &mut self,
        paths: impl Iterator<Item = String>,
        mode: CreateMode,
    ) -> Result<(), Failure> {
        let create = |path: String| {
            Request::Create(CreateRequest {
                path: path.as_str().into(),
                data: None,
                acl: Some(vec![Acl::open()]),
                flags: mode.number(),
            })
        };
        let requests: Vec<_> = paths.map(create).collect();
        for (error, _) in self.ask(&requests).await? {
            // It is there already if it was asked for by a connection that ended before the answer.
            if !matches!(error, ErrorCode::Ok | ErrorCode::NodeExists) {
                return Err(format!("a node is not created: {error}"));
            }
        }
        Ok(())
    }

    /// How many nodes are below one, once everything that was decided before is known to the member.
    pub(super) async fn count(&mut self, path: &str) -> Result<usize, Failure> {
        let sync = Request::Sync(SyncRequest {
            path: Some(path.into()),
        });
        let count = Request::GetAllChildrenNumber(PathRequest { path: path.into() });
        match &self.ask(&[sync, count]).await?[..] {
            [_, (_, Response::ChildrenNumber(number))] => Ok(usize::try_from(*number).unwrap_or(0)),
            other => Err(format!("{path} is not counted: {other:?}")),
        }
    }

    /// Asks for all of it at once, at one member after the other until it is answered.
    async fn ask(&mut self, requests: &[Request]) -> Result<Vec<(ErrorCode, Response)>, Failure> {
        let answered = timeout(PATIENCE, async {
            loop {
                let said = Instant::now();
                if let Some(connection) = &mut self.connection
                    && let Ok(Ok(answers)) = timeout(SILENCE, connection.call_all(requests)).await
                {
                    self.answered(said);
                    return Ok(answers);
                }
                self.find().await?;
            }
        });
        let answered = answered.await;
        answered.map_err(|_| "no member answers within a minute".to_owned())?
    }

    /// Leaves its member, and asks the others until one has its session.
    async fn find(&mut self) -> Result<(), Failure> {
        let left = Instant::now();
        if let Some(connection) = self.connection.take() {
            self.session = connection.leave();
        }
        loop {
            for _ in 0..self.addresses.len() {
                self.at += 1;
                let address = &self.addresses[self.at % self.addresses.len()];
                let asked = Instant::now();
                let opened = timeout(OPENING, Connection::open(address, TIMEOUT, &self.session));
                let Ok(Ok(opened)) = opened.await else {
                    continue;
                };
                self.connection = Some(opened.ok_or_else(|| self.lost())?);
                self.answered(asked);
                let way = Way {
                    end: self.heard,
                    length: left.elapsed(),
                };
                self.story.ways.push(way);
                return Ok(());
            }
            sleep(Duration::from_millis(fastrand::u64(..PAUSE_MS_MAX))).await;
        }
    }

    /// It was answered what it said then.
    fn answered(&mut self, said: Instant) {
        self.story.silence = self.story.silence.max(said - self.said);
        self.said = said;
        self.heard = Instant::now();
    }

    fn lost(&self) -> Failure {
        let (id, silent) = (self.session.id.0, self.said.elapsed().as_secs_f64());
        format!("session {id:x} is lost, last heard of {silent:.1} s ago")
    }
}
