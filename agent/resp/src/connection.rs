//! A client's connection: what it sent, and what it is to be sent.

mod input;
mod later;
mod sending;

use std::io;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use synod_cache::reply::Protocol;
use synod_cache::request::{Bounds, Found, Parser};

use crate::Shared;
use crate::client::Kind;
use crate::config::Id;
use crate::limits::Overdue;
use crate::listening::Change;
use crate::memcached;
use crate::output::Output;
use crate::scripting::{Attend, reborrowed};
use crate::session::{Carried, Session};
use crate::worker;
use input::Input;

/// So much is read at once, unless an argument is longer.
const READ_BYTES: usize = 16 * 1024;
/// When so much came from a client that has to wait, no more is read until it has not.
const UNREAD_BYTES_MAX: usize = 1024 * 1024;
/// When so much waits to be sent, no more commands are carried out until it is.
const UNSENT_BYTES_MAX: usize = 1024 * 1024;
/// What is sent to many is copied if it is shorter, and shared by them if not.
const SHARED_FROM: usize = 512;

const ARGUMENT_MAX: Id = Id::of("proto-max-bulk-len");

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// What is next may take long: it is to be carried out by [`Connection::alone`].
    Alone,
    /// It has to wait until messages were read.
    Paused,
    Over,
    /// It is to be closed, since it does not read what it is sent.
    TooMuch,
}

pub(crate) struct Connection {
    stream: TcpStream,
    token: Token,
    input: Input,
    parser: Parser,
    /// Of a client that came to memcached's port.
    memcached: Option<memcached::Parser>,
    session: Session,
    output: Output,
    overdue: Overdue,
    waits_to_write: bool,
    /// Commands were not carried out since there was too much to be sent.
    is_held_up: bool,
    /// Something is to be written that it did not ask for.
    is_pushed: bool,
    /// All messages were read that there were when it paused.
    is_resumed: bool,
    /// It was not read to the end since too much came.
    is_full: bool,
    /// Replies wait until the log is synced up to this place.
    held: Option<u64>,
}

impl Connection {
    pub(crate) fn open(
        mut stream: TcpStream,
        token: Token,
        session: Session,
        registry: &Registry,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        registry.register(&mut stream, token, Interest::READABLE)?;
        Ok(Self {
            stream,
            token,
            input: Input::default(),
            parser: Parser::default(),
            memcached: None,
            session,
            output: Output::default(),
            overdue: Overdue::default(),
            waits_to_write: false,
            is_held_up: false,
            is_pushed: false,
            is_resumed: false,
            is_full: false,
            held: None,
        })
    }

    /// What it sends is memcached's protocol.
    pub(crate) fn speak_memcached(&mut self) {
        self.memcached = Some(memcached::Parser::default());
    }

    pub(crate) const fn id(&self) -> u64 {
        self.session.id
    }

