//! The client listener: connections, TLS, and HTTP/1.1 and HTTP/2 on one port.
//!
//! Promises: a connection that misbehaves (random bytes, a broken handshake, a reset) ends alone; at the bound of
//! connections new ones wait in the kernel's backlog; at shutdown streams end with etcd's words, and what is left after
//! the grace is dropped. Pings of clients are answered, never punished: hyper has no hook for etcd's minimum of 5 s
//! between them.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::pong::PongsLater;
use super::{Front, route};
use crate::opening::Opening;
use crate::tls::TlsAccept;

/// Connections at a time; more wait in the kernel's backlog.
const CONNECTIONS_MAX: usize = 16_384;
/// Streams at a time on one connection.
const STREAMS_MAX: u32 = 1 << 16;
/// Bytes that a client may send on one stream before they are read: one request of the default bound fits.
const STREAM_WINDOW_BYTES: u32 = 2 << 20;
/// Bytes that a client may send on one connection before they are read.
const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;
/// Bytes buffered for sending on one stream.
const SEND_BUFFER_BYTES: usize = 256 << 10;
/// Streams that the client reset and that are not cleaned up yet, before the connection is taken for an attack: clients
/// with short deadlines reset many.
const PENDING_RESETS_MAX: usize = 4_096;
/// Time between pings on a connection on which nothing is received, and time for their answer: etcd's defaults.
const PING_INTERVAL: Duration = Duration::from_secs(2 * 60 * 60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the answer to a client's ping waits.
const PONG_DELAY: Duration = Duration::from_millis(5);
/// Time after which TCP itself looks for a silent client.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);
/// Time for a TLS handshake, and for the first words after it.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for the headers of an HTTP/1.1 request.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for connections to end after the stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after a failed accept (out of file descriptors, for one).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves clients on `listener` until the front end is stopped, then lets connections end. Returns when all have. As
/// with etcd, clients of a member that just started are met when it knows of a leader: those that ask for one would end
/// their watches otherwise. They wait in the backlog, but not for long.
pub async fn serve(listener: TcpListener, accept: TlsAccept, front: Arc<Front>) {
    let connections = TaskTracker::new();
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let builder = Arc::new(http_builder());
    let stop = front.stop().clone();
    front.wake_watches().await;
    tokio::select! {
        () = front.leader_found() => {}
        () = stop.cancelled() => {}
    }
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept client connections at the moment");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (front, builder) = (Arc::clone(&front), Arc::clone(&builder));
        let accept = accept.clone();
        connections.spawn(async move {
            connection(stream, &accept, &builder, front).await;
            drop(permit);
        });
    }
    connections.close();
    let _ = timeout(2 * DRAIN_TIMEOUT, connections.wait()).await;
}

fn http_builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .title_case_headers(true)
        .header_read_timeout(HEADERS_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .max_pending_accept_reset_streams(PENDING_RESETS_MAX)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

async fn connection(
    stream: TcpStream,
    accept: &TlsAccept,
    builder: &auto::Builder<TokioExecutor>,
    front: Arc<Front>,
) {
    let _ = stream.set_nodelay(true);
    let keepalive = TcpKeepalive::new()
        .with_time(TCP_KEEPALIVE)
        .with_interval(TCP_KEEPALIVE);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
    match timeout(HANDSHAKE_TIMEOUT, accept.accept(stream)).await {
        Ok(Ok(stream)) => http(stream, builder, front).await,
        Ok(Err(error)) => debug!(%error, "TLS handshake with a client failed"),
        Err(_) => debug!("a client did not finish its TLS handshake in time"),
    }
}

async fn http<IO>(io: IO, builder: &auto::Builder<TokioExecutor>, front: Arc<Front>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stop = front.stop().clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(route::answer(front, request).await) }
    });
    let io = PongsLater::new(Opening::new(io, HANDSHAKE_TIMEOUT), PONG_DELAY);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            match timeout(DRAIN_TIMEOUT, connection).await {
                Ok(ended) => ended,
                Err(_) => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a client connection ended");
    }
}
