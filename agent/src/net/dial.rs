//! Dialling one peer, again and again, with bounded back-off and jitter.

use std::sync::Arc;
use std::time::{Duration, Instant};

use synod_paxos::Node;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::Shared;
use super::connection::{HANDSHAKE_TIMEOUT, carry, prepare};
use super::hello::{Hello, Refused};
use super::table::Direction;
use crate::tls::Stream;

/// The first pause after a failure; doubles up to the longest.
const PAUSE_MIN: Duration = Duration::from_millis(20);

/// The longest pause: a peer that comes back dials us too, which ends it at once.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// A connection that stood this long was a good one: back-off begins anew.
const GOOD: Duration = Duration::from_secs(1);

pub(super) struct Dialler {
    shared: Arc<Shared>,
    to: Node,
    address: String,
    /// Ends a pause.
    wake: Arc<Notify>,
}

impl Dialler {
    pub(super) const fn new(
        shared: Arc<Shared>,
        to: Node,
        address: String,
        wake: Arc<Notify>,
    ) -> Self {
        Self {
            shared,
            to,
            address,
            wake,
        }
    }

    /// Dials until aborted.
    pub(super) async fn run(self) {
        let mut pause = PAUSE_MIN;
        let mut failing = String::new();
        loop {
            match timeout(HANDSHAKE_TIMEOUT, self.meet())
                .await
                .unwrap_or(Err(Refused::TooSlow))
            {
                Ok((stream, hello)) => {
                    failing.clear();
                    let begun = Instant::now();
                    self.carry(stream, hello).await;
                    if begun.elapsed() >= GOOD {
                        pause = PAUSE_MIN;
                    }
                }
                Err(refused) => self.note(&refused, &mut failing),
            }
            tokio::select! {
                () = sleep(jittered(pause)) => {}
                () = self.wake.notified() => {}
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Carries frames in a task of its own: it goes on if this peer is not to be dialled any more.
    async fn carry(&self, stream: Stream, hello: Hello) {
        let (shared, to) = (Arc::clone(&self.shared), self.to);
        let task = tokio::spawn(async move {
            carry(&shared, stream, to, Direction::Dialled, hello.incarnation).await;
        });
        let _ = task.await;
    }

    async fn meet(&self) -> Result<(Stream, Hello), Refused> {
        let shared = &self.shared;
        let tcp = self.connect().await?;
        prepare(&tcp)?;
        let mut stream = shared.tls.connect(tcp).await?;
        shared.check(stream.principal().as_ref(), self.to)?;
        let ours = Hello::of(&shared.identity, self.to, shared.incarnation);
        ours.send(&mut stream).await?;
        let theirs = Hello::receive(&mut stream, &shared.identity).await?;
        if theirs.from != self.to {
            return Err(Refused::Misdirected {
                wanted: self.to,
                reached: theirs.from,
            });
        }
        Ok((stream, theirs))
    }

    async fn connect(&self) -> Result<TcpStream, Refused> {
        let mut last = std::io::Error::new(std::io::ErrorKind::NotFound, "no address");
        for address in self.shared.resolver.resolve(&self.address).await? {
            match TcpStream::connect(address).await {
                Ok(tcp) => return Ok(tcp),
                Err(error) => last = error,
            }
        }
        Err(Refused::Io(last))
    }

    /// Says what fails once, not at every attempt.
    fn note(&self, refused: &Refused, failing: &mut String) {
        let words = refused.to_string();
        if words != *failing {
            let (peer, address) = (self.to, &self.address);
            tracing::info!(%peer, address, reason = words, "cannot reach peer, will go on trying");
            *failing = words;
        }
    }
}

/// Half to all of a pause, so that members do not dial in step.
fn jittered(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0);
    pause / 2 + (pause / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}