    pub(crate) const fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) const fn protocol(&self) -> Protocol {
        self.session.reply.protocol()
    }

    /// Whether it has called nothing for so many seconds, and waits for nothing, nor listens.
    pub(crate) fn is_idle(&self, now: i64, seconds: i64) -> bool {
        let activity = self.session.client.known().activity;
        let listens = activity.kind() != Kind::Normal || activity.monitors;
        let is_normal = !listens && !activity.waits;
        is_normal && now.saturating_sub(activity.at) > seconds.saturating_mul(1000)
    }

    /// Ends it; what its thread has to know of that.
    pub(crate) fn close(mut self, shared: &Shared, registry: &Registry) -> Vec<Change> {
        self.session.stop_waiting(shared);
        self.session.unwatch(shared);
        self.session.stop_listening(shared);
        shared.clients.remove(self.session.id);
        drop(registry.deregister(&mut self.stream));
        self.take_changes()
    }

    /// Whether its thread has to know something.
    pub(crate) fn has_changes(&self) -> bool {
        let listening = self.session.listening.as_ref();
        listening.is_some_and(|it| !it.changes.is_empty())
    }

    /// What its thread has to know of what it listens to.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        let listening = self.session.listening.as_mut();
        listening.map_or_else(Vec::new, |it| std::mem::take(&mut it.changes))
    }

    /// Carries out what came, scripts as well. Somebody attends to the other connections meanwhile, and may see what comes for
    /// this one, which is looked for then.
    pub(crate) fn alone(&mut self, shared: &Shared, attendant: &mut dyn Attend) {
        let before = shared.scripting.attended();
        self.carry_out(shared, worker::now(), Some(attendant));
        self.is_full |= shared.scripting.attended() != before;
    }

    /// Carries out what came in the meantime, and writes.
    pub(crate) fn go_on(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        let state = self.work(shared, now, registry, false);
        self.session.note(now);
        state
    }

    /// Reads, carries out, and writes what there is.
    pub(crate) fn serve(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        if self.session.client.is_killed() {
            return State::Over;
        }
        if self.session.pauses {
            // It goes on by itself, but for what is to be sent.
            return match self.write(shared, registry) {
                State::Open => self.bounded(shared, now),
                state => state,
            };
        }
        let state = self.work(shared, now, registry, true);
        self.session.note(now);
        state
    }

    fn work(&mut self, shared: &Shared, now: i64, registry: &Registry, mut reads: bool) -> State {
        if self.waits_to_write {
            self.hold(shared);
            if self.write(shared, registry) == State::Over {
                return State::Over;
            }
        }
        loop {
            if !self.waits_to_write {
                if !self.carry_out(shared, now, None) {
                    self.is_full |= reads;
                    return State::Alone;
                }
                if self.write(shared, registry) == State::Over {
                    return State::Over;
                }
            }
            if self.waits_to_write {
                return match self.bounded(shared, now) {
                    State::Open if self.session.pauses => State::Paused,
                    state => state,
                };
            }
            if self.held.is_some() {
                return if self.session.pauses {
                    State::Paused
                } else {
                    State::Open
                };
            }
            if self.session.ends {
                return State::Over;
            }
            if self.session.pauses {
                return State::Paused;
            }
            if self.is_held_up {
                // By what was to be sent, which it is now.
                continue;
            }
            reads |= std::mem::take(&mut self.is_full);
            if !reads {
                return State::Open;
            }
            if self.session.stands() && self.input.bytes().len() >= UNREAD_BYTES_MAX {
                self.is_full = true;
                return State::Open;
            }
            let needed = match &self.memcached {
                Some(parser) => parser.needed(),
                None => self.parser.needed(),
            };
            match self.input.read(&mut self.stream, needed) {
                Ok(0) => return State::Over,
                Ok(read) => {
                    reads = read >= READ_BYTES;
                    shared.counts[self.session.worker]
                        .input_bytes
                        .add(read as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return State::Open,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return State::Over,
            }
        }
    }

    /// Carries out what a client of memcached sent. It is as in a pause while a script is busy.
    fn carry_out_memcached(&mut self, shared: &Shared, now: i64) {
        self.session.is_paused = !shared.pause.is_over() || shared.scripting.is_busy();
        if self.session.is_paused {
            return;
        }
        while let Some(parser) = &mut self.memcached
            && !self.session.ends
            && !self.session.pauses
        {
            if self.session.reply.length() >= UNSENT_BYTES_MAX {
                self.is_held_up = true;
                break;
            }
            let input = self.input.bytes();
            match memcached::carry_out(parser, input, &mut self.session, shared, now) {
                memcached::Carried::Out(bytes) => self.input.done(bytes),
                memcached::Carried::Incomplete => break,
            }
        }
        self.hold(shared);
    }

    /// Whether it could be carried out as it is.
    fn carry_out(
        &mut self,
        shared: &Shared,
        mut now: i64,
        mut attendant: Option<&mut dyn Attend>,
    ) -> bool {
        self.is_held_up = false;
        if self.memcached.is_some() {
            self.carry_out_memcached(shared, now);
            return true;
        }
        if self.session.is_paused && !shared.pause.is_over() {
            return true;
        }
        let mut is_done = true;
        self.session.begin_to_measure(shared);
        self.session.buffers.input = self.input.bytes().len();
        self.session.buffers.input_room = self.input.room();
        let known = Bounds {
            argument_bytes_max: shared.config.size(ARGUMENT_MAX),
            ..Bounds::KNOWN
        };
        while !self.session.ends
            && !self.session.pauses
            && self.session.waiting.is_none()
            && !self.session.kept.is_awaiting()
        {
            // What it was sent before comes before what it is answered. However much comes, it goes on in between.
            if self.session.listening.is_some() && !std::mem::take(&mut self.is_resumed) {
                self.session.pauses = self.session.awaits_messages(shared);
                if self.session.pauses {
                    break;
                }
            }
            if self.session.reply.length() >= UNSENT_BYTES_MAX {
                self.is_held_up = true;
                break;
            }
            let bounds = if self.session.has_to_prove(shared) {
                &Bounds::UNKNOWN
            } else {
                &known
            };
            let input = self.input.bytes();
            match self.parser.next(input, bounds) {
                Ok(Found::Incomplete) => break,
                Ok(Found::Nothing(bytes)) => self.input.done(bytes),
                Ok(Found::Command(bytes)) => {
                    self.session
                        .announce(shared, self.parser.ahead(&input[bytes..]));
                    let arguments = self.parser.arguments(input);
                    let attendant = reborrowed(&mut attendant);
                    if attendant.is_some() {
                        // The one before may have taken long.
                        now = worker::now();
                    }
                    match self.session.command(shared, now, arguments, attendant) {
                        Carried::Out => self.input.done(bytes),
                        later => {
                            self.parser.put_back(bytes);
                            is_done = later != Carried::Alone;
                            break;
                        }
                    }
                }
                Err(error) => {
                    self.session.reply.error(&error.to_string());
                    self.session.ends = true;
                }
            }
        }
        self.hold(shared);
        is_done
    }
}
