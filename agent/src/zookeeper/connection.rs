//! A connection: what its task and the engine's loop share, and the task.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use synod_jute::Frames;
use synod_znode::{Asker, Attachment, ConnectionId, Id, Readers, SessionId};
use tokio::io::AsyncWrite;
use tokio::time::{Sleep, sleep};
use tokio_util::io::poll_read_buf;

use super::Front;
use super::budget::Purse;
use super::outbox::{Outbox, Outgoing};
use super::pipeline::Pipeline;
use super::sasl::Begun;
use crate::clock;
use crate::tls::Stream;

/// How long a client may take to read the last that is sent, and the group to answer what was asked before the stop.
const GOODBYE: Duration = Duration::from_secs(5);
/// Bytes asked of the socket at a time.
const READ_BYTES: usize = 16 << 10;

/// The session that a connection holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) session: SessionId,
    pub(super) attachment: Attachment,
    pub(super) timeout_ms: u32,
    /// There is no session: see [`super::read_only`].
    pub(super) read_only: bool,
}

/// What the task and the loop share of a connection.
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) peer: SocketAddr,
    /// By TLS.
    pub(super) is_secure: bool,
    /// When it began, as [`clock::now`].
    pub(super) since: u64,
    pub(super) outbox: Outbox,
    purse: Arc<Purse>,
    pub(super) pipeline: Mutex<Pipeline>,
    pub(super) held: OnceLock<Held>,
    /// What it proved to be, its address first.
    pub(super) ids: Mutex<Vec<Id>>,
    /// When a packet last came, as [`clock::now`].
    pub(super) heard: AtomicU64,
    /// A log-in that has begun.
    pub(super) log_in: Mutex<Option<Begun>>,
    /// Whether the pulse has it on its list.
    pub(super) listed: AtomicBool,
    /// A ping waits for its answer, and what was asked after it for both.
    pub(super) pinging: AtomicBool,
    received: AtomicU64,
}

impl Connection {
    pub(super) fn new(
        id: ConnectionId,
        peer: SocketAddr,
        is_secure: bool,
        ids: Vec<Id>,
        purse: Purse,
    ) -> Self {
        let now = clock::now().0;
        let purse = Arc::new(purse);
        Self {
            id,
            peer,
            is_secure,
            since: now,
            outbox: Outbox::new(Arc::clone(&purse)),
            pipeline: Mutex::new(Pipeline::new(Arc::clone(&purse))),
            purse,
            held: OnceLock::new(),
            ids: Mutex::new(ids),
            heard: AtomicU64::new(now),
            log_in: Mutex::new(None),
            listed: AtomicBool::new(false),
            pinging: AtomicBool::new(false),
            // What asked for the session.
            received: AtomicU64::new(1),
        }
    }

    /// When a packet last came, as [`clock::now`].
    pub(super) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Packets that came, and that went.
    pub(super) fn packets(&self) -> (u64, u64) {
        (self.received.load(Ordering::Relaxed), self.outbox.frames())
    }

    /// The session; only asked of a connection that has one.
    pub(super) fn held(&self) -> Held {
        *self.held.get().expect("requests come after the session")
    }

    /// Whether it holds no session, and may not write.
    pub(super) fn is_read_only(&self) -> bool {
        self.held.get().is_some_and(|held| held.read_only)
    }

    pub(super) fn ids(&self) -> Vec<Id> {
        self.ids
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// Whether it proved to be one of these.
    pub(super) fn may_read(&self, readers: &Readers) -> bool {
        readers.are_all() || readers.include(&self.ids())
    }

    pub(super) fn asker(&self) -> Asker {
        let held = self.held();
        Asker {
            session: held.session,
            attachment: held.attachment,
            ids: self.ids(),
        }
    }
}

/// Frames in, the outbox out, until either ends.
pub(super) struct Task {
    front: Arc<Front>,
    connection: Arc<Connection>,
    stream: Stream,
    input: BytesMut,
    /// Bytes of `input` that are counted.
    input_counted: usize,
    output: BytesMut,
    unflushed: bool,
    /// Nothing more is taken in.
    stopping: bool,
    /// Runs once the connection is to end.
    goodbye: Option<Pin<Box<Sleep>>>,
}

/// What happened on the socket.
enum Happened {
    Read,
    End,
}

impl Task {
    pub(super) fn new(
        front: Arc<Front>,
        connection: Arc<Connection>,
        stream: Stream,
        input: BytesMut,
    ) -> Self {
        Self {
            front,
            connection,
            stream,
            input,
            input_counted: 0,
            output: BytesMut::new(),
            unflushed: false,
            stopping: false,
            goodbye: None,
        }
    }

