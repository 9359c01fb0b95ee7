//! Accepting peers: a bounded number of handshakes, each bounded in time.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::Shared;
use super::connection::{HANDSHAKE_TIMEOUT, carry, prepare};
use super::hello::{Hello, Refused};
use super::table::Direction;
use crate::tls::Stream;

/// Handshakes under way; beyond it new connections are closed at once. Members need a few, strangers get no more.
const HANDSHAKES_MAX: usize = 64;

/// Pause after a failed accept (out of file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts until the network stops.
pub(super) async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => return,
        };
        let (tcp, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept peers at the moment");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&handshakes).try_acquire_owned() else {
            shared.metrics.refused("too_many");
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let met = timeout(HANDSHAKE_TIMEOUT, meet(&shared, tcp)).await;
            drop(permit);
            match met.unwrap_or(Err(Refused::TooSlow)) {
                Ok((stream, hello)) => {
                    let from = hello.from;
                    carry(
                        &shared,
                        stream,
                        from,
                        Direction::Accepted,
                        hello.incarnation,
                    )
                    .await;
                }
                Err(refused) => {
                    shared.metrics.refused(refused.word());
                    if refused.is_alarming() {
                        tracing::warn!(%address, %refused, "a connection to the peer port was refused");
                    } else {
                        tracing::debug!(%address, %refused, "a connection to the peer port was refused");
                    }
                }
            }
        });
    }
}

async fn meet(shared: &Shared, tcp: TcpStream) -> Result<(Stream, Hello), Refused> {
    prepare(&tcp)?;
    let mut stream = shared.tls.accept(tcp).await?;
    let theirs = Hello::receive(&mut stream, &shared.identity).await?;
    shared.check(stream.principal().as_ref(), theirs.from)?;
    let ours = Hello::of(&shared.identity, theirs.from, shared.incarnation);
    ours.send(&mut stream).await?;
    Ok((stream, theirs))
}
