//! A client's connection: what it sent, and what it is to be sent.

use std::io::{self, Read as _, Write as _};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use synod_cache::request::{Bounds, Found, Parser};

use crate::Shared;
use crate::answers::Answers;
use crate::mailbox::Message;
use crate::memcached;
use crate::session::{Carried, Session};

/// So much is read at once, unless an argument is longer.
const READ_BYTES: usize = 16 * 1024;
/// When so much came from a client that has to wait, no more is read until it has not.
const UNREAD_BYTES_MAX: usize = 1024 * 1024;
/// When so much waits to be sent, no more commands are carried out until it is.
const UNSENT_BYTES_MAX: usize = 1024 * 1024;

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Over,
}

pub(crate) struct Connection {
    stream: TcpStream,
    token: Token,
    input: Input,
    parser: Parser,
    /// Of a client that came to memcached's port.
    memcached: Option<memcached::Parser>,
    session: Session,
    /// How much of the replies was sent.
    sent: usize,
    waits_to_write: bool,
    /// Commands were not carried out since there was too much to be sent.
    is_held_up: bool,
    /// It was not read to the end since too much came.
    is_full: bool,
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
            sent: 0,
            waits_to_write: false,
            is_held_up: false,
            is_full: false,
        })
    }

    /// What it sends is memcached's protocol.
    pub(crate) fn speak_memcached(&mut self) {
        self.memcached = Some(memcached::Parser::default());
    }

    pub(crate) const fn id(&self) -> u64 {
        self.session.id
    }

    pub(crate) fn close(mut self, shared: &Shared, registry: &Registry) {
        self.session.stop_waiting(shared);
        self.session.unwatch(shared);
        shared.clients.remove(self.session.id);
        drop(registry.deregister(&mut self.stream));
    }

    /// Does what another thread says.
    pub(crate) fn told(
        &mut self,
        message: Message,
        shared: &Shared,
        now: i64,
        registry: &Registry,
    ) -> State {
        let before = self.session.reply.bytes().len();
        match message {
            Message::Answer { bytes, .. } => {
                self.session.stop_waiting(shared);
                self.session.reply.raw(&bytes);
            }
            Message::TryAgain { .. } => self.session.try_again(shared, now),
            Message::Unblock { fails, .. } => self.session.unblocked(shared, fails),
            Message::Close { .. } => return State::Over,
        }
        if self.session.answers != Answers::All {
            self.session.answered(before);
        }
        self.go_on(shared, now, registry)
    }

    /// Answers, if it has waited for long enough.
    pub(crate) fn give_up(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        if self.session.is_paused && shared.pause.is_over() {
            return self.go_on(shared, now, registry);
        }
        let waiting = self.session.waiting.as_ref();
        let Some(waiting) = waiting.filter(|it| it.until.is_some_and(|until| until <= now)) else {
            return State::Open;
        };
        let empty = waiting.empty;
        if !waiting.turn.give_up() {
            // It is answered just now, or looked at whether it can be.
            return State::Open;
        }
        self.session.stop_waiting(shared);
        let before = self.session.reply.bytes().len();
        empty.answer(&mut self.session.reply);
        if self.session.answers != Answers::All {
            self.session.answered(before);
        }
        self.go_on(shared, now, registry)
    }

    /// Carries out what came in the meantime, and writes.
    fn go_on(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        let state = self.work(shared, now, registry, false);
        self.session.note(now);
        state
    }

    /// Reads, carries out, and writes what there is.
    pub(crate) fn serve(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        if self.session.client.is_killed() {
            return State::Over;
        }
        let state = self.work(shared, now, registry, true);
        self.session.note(now);
        state
    }

    fn work(&mut self, shared: &Shared, now: i64, registry: &Registry, mut reads: bool) -> State {
        loop {
            self.carry_out(shared, now);
            if self.write(registry) == State::Over {
                return State::Over;
            }
            if self.waits_to_write {
                return State::Open;
            }
            if self.session.ends {
                return State::Over;
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
                Ok(read) => reads = read >= READ_BYTES,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return State::Open,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return State::Over,
            }
        }
    }

    /// Carries out what a client of memcached sent.
    fn carry_out_memcached(&mut self, shared: &Shared, now: i64) {
        self.session.is_paused = !shared.pause.is_over();
        if self.session.is_paused {
            return;
        }
        while let Some(parser) = &mut self.memcached
            && !self.session.ends
        {
            if self.session.reply.bytes().len() >= UNSENT_BYTES_MAX {
                self.is_held_up = true;
                break;
            }
            let input = self.input.bytes();
            match memcached::carry_out(parser, input, &mut self.session, shared, now) {
                memcached::Carried::Out(bytes) => self.input.done(bytes),
                memcached::Carried::Incomplete => break,
            }
        }
    }

    fn carry_out(&mut self, shared: &Shared, now: i64) {
        self.is_held_up = false;
        if self.memcached.is_some() {
            self.carry_out_memcached(shared, now);
            return;
        }
        if self.session.is_paused && !shared.pause.is_over() {
            return;
        }
        self.session.buffers.input = self.input.bytes().len();
        self.session.buffers.input_room = self.input.room();
        while !self.session.ends && self.session.waiting.is_none() {
            if self.session.reply.bytes().len() >= UNSENT_BYTES_MAX {
                self.is_held_up = true;
                break;
            }
            let bounds = if self.session.may_all() || !self.session.has_to_prove(shared) {
                &Bounds::KNOWN
            } else {
                &Bounds::UNKNOWN
            };
            let input = self.input.bytes();
            match self.parser.next(input, bounds) {
                Ok(Found::Incomplete) => break,
                Ok(Found::Nothing(bytes)) => self.input.done(bytes),
                Ok(Found::Command(bytes)) => {
                    let arguments = self.parser.arguments(input);
                    match self.session.command(shared, now, arguments) {
                        Carried::Out => self.input.done(bytes),
                        Carried::NotYet => break,
                    }
                }
                Err(error) => {
                    self.session.reply.error(&error.to_string());
                    self.session.ends = true;
                }
            }
        }
    }

    fn write(&mut self, registry: &Registry) -> State {
        let reply = &mut self.session.reply;
        let whole;
        let bytes = if reply.shared().is_empty() {
            reply.bytes()
        } else {
            whole = reply.to_vec();
            &whole
        };
        while self.sent < bytes.len() {
            match self.stream.write(&bytes[self.sent..]) {
                Ok(0) => return State::Over,
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.session.buffers.output = bytes.len() - self.sent;
                    return self.wait_to_write(true, registry);
                }
                Err(_) => return State::Over,
            }
        }
        reply.clear();
        self.sent = 0;
        self.session.buffers.output = 0;
        self.wait_to_write(false, registry)
    }

    fn wait_to_write(&mut self, waits: bool, registry: &Registry) -> State {
        if waits == self.waits_to_write {
            return State::Open;
        }
        self.waits_to_write = waits;
        let interest = if waits {
            Interest::WRITABLE
        } else {
            Interest::READABLE
        };
        match registry.reregister(&mut self.stream, self.token, interest) {
            Ok(()) => State::Open,
            Err(_) => State::Over,
        }
    }
}

/// What a client sent and was not carried out yet.
#[derive(Default)]
struct Input {
    bytes: Vec<u8>,
    /// Up to where it was carried out.
    begin: usize,
    /// Up to where something was read.
    end: usize,
}

impl Input {
    fn bytes(&self) -> &[u8] {
        &self.bytes[self.begin..self.end]
    }

    /// How much more there is room for.
    fn room(&self) -> usize {
        self.bytes.len() - self.end
    }

    fn done(&mut self, bytes: usize) {
        self.begin += bytes;
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
        }
    }

    /// Reads what there is, at most as much as there is room for; there is room for so many bytes in all at least.
    fn read(&mut self, stream: &mut TcpStream, needed: usize) -> io::Result<usize> {
        if self.begin > 0 {
            self.bytes.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
        }
        let room = needed.max(self.end + READ_BYTES);
        if self.bytes.len() < room {
            self.bytes.resize(room, 0);
        }
        let read = stream.read(&mut self.bytes[self.end..])?;
        self.end += read;
        Ok(read)
    }
}