    pub(super) async fn run(mut self) -> io::Result<()> {
        let frames = Frames::new(self.front.settings.frame_bytes_max);
        let stop = self.front.stop().clone();
        loop {
            self.take_in(frames)?;
            let happened = tokio::select! {
                biased;
                happened = poll_fn(|cx| self.poll(cx)) => happened?,
                () = stop.cancelled(), if !self.stopping => {
                    self.stopping = true;
                    self.front.finish(&self.connection);
                    continue;
                }
            };
            if matches!(happened, Happened::End) {
                return self.close().await;
            }
        }
    }

    /// Says goodbye: what was sent arrives before the end.
    async fn close(&mut self) -> io::Result<()> {
        poll_fn(|cx| Pin::new(&mut self.stream).poll_shutdown(cx)).await
    }

    /// Takes the frames that are there; what is wrong with one ends the connection.
    fn take_in(&mut self, frames: Frames) -> io::Result<()> {
        let mut any = false;
        // Nothing is asked of a connection that is to end, or that was given no session.
        while !self.connection.outbox.is_ending() {
            match frames.split(&mut self.input) {
                Ok(Some(frame)) => {
                    any = true;
                    self.connection.received.fetch_add(1, Ordering::Relaxed);
                    self.front.take(&self.connection, &frame);
                }
                Ok(None) => break,
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
        self.weigh_input()?;
        if any {
            self.connection
                .heard
                .store(clock::now().0, Ordering::Relaxed);
            self.front.pulse.heard(&self.connection);
            self.front.start(&self.connection);
        }
        Ok(())
    }

    /// Counts what is there of a frame that is not whole. Where memory is short nobody has more of one than a share.
    fn weigh_input(&mut self) -> io::Result<()> {
        let purse = &self.connection.purse;
        purse.give(self.input_counted);
        self.input_counted = self.input.len();
        purse.take(self.input_counted);
        if purse.is_short_for(self.input_counted) {
            let short = "no memory for a frame of this size at the moment";
            return Err(io::Error::new(io::ErrorKind::OutOfMemory, short));
        }
        Ok(())
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Happened>> {
        match self.poll_send(cx) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(Happened::End)),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => {}
        }
        // The outbox's end wakes this task too, as does a pipeline that has room again.
        if self.stopping
            || self.connection.outbox.is_full()
            || self.front.has_enough(&self.connection, cx)
        {
            return Poll::Pending;
        }
        let read = ready!(self.poll_receive(cx))?;
        Poll::Ready(Ok(if read == 0 {
            Happened::End
        } else {
            Happened::Read
        }))
    }

    /// Whether a connection that is to end has had its time for what is unsent, and for what is not decided: neither a client that
    /// does not read nor a leader that there is not is waited for.
    fn is_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.stopping && !self.connection.outbox.is_ending() {
            return false;
        }
        let goodbye = self.goodbye.get_or_insert_with(|| Box::pin(sleep(GOODBYE)));
        goodbye.as_mut().poll(cx).is_ready()
    }

    /// Sends what there is. Ready only at the end.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.outbox.poll_cut(cx) || self.is_overdue(cx) {
            return Poll::Ready(Ok(()));
        }
        loop {
            while !self.output.is_empty() {
                let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.output))?;
                if sent == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.output.advance(sent);
                self.connection.outbox.sent(sent);
                self.unflushed = true;
            }
            match self.connection.outbox.poll_take(cx, &mut self.output) {
                Poll::Ready(Outgoing::Send(unsent)) => self.output = unsent,
                Poll::Ready(Outgoing::Resume) => self.front.resume(&self.connection),
                Poll::Ready(Outgoing::End) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    if self.unflushed {
                        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
                        self.unflushed = false;
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.input.reserve(READ_BYTES);
        let polled = poll_read_buf(Pin::new(&mut self.stream), cx, &mut self.input);
        if polled.is_pending() && self.input.is_empty() {
            // An idle connection holds no buffer.
            self.input = BytesMut::new();
        }
        polled
    }
}
