//! The listener.
//!
//! Promises: a connection that misbehaves (random bytes, a broken handshake, a reset) ends alone; at the bound of connections new
//! ones wait in the kernel's backlog; at the stop all end, as soon as what they asked is answered.

use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::debug;

use super::{Front, members, opening, pulse};
use crate::tls::TlsAccept;

/// Time for a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time after which TCP itself looks for a silent client.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);
/// Time for connections to end after the stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after a failed accept (out of file descriptors, for one).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves clients on all listeners until the front end is stopped. Returns when all connections have ended.
pub async fn serve(listeners: Vec<(TcpListener, TlsAccept)>, front: Arc<Front>) {
    let connections = TaskTracker::new();
    let free = Arc::new(Semaphore::new(front.settings.connections_max));
    front.deliver_after_turns().await;
    let _beat = AbortOnDropHandle::new(tokio::spawn(pulse::beat(Arc::clone(&front))));
    connections.spawn(members::keep_told(Arc::clone(&front)));
    for (listener, accept) in listeners {
        if let Ok(address) = listener.local_addr() {
            front.listens_at(address.port());
        }
        let accepting = Accepting {
            listener,
            accept,
            front: Arc::clone(&front),
            connections: connections.clone(),
            free: Arc::clone(&free),
        };
        connections.spawn(accepting.run());
    }
    front.stop().cancelled().await;
    connections.close();
    let _ = timeout(DRAIN_TIMEOUT, connections.wait()).await;
}

/// What accepts connections on one listener.
struct Accepting {
    listener: TcpListener,
    accept: TlsAccept,
    front: Arc<Front>,
    connections: TaskTracker,
    free: Arc<Semaphore>,
}

impl Accepting {
    async fn run(self) {
        let stop = self.front.stop().clone();
        while let Ok(permit) = Arc::clone(&self.free).acquire_owned().await {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
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
            let (front, accept) = (Arc::clone(&self.front), self.accept.clone());
            self.connections.spawn(async move {
                connection(stream, &accept, &front).await;
                drop(permit);
            });
        }
    }
}

async fn connection(stream: TcpStream, accept: &TlsAccept, front: &Arc<Front>) {
    let _ = stream.set_nodelay(true);
    let keepalive = TcpKeepalive::new()
        .with_time(TCP_KEEPALIVE)
        .with_interval(TCP_KEEPALIVE);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
    let counted = front.metrics.connection();
    match timeout(HANDSHAKE_TIMEOUT, accept.accept(stream)).await {
        Ok(Ok(stream)) => {
            if let Err(error) = opening::serve(front, stream).await {
                debug!(%error, "a client connection ended");
            }
        }
        Ok(Err(error)) => debug!(%error, "TLS handshake with a client failed"),
        Err(_) => debug!("a client did not finish its TLS handshake in time"),
    }
    drop(counted);
}
