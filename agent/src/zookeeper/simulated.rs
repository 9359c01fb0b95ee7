//! The front end without sockets and timers: for a simulator, which hands in bytes, time and turns.
//!
//! What is linked is what ships: how a session begins (`opening`), the order of a connection's requests (`pipeline`), reads,
//! writes, watches and their delivery (`desk`), the outbox, what is told to the leader and what comes of it (`pulse`), the codec.
//! What is done here instead of there, over time that is handed in: reading and writing a socket (`connection::Task`), and when
//! the leader is told ([`Station::pulse`] stands for `pulse::beat`).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use futures::FutureExt as _;
use synod_jute::Frames;
use synod_jute::records::ConnectRequest;
use synod_replica::{Refusal, Span};
use synod_znode::{Id, Store, Touched};
use tokio_util::sync::CancellationToken;

use super::aside::Aside;
use super::connection::Connection;
use super::outbox::Outgoing;
use super::pulse::{self, Beat};
use super::{Front, Settings, opening};
use crate::clock;
use crate::engine::Engine;

type Doing<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A client's end of a connection, by the number that the simulator gave it.
pub type Line = u64;

/// A connection, as its socket's task would have it.
struct Socket {
    connection: Arc<Connection>,
    /// While it is given a session.
    opening: Option<Doing<std::io::Result<()>>>,
    /// What came and was not taken yet.
    input: BytesMut,
}

/// What the leader is being told.
struct Telling {
    beat: Beat,
    answer: Doing<Result<Touched, Refusal>>,
    until: clock::Now,
}

/// The front end of one process.
pub struct Station {
    front: Arc<Front>,
    sockets: BTreeMap<Line, Socket>,
    telling: Option<Telling>,
    /// When the leader is told next, if nobody hurries.
    tell_at: clock::Now,
    /// It is not told before then, whoever hurries.
    rest_until: clock::Now,
    /// When it last took note.
    confirmed: clock::Now,
}

/// What goes to a client.
#[derive(Debug, Default)]
pub struct Sent {
    /// In this order.
    pub bytes: Bytes,
    /// Whether the connection ends behind them.
    pub ends: bool,
}

impl Station {
    /// A front end over an engine.
    #[must_use]
    pub fn new(engine: Engine<Store>, settings: Settings) -> Self {
        let mut front = Front::new(engine, settings, CancellationToken::new());
        front.aside = Aside::waiting();
        let front = Arc::new(front);
        let _ = front.deliver_after_turns().now_or_never();
        let now = clock::now();
        Self {
            front,
            sockets: BTreeMap::new(),
            telling: None,
            tell_at: now + INTERVAL,
            rest_until: now,
            confirmed: now,
        }
    }

    /// A client connects.
    pub fn connect(&mut self, line: Line, request: ConnectRequest) {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let ids = vec![Id::new("ip", peer.ip().to_string())];
        let purse = self.front.budget.purse();
        let id = self.front.connection_id();
        let connection = Arc::new(Connection::new(id, peer, false, ids, purse));
        let (front, at) = (Arc::clone(&self.front), Arc::clone(&connection));
        let opening: Doing<_> =
            Box::pin(async move { opening::attach(&front, &at, &request).await });
        let mut socket = Socket {
            connection,
            opening: Some(opening),
            input: BytesMut::new(),
        };
        socket.open(&self.front);
        self.sockets.insert(line, socket);
    }

    /// Bytes of a client come.
    pub fn receive(&mut self, line: Line, bytes: &[u8]) {
        if let Some(socket) = self.sockets.get_mut(&line) {
            socket.input.extend_from_slice(bytes);
            socket.take_in(&self.front);
        }
    }

    /// The connection is gone: its client closed it, or what is below it did.
    pub fn leave(&mut self, line: Line) {
        if let Some(socket) = self.sockets.remove(&line) {
            socket.connection.outbox.cut();
            self.front.leave(&socket.connection);
        }
    }

    /// After a turn: what takes its time is done, and who waited for its session may have it.
    pub fn go_on(&mut self) {
        self.front.aside.catch_up();
        for socket in self.sockets.values_mut() {
            if socket.open(&self.front) {
                socket.take_in(&self.front);
            }
        }
    }

