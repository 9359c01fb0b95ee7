//! A client's connection: what it sent, and what it is to be sent.

use std::io::{self, Read as _, Write as _};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use synod_cache::request::{Bounds, Found, Parser};

use crate::Shared;
use crate::mailbox::Message;
use crate::session::Session;

/// So much is read at once, unless an argument is longer.
const READ_BYTES: usize = 16 * 1024;
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
    session: Session,
    /// How much of the replies was sent.
    sent: usize,
    waits_to_write: bool,
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
            session,
            sent: 0,
            waits_to_write: false,
            held: None,
        })
    }

    pub(crate) const fn id(&self) -> u64 {
        self.session.id
    }

    pub(crate) fn close(mut self, shared: &Shared, registry: &Registry) {
        self.session.stop_waiting(shared);
        self.session.unwatch(shared);
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
        match message {
            Message::Answer { bytes, .. } => {
                self.session.stop_waiting(shared);
                self.session.reply.raw(&bytes);
            }
            Message::TryAgain { .. } => self.session.try_again(shared, now),
        }
        self.go_on(shared, now, registry)
    }

    /// Whether replies wait for the log.
    pub(crate) const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// The log has come further, or failed: what waited for it goes on.
    pub(crate) fn release(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        let Some(persistence) = &shared.persistence else {
            return State::Open;
        };
        if persistence.journal.is_failed() {
            return State::Over;
        }
        if self
            .held
            .is_some_and(|place| persistence.journal.holds(place))
        {
            return State::Open;
        }
        self.held = None;
        // Before more is carried out, whose replies may have to wait again.
        if self.write(registry) == State::Over {
            return State::Over;
        }
        match self.go_on(shared, now, registry) {
            State::Open if self.held.is_none() => self.serve(shared, now, registry),
            state => state,
        }
    }

    /// Answers, if it has waited for long enough.
    pub(crate) fn give_up(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        if self.session.kept.is_awaiting() {
            return self.stop_awaiting(shared, now, registry);
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
        empty.answer(&mut self.session.reply);
        self.go_on(shared, now, registry)
    }

    /// Answers what it waits for of the disk, if it is there or over.
    fn stop_awaiting(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        if !self.session.try_answer(shared, now) {
            return State::Open;
        }
        match self.go_on(shared, now, registry) {
            State::Open if self.held.is_none() => self.serve(shared, now, registry),
            state => state,
        }
    }

    /// Carries out what came in the meantime, and writes.
    fn go_on(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        self.carry_out(shared, now);
        match self.write(registry) {
            State::Open if !self.session.ends || self.held.is_some() => State::Open,
            _ => State::Over,
        }
    }

    /// Reads, carries out, and writes what there is.
    pub(crate) fn serve(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        if self.waits_to_write && self.write(registry) == State::Over {
            return State::Over;
        }
        while !self.waits_to_write && self.held.is_none() {
            let read = match self.input.read(&mut self.stream, self.parser.needed()) {
                Ok(0) => return State::Over,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return State::Open,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return State::Over,
            };
            self.carry_out(shared, now);
            if self.write(registry) == State::Over || self.session.ends && self.held.is_none() {
                return State::Over;
            }
            if read < READ_BYTES {
                return State::Open;
            }
        }
        State::Open
    }

    fn carry_out(&mut self, shared: &Shared, now: i64) {
        while !self.session.ends
            && self.session.waiting.is_none()
            && !self.session.kept.is_awaiting()
            && self.session.reply.bytes().len() < UNSENT_BYTES_MAX
        {
            let input = self.input.bytes();
            match self.parser.next(input, &Bounds::KNOWN) {
                Ok(Found::Incomplete) => break,
                Ok(Found::Nothing(bytes)) => self.input.done(bytes),
                Ok(Found::Command(bytes)) => {
                    self.session
                        .announce(shared, self.parser.ahead(&input[bytes..]));
                    self.session
                        .command(shared, now, self.parser.arguments(input));
                    self.input.done(bytes);
                }
                Err(error) => {
                    self.session.reply.error(&error.to_string());
                    self.session.ends = true;
                }
            }
        }
        if let Some(persistence) = &shared.persistence {
            let held = persistence.hold(&mut self.session, shared);
            self.held = self.held.max(held);
        }
    }

    fn write(&mut self, registry: &Registry) -> State {
        if self.held.is_some() {
            return State::Open;
        }
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
                    return self.wait_to_write(true, registry);
                }
                Err(_) => return State::Over,
            }
        }
        reply.clear();
        self.sent = 0;
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
