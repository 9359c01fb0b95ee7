//! Serving HTTP on one listener: bounded connections, bounded handshakes, whoever is not allowed is not heard.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use synod_agent_api::{ClusterUid, Principal};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::opening::Opening;
use crate::tls::{Stream, TlsAccept};

/// Connections at a time; beyond it new ones are closed at once.
const CONNECTIONS_MAX: usize = 256;

/// Time for a TLS handshake, for the first words after it, and for the headers of a request.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause after a failed accept (out of file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who is let in.
#[derive(Clone, Debug)]
pub enum Guard {
    /// Everybody: the health listener, and the admin listener where TLS is explicitly off.
    Open,
    /// The operator, and members of this group.
    GroupAndOperator(ClusterUid),
}

impl Guard {
    fn lets_in(&self, principal: Option<&Principal>) -> bool {
        match (self, principal) {
            (Self::Open, _) | (Self::GroupAndOperator(_), Some(Principal::Operator)) => true,
            (Self::GroupAndOperator(own), Some(Principal::Member(member))) => {
                member.cluster == *own
            }
            (Self::GroupAndOperator(_), None) => false,
        }
    }
}

/// Serves `routes` until stopped; connections that stand then are closed.
pub async fn serve(
    listener: TcpListener,
    tls: TlsAccept,
    guard: Guard,
    routes: Router,
    stop: CancellationToken,
) {
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let (tcp, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections at the moment");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&free).try_acquire_owned() else {
            continue;
        };
        let (tls, guard, routes, stop) = (tls.clone(), guard.clone(), routes.clone(), stop.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let Some(stream) = meet(tcp, &tls, &guard).await else {
                tracing::debug!(%address, "a connection was refused");
                return;
            };
            tokio::select! {
                () = connection(stream, routes) => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

async fn meet(tcp: TcpStream, tls: &TlsAccept, guard: &Guard) -> Option<Stream> {
    let _ = tcp.set_nodelay(true);
    let stream = timeout(HANDSHAKE_TIMEOUT, tls.accept(tcp))
        .await
        .ok()?
        .ok()?;
    let principal = stream.principal();
    if !guard.lets_in(principal.as_ref()) {
        tracing::warn!(
            ?principal,
            "a certificate of our CA may not use the admin API"
        );
        return None;
    }
    Some(stream)
}

async fn connection(stream: Stream, routes: Router) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE_TIMEOUT);
    builder.http2().timer(TokioTimer::new());
    let service = TowerToHyperService::new(routes);
    let io = TokioIo::new(Opening::new(stream, HANDSHAKE_TIMEOUT));
    if let Err(error) = builder.serve_connection(io, service).await {
        tracing::debug!(%error, "a connection ended");
    }
}
