//! A connection's requests, in its order: a run of reads is done at once, a run of writes is one command in the log, and what comes
//! after it waits until it is answered. So a client that sends many requests ahead has them in order, across elections too, and
//! costs one slot for a run.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;
use synod_jute::{Refusal, Reply, Request, RequestHeader, Text};
use synod_znode::{Command, Response, Store};

use super::budget::Purse;
use super::connection::Connection;
use super::refusals::refuse;
use super::resumed::Resumed;
use super::writes::{self, Asked, Owed};
use super::{Front, desk, read_only, reads, records};
use crate::mutation::mutated;

/// Requests of one connection that wait.
const REQUESTS_MAX: usize = 1_000;
/// Their bytes.
const BYTES_MAX: usize = 4 << 20;
/// Requests of one command.
const RUN_MAX: usize = 256;
/// Bytes of one command's requests but for the last.
pub const RUN_BYTES_MAX: usize = 512 << 10;

/// A request that waits, or its refusal.
struct Waiting {
    asked: Asked,
    bytes: usize,
}

/// The requests of one connection.
pub(super) struct Pipeline {
    purse: Arc<Purse>,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Somebody is at it: the loop, or an answer that is waited for.
    busy: bool,
    /// Nothing more comes: the connection ends once nothing waits.
    finishing: bool,
    waker: Option<Waker>,
    /// How many of those that wait were there when the log was last asked how far it is.
    confirmed: usize,
}

/// What is to be done next.
enum Next {
    /// This, which the store answers as it is.
    Local(RequestHeader, Request),
    /// These, by one command.
    Writes(Vec<Owed>, Vec<synod_znode::Write>),
    /// Count what is below a node, beside the loop.
    Count(RequestHeader, Text),
    /// Wait for the log, and answer.
    Sync(RequestHeader, Option<Text>),
    /// Wait for the leader to take note of the session.
    Ping,
    /// End the session.
    Close(RequestHeader),
    /// Answer what cannot be read.
    Refused(Refusal),
    /// Go on.
    Done,
    /// Nothing waits.
    Idle,
    /// Nothing waits, and nothing more comes.
    Finished,
}

impl Pipeline {
    /// Nothing waits yet.
    pub(super) const fn new(purse: Arc<Purse>) -> Self {
        Self {
            purse,
            waiting: VecDeque::new(),
            bytes: 0,
            busy: false,
            finishing: false,
            waker: None,
            confirmed: 0,
        }
    }

    fn push(&mut self, asked: Asked, bytes: usize) {
        self.bytes += bytes;
        self.purse.take(bytes);
        self.waiting.push_back(Waiting { asked, bytes });
    }

    fn has_enough(&self) -> bool {
        self.bytes >= BYTES_MAX
            || self.waiting.len() >= REQUESTS_MAX
            || self.purse.is_short_for(self.bytes)
    }

    fn pop(&mut self) -> Option<Asked> {
        let waiting = self.waiting.pop_front()?;
        self.bytes -= waiting.bytes;
        self.purse.give(waiting.bytes);
        self.confirmed = self.confirmed.saturating_sub(1);
        if !self.has_enough()
            && let Some(waker) = self.waker.take()
        {
            waker.wake();
        }
        Some(waiting.asked)
    }

    fn next_is_write(&self) -> bool {
        self.waiting
            .front()
            .is_some_and(|waiting| writes::is_write(&waiting.asked))
    }

    /// The log is asked how far it is.
    pub(super) fn note_confirmation(&mut self) {
        self.confirmed = self.waiting.len();
    }

    /// Whether the next one is a read that came after the log was last asked how far it is.
    pub(super) fn next_is_unconfirmed_read(&self) -> bool {
        let is_read = |waiting: &Waiting| match &waiting.asked {
            Ok((_, request)) => !matches!(
                request,
                Request::Sync(_) | Request::Ping | Request::CloseSession
            ),
            Err(_) => false,
        };
        let first = self.waiting.front();
        self.confirmed == 0 && !self.next_is_write() && first.is_some_and(is_read)
    }

