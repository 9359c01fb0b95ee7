//! One connection's life after its handshake: frames out, frames in, until it ends.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use socket2::{SockRef, TcpKeepalive};
use synod_paxos::Node;
use synod_replica::NetEvent;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;

use super::Shared;
use super::frame;
use super::table::{Direction, Link};
use crate::metrics::PeerMetrics;
use crate::tls::Stream;

/// Time for connecting, TLS and hello together.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Unacknowledged data or silence after which a connection is given up: a peer whose machine is gone sends no reset.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Slices of one write.
const SLICES_MAX: usize = 64;

/// Small frames leave at once; a vanished machine is noticed.
pub(super) fn prepare(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let socket = SockRef::from(tcp);
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(2))
        .with_interval(Duration::from_secs(1))
        .with_retries(3);
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(SILENCE_MAX))
}

/// Carries frames until the connection ends, is replaced, or the network stops.
pub(super) async fn carry(
    shared: &Arc<Shared>,
    stream: Stream,
    peer: Node,
    direction: Direction,
    incarnation: u64,
) {
    let (link, registered) = shared.table.register(peer, direction, incarnation);
    let metrics = shared.metrics.of_peer(peer);
    if registered.restarted {
        tell(shared, NetEvent::Down(peer)).await;
    }
    if registered.first {
        tracing::info!(%peer, ?direction, "peer connected");
        tell(shared, NetEvent::Up(peer)).await;
    }
    let (read, write) = tokio::io::split(stream);
    let ended = tokio::select! {
        ended = receive(shared, &link, read, &metrics) => ended,
        ended = send(&link, write, &metrics) => ended,
        () = link.replaced.cancelled() => Ok(()),
        () = shared.stop.cancelled() => Ok(()),
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, ?direction, %error, "connection ended");
    }
    if shared.table.unregister(&link) {
        tracing::info!(%peer, "peer disconnected");
        tell(shared, NetEvent::Down(peer)).await;
    }
}

async fn tell(shared: &Shared, event: NetEvent) {
    // Nobody takes events once the loop ended; then nobody misses them.
    let _ = shared.events.send(event).await;
}

async fn receive(
    shared: &Shared,
    link: &Link,
    mut read: ReadHalf<Stream>,
    metrics: &PeerMetrics,
) -> io::Result<()> {
    let mut bytes = BytesMut::new();
    loop {
        while let Some(frame) = next(&mut bytes)? {
            metrics.received_bytes.inc_by(frame.len() as u64);
            let from = link.peer;
            tell(shared, NetEvent::Received { from, frame }).await;
        }
        if read.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn next(bytes: &mut BytesMut) -> io::Result<Option<Bytes>> {
    frame::next(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

async fn send(link: &Link, mut write: WriteHalf<Stream>, metrics: &PeerMetrics) -> io::Result<()> {
    loop {
        let mut waiting = link.outbox.take().await;
        while !waiting.is_empty() {
            let written = write_some(&mut write, &waiting).await?;
            link.outbox.written(written);
            metrics.sent_bytes.inc_by(written as u64);
            skip(&mut waiting, written);
        }
        write.flush().await?;
    }
}

async fn write_some(write: &mut WriteHalf<Stream>, waiting: &VecDeque<Bytes>) -> io::Result<usize> {
    let slices: Vec<IoSlice<'_>> = waiting
        .iter()
        .take(SLICES_MAX)
        .map(|part| IoSlice::new(part))
        .collect();
    match write.write_vectored(&slices).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        written => Ok(written),
    }
}

fn skip(waiting: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(first) = waiting.front_mut() {
        if first.len() > written {
            first.advance(written);
            return;
        }
        written -= first.len();
        waiting.pop_front();
    }
}