    /// Takes what is to be sent.
    pub fn send(&mut self) -> Vec<(Line, Sent)> {
        let cx = Context::from_waker(Waker::noop());
        let mut all = Vec::new();
        let mut ended = Vec::new();
        for (line, socket) in &mut self.sockets {
            let (mut sent, mut ends) = (BytesMut::new(), false);
            let outbox = &socket.connection.outbox;
            if outbox.poll_cut(&cx) {
                ends = true;
            }
            while !ends {
                match outbox.poll_take(&cx, &mut BytesMut::new()) {
                    Poll::Ready(Outgoing::Send(bytes)) => {
                        outbox.sent(bytes.len());
                        sent.extend_from_slice(&bytes);
                    }
                    Poll::Ready(Outgoing::Resume) => self.front.resume(&socket.connection),
                    Poll::Ready(Outgoing::End) => ends = true,
                    Poll::Pending => break,
                }
            }
            if ends {
                ended.push(*line);
            }
            if ends || !sent.is_empty() {
                let bytes = sent.freeze();
                all.push((*line, Sent { bytes, ends }));
            }
        }
        ended.into_iter().for_each(|line| self.leave(line));
        all
    }

    /// Tells the leader of who was heard of, if it is time to, as `pulse::beat` does.
    pub fn pulse(&mut self) {
        let now = clock::now();
        if let Some(mut telling) = self.telling.take() {
            let cx = &mut Context::from_waker(Waker::noop());
            match telling.answer.as_mut().poll(cx) {
                Poll::Pending if now < telling.until => self.telling = Some(telling),
                Poll::Ready(Ok(Touched::Gone(gone))) => {
                    self.confirmed = now;
                    self.tell_at = now + INTERVAL;
                    telling.beat.done(&self.front, gone);
                }
                _ => self.unheard(now, telling.beat),
            }
        }
        if self.telling.is_none() && now >= self.rest_until {
            let hurried = self.front.pulse.pinged.notified().now_or_never().is_some();
            if hurried || now >= self.tell_at {
                self.tell(now);
            }
        }
    }

    fn tell(&mut self, now: clock::Now) {
        let connections = self.front.pulse.take();
        self.tell_at = now + INTERVAL;
        if connections.is_empty() {
            self.confirmed = now;
            return;
        }
        let beat = Beat::new(connections);
        let (engine, touch) = (self.front.engine.clone(), beat.touch.clone());
        let mut answer: Doing<_> = Box::pin(async move { engine.soft(touch).await });
        // What is asked at once is on its way.
        let first = answer
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        match first {
            Poll::Pending => {
                let until = now + PATIENCE;
                self.telling = Some(Telling {
                    beat,
                    answer,
                    until,
                });
            }
            Poll::Ready(_) => self.unheard(now, beat),
        }
    }

    fn unheard(&mut self, now: clock::Now, beat: Beat) {
        beat.again(&self.front.pulse);
        if self.front.lets_go(&mut self.confirmed) {
            self.front.let_everybody_go();
            self.confirmed = now;
        }
        self.rest_until = now + RETRY;
        self.tell_at = now + RETRY + INTERVAL;
    }

    /// When [`Station::pulse`] has something to do by itself.
    #[must_use]
    pub fn next_pulse(&self) -> clock::Now {
        match &self.telling {
            Some(telling) => telling.until,
            None if clock::now() < self.rest_until => self.rest_until,
            None => self.tell_at,
        }
    }
}

const INTERVAL: Span = span(pulse::INTERVAL);
const RETRY: Span = span(pulse::RETRY);
const PATIENCE: Span = span(pulse::PATIENCE);

const fn span(duration: std::time::Duration) -> Span {
    Span(duration.as_nanos() as u64)
}

impl Socket {
    /// Goes on with the session's beginning. True if requests are taken from now on.
    fn open(&mut self, front: &Front) -> bool {
        let Some(opening) = &mut self.opening else {
            return false;
        };
        match opening
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Pending => return false,
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => {
                self.connection.outbox.cut();
                front.leave(&self.connection);
            }
        }
        self.opening = None;
        true
    }

    /// As the socket's task takes frames in.
    fn take_in(&mut self, front: &Arc<Front>) {
        let frames = Frames::new(front.settings.frame_bytes_max);
        let mut any = false;
        while self.opening.is_none() && !self.connection.outbox.is_ending() {
            let Ok(Some(frame)) = frames.split(&mut self.input) else {
                break;
            };
            any = true;
            front.take(&self.connection, &frame);
        }
        if any {
            self.connection
                .heard
                .store(clock::now().0, Ordering::Relaxed);
            front.pulse.heard(&self.connection);
            front.start(&self.connection);
        }
    }
}