    /// Takes what is to be done next; with nothing to do, nobody is at it any more.
    fn next(&mut self) -> Next {
        if self.next_is_write() {
            return self.run();
        }
        match self.pop() {
            None => {
                self.busy = false;
                if self.finishing {
                    return Next::Finished;
                }
                Next::Idle
            }
            Some(Err(refusal)) => Next::Refused(refusal),
            Some(Ok((header, Request::Sync(request)))) => Next::Sync(header, request.path),
            Some(Ok((header, Request::GetAllChildrenNumber(request)))) => {
                Next::Count(header, request.path)
            }
            Some(Ok((_, Request::Ping))) => Next::Ping,
            Some(Ok((header, Request::CloseSession))) => Next::Close(header),
            Some(Ok((header, request))) => Next::Local(header, request),
        }
    }

    fn run(&mut self) -> Next {
        let (mut owed, mut run, mut bytes) = (Vec::new(), Vec::new(), 0);
        while self.next_is_write() && run.len() < RUN_MAX && bytes < RUN_BYTES_MAX {
            bytes += self.waiting.front().map_or(0, |waiting| waiting.bytes);
            if let Some((answer, write)) = self.pop().and_then(writes::write_of) {
                owed.push(answer);
                run.push(write);
            }
        }
        Next::Writes(owed, run)
    }
}

impl Front {
    /// Takes a frame in.
    pub(super) fn take(&self, connection: &Connection, frame: &Bytes) {
        lock(connection).push(Request::decode(frame), frame.len());
    }

    /// Whether a connection has so many requests waiting that no more are to be taken in; then its task is woken when it has
    /// less.
    pub(super) fn has_enough(&self, connection: &Connection, cx: &Context<'_>) -> bool {
        let mut pipeline = lock(connection);
        let enough = pipeline.has_enough();
        if enough {
            pipeline.waker = Some(cx.waker().clone());
        }
        enough
    }

    /// Sees to it that somebody is at a connection's requests.
    pub(super) fn start(self: &Arc<Self>, connection: &Arc<Connection>) {
        let mut pipeline = lock(connection);
        let is_taken = pipeline.busy && !mutated("agent.pipeline.overtakes");
        if is_taken {
            return;
        }
        if pipeline.waiting.is_empty() {
            if pipeline.finishing {
                connection.outbox.end();
            }
            return;
        }
        pipeline.busy = true;
        let reads_only = connection.is_read_only();
        if pipeline.next_is_write() && !reads_only {
            let next = pipeline.run();
            drop(pipeline);
            if let Next::Writes(owed, run) = next {
                self.propose(connection, owed, run);
            }
            return;
        }
        drop(pipeline);
        if self.settings.reads.are_linearizable() && !reads_only {
            return self.confirm(connection);
        }
        let (front, at) = (Arc::clone(self), Arc::clone(connection));
        if (self.engine.tell(move |store| front.go_on(&at, store))).is_err() {
            // What was asked is not answered: the client asks elsewhere, or again.
            connection.outbox.cut();
        }
    }

    /// Nothing more is taken in of a connection: it ends once what was asked is answered.
    pub(super) fn finish(self: &Arc<Self>, connection: &Arc<Connection>) {
        lock(connection).finishing = true;
        self.start(connection);
    }

    /// What was waited for is answered: what waits behind it is to be done.
    pub(super) fn resume(self: &Arc<Self>, connection: &Arc<Connection>) {
        lock(connection).busy = false;
        self.start(connection);
    }

