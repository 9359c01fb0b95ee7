//! The admin API's client: HTTP/1.1 over mutual TLS. An agent proves who it is by the URI in its certificate, which must
//! come from its namespace's authority; names and addresses prove nothing.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use synod_agent_api::{
    ApiError, ConfigurationRequest, ConfigurationResponse, ErrorCode, Status, TransferRequest,
    TransferResponse, paths, ports,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::agents::{AgentError, Reach, Target};
use crate::certificates::{Authority, CertificateError};

/// Until a connection stands.
const CONNECT_MAX: Duration = Duration::from_secs(3);
/// How long a status may be waited for, at the agent.
const WAIT: Duration = Duration::from_secs(30);
/// Beyond [`WAIT`], or for any other call: the agent does not answer.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// Room for reading, of each connection: about a status.
const READ_BYTES: usize = 2 << 10;
/// The most bytes of an answer.
const BODY_BYTES_MAX: usize = 1 << 20;

/// [`Reach`] over the network.
#[derive(Default)]
pub struct MutualTls {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    authorities: Mutex<HashMap<String, Arc<Authority>>>,
    /// Connections of the long polls, kept between two of them.
    idle: Mutex<HashMap<Target, SendRequest<Full<Bytes>>>>,
}

impl MutualTls {
    /// Knows no authority yet, so reaches nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Reach for MutualTls {
    fn status(
        &self,
        target: Target,
        after: Option<u64>,
    ) -> BoxFuture<'static, Result<Status, AgentError>> {
        let shared = self.shared.clone();
        Box::pin(async move {
            let path = match after {
                Some(after) => format!("{}?after={after}&wait={}s", paths::STATUS, WAIT.as_secs()),
                None => paths::STATUS.to_owned(),
            };
            shared
                .call(&target, "GET", &path, Bytes::new(), WAIT + ANSWER_MAX, true)
                .await
        })
    }

    fn change(
        &self,
        target: Target,
        request: ConfigurationRequest,
    ) -> BoxFuture<'static, Result<ConfigurationResponse, AgentError>> {
        let shared = self.shared.clone();
        Box::pin(async move { shared.post(&target, paths::CONFIGURATION, &request).await })
    }

    fn transfer(
        &self,
        target: Target,
        request: TransferRequest,
    ) -> BoxFuture<'static, Result<(), AgentError>> {
        let shared = self.shared.clone();
        Box::pin(async move {
            let TransferResponse {} = shared.post(&target, paths::TRANSFER, &request).await?;
            Ok(())
        })
    }

    fn trust(&self, namespace: &str, certificates: &str, key: &str) {
        let authorities = || {
            let all = self.shared.authorities.lock();
            all.unwrap_or_else(PoisonError::into_inner)
        };
        let known = authorities()
            .get(namespace)
            .is_some_and(|known| known.certificates() == certificates);
        if known {
            return;
        }
        match Authority::from_pem(certificates, key) {
            Ok(authority) => {
                authorities().insert(namespace.to_owned(), Arc::new(authority));
            }
            Err(error) => {
                tracing::error!(namespace, %error, "the certificate authority cannot be used")
            }
        }
    }
}

impl Shared {
    async fn post<A: DeserializeOwned>(
        &self,
        target: &Target,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, AgentError> {
        let body = serde_json::to_vec(body).map_err(|e| unreachable(target, e))?;
        self.call(target, "POST", path, body.into(), ANSWER_MAX, false)
            .await
    }

    async fn call<A: DeserializeOwned>(
        &self,
        target: &Target,
        method: &str,
        path: &str,
        body: Bytes,
        limit: Duration,
        keep: bool,
    ) -> Result<A, AgentError> {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::HOST, target.identity.name.as_str())
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|e| unreachable(target, e))?;
        let mut connection = self.connection(target).await?;
        let exchange = async {
            let response = connection
                .send_request(request)
                .await
                .map_err(|e| unreachable(target, e))?;
            let code = response.status();
            let body = Limited::new(response.into_body(), BODY_BYTES_MAX)
                .collect()
                .await
                .map_err(|e| unreachable(target, e))?;
            Ok::<_, AgentError>((code, body.to_bytes()))
        };
        let (code, body) = tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_| unreachable(target, "no answer in time"))??;
        if keep {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(target.clone(), connection);
        }
        if code.is_success() {
            return serde_json::from_slice(&body).map_err(|e| unreachable(target, e));
        }
        let refused = serde_json::from_slice(&body).unwrap_or_else(|_| ApiError {
            code: ErrorCode::Stopped,
            message: format!("HTTP {code}"),
        });
        Err(refused.into())
    }

    async fn connection(&self, target: &Target) -> Result<SendRequest<Full<Bytes>>, AgentError> {
        let kept = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(target);
        if let Some(mut kept) = kept
            && kept.ready().await.is_ok()
        {
            return Ok(kept);
        }
        let (config, name) = self.config(target).map_err(|e| unreachable(target, e))?;
        // Boxed, so that what a handshake needs is not held as long as a poll lasts.
        let connecting = Box::pin(connect(target, config, name));
        tokio::time::timeout(CONNECT_MAX, connecting)
            .await
            .map_err(|_| unreachable(target, "no connection in time"))?
    }

    fn config(
        &self,
        target: &Target,
    ) -> Result<(Arc<ClientConfig>, ServerName<'static>), CertificateError> {
        let authority = {
            let all = self
                .authorities
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            all.get(&target.namespace)
                .cloned()
                .ok_or(CertificateError::NoAuthority)?
        };
        authority.client_config(&target.namespace, &target.identity)
    }
}

async fn connect(
    target: &Target,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
) -> Result<SendRequest<Full<Bytes>>, AgentError> {
    let address = SocketAddr::new(target.address, ports::ADMIN);
    let stream = TcpStream::connect(address)
        .await
        .map_err(|e| unreachable(target, e))?;
    stream
        .set_nodelay(true)
        .map_err(|e| unreachable(target, e))?;
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|e| unreachable(target, e))?;
    let (sender, connection) = http1::Builder::new()
        .read_buf_exact_size(Some(READ_BYTES))
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|e| unreachable(target, e))?;
    // Ends when the sender is dropped or the agent closes.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection to an agent ended");
        }
    });
    Ok(sender)
}

fn unreachable(target: &Target, why: impl ToString) -> AgentError {
    AgentError::Unreachable(target.address, why.to_string())
}