    /// Does what waits, in the loop, until something must be waited for.
    pub(super) fn go_on(self: &Arc<Self>, connection: &Arc<Connection>, store: &mut Store) {
        let desk = Arc::clone(&self.desk);
        desk::with(&desk, store, |desk, store| {
            desk.deliver(store, store.zxid());
            // Who does not read what it is sent is asked for no more: its task resumes it.
            while !connection.outbox.is_ending() && !connection.outbox.pauses() {
                if self.must_confirm(connection) {
                    return self.confirm(connection);
                }
                let next = lock(connection).next();
                let next = match connection.is_read_only() {
                    true => read_only(connection, store, next),
                    false => next,
                };
                match next {
                    Next::Done => {}
                    Next::Local(header, request) => {
                        reads::answer(self, desk, store, connection, header, request);
                    }
                    Next::Refused(refusal) => refuse(connection, store, &refusal),
                    Next::Writes(owed, run) => return self.propose(connection, owed, run),
                    Next::Count(header, path) => {
                        return self.count(connection, store, header, &path);
                    }
                    Next::Sync(header, path) => {
                        return self.ask_log(connection, Some((header, path)));
                    }
                    Next::Ping if mutated("agent.pulse.pong_unconfirmed") => {
                        read_only::pong(connection, store);
                    }
                    Next::Ping => return self.pulse.ping(connection),
                    Next::Close(header) => return self.close(connection, header),
                    Next::Idle => return,
                    Next::Finished => return connection.outbox.end(),
                }
            }
        });
    }

    fn propose(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        owed: Vec<Owed>,
        writes: Vec<synod_znode::Write>,
    ) {
        let command = Command::Write {
            by: connection.asker(),
            writes,
        };
        let (front, at) = (Arc::clone(self), Arc::clone(connection));
        self.decide(connection, &command, move |store, response| {
            let Response::Answers(answers) = response else {
                return at.outbox.cut();
            };
            desk::with(&front.desk, store, |desk, store| {
                for (owed, answer) in owed.into_iter().zip(answers) {
                    desk.deliver(store, answer.zxid);
                    writes::answer(&at, owed, answer);
                }
            });
            front.go_on_later(
                Resumed {
                    connection: at,
                    sync: None,
                },
                store,
            );
        });
    }

    fn close(self: &Arc<Self>, connection: &Arc<Connection>, header: RequestHeader) {
        let by = connection.asker();
        let at = Arc::clone(connection);
        let desk = Arc::clone(&self.desk);
        self.decide(
            connection,
            &Command::CloseSession { by },
            move |store, response| {
                let Response::Closed { zxid } = response else {
                    return at.outbox.cut();
                };
                desk::with(&desk, store, |desk, store| {
                    // The reply is the last that is sent: what ends the connection comes after it.
                    at.outbox.put(|out| {
                        Reply::ok(header.xid, records::zxid(zxid), synod_jute::Response::None)
                            .encode(out)
                    });
                    at.outbox.end();
                    desk.deliver(store, zxid);
                });
            },
        );
    }

    /// Has a command decided; `then` runs in the loop. Without a decision the connection is cut: whether it was decided is not
    /// known, which a client is told by the loss of its connection.
    fn decide(
        &self,
        connection: &Arc<Connection>,
        command: &Command,
        then: impl FnOnce(&mut Store, Response) + Send + 'static,
    ) {
        let at = Arc::clone(connection);
        let told = self.engine.propose_then(
            command.encode(),
            Box::new(move |decided| match decided {
                Ok((store, response)) => then(store, response),
                Err(_) => at.outbox.cut(),
            }),
        );
        if told.is_err() {
            connection.outbox.cut();
        }
    }
}

/// What is left to do of a step for a client without a session.
fn read_only(connection: &Connection, store: &Store, next: Next) -> Next {
    match next {
        Next::Writes(owed, _) => {
            for owed in owed {
                read_only::refuse(connection, store, owed.header());
            }
        }
        Next::Sync(header, _) => read_only::refuse(connection, store, header),
        Next::Ping => read_only::pong(connection, store),
        Next::Close(header) => read_only::close(connection, store, header),
        other => return other,
    }
    Next::Done
}

pub(super) fn lock(connection: &Connection) -> std::sync::MutexGuard<'_, Pipeline> {
    connection
        .pipeline
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
