//! The admin API's client: HTTP/1.1 over mutual TLS. An agent proves who it is by the URI in its certificate, which must
//! come from its namespace's authority; names and addresses prove nothing.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
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
use tokio_rustls::client::TlsStream;

use super::exchange::{Answer, exchange};
use crate::agents::{AgentError, Reach, Target};
use crate::certificates::{Authority, CertificateError};

/// Until a connection stands.
const CONNECT_MAX: Duration = Duration::from_secs(3);
/// How long a status may be waited for, at the agent.
const WAIT: Duration = Duration::from_secs(30);
/// Beyond [`WAIT`], or for any other call: the agent does not answer.
const ANSWER_MAX: Duration = Duration::from_secs(15);

/// A connection to an agent that has proved who it is.
type Connection = TlsStream<TcpStream>;

/// [`Reach`] over the network.
#[derive(Default)]
pub struct MutualTls {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    authorities: Mutex<HashMap<String, Arc<Authority>>>,
    /// Connections of the long polls, kept between two of them.
    idle: Mutex<HashMap<Target, Connection>>,
}

impl MutualTls {
    /// Knows no authority yet, so reaches nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl MutualTls {
    /// What an agent answers to a question that the operator itself never asks.
    ///
    /// # Errors
    /// When it is not reached, is not who it must be, or refuses.
    pub async fn get<A: DeserializeOwned>(
        &self,
        target: &Target,
        path: &str,
    ) -> Result<A, AgentError> {
        let shared = &self.shared;
        shared
            .call(target, "GET", path, &[], ANSWER_MAX, true)
            .await
    }
}

/// The same of an agent whose admin listener is explicitly without TLS.
///
/// # Errors
/// When it is not reached or refuses.
pub async fn ask_plainly<A: DeserializeOwned>(
    address: SocketAddr,
    path: &str,
) -> Result<A, AgentError> {
    let unreachable = |why: String| AgentError::Unreachable(address.ip(), why);
    let connected = TcpStream::connect(address).await;
    let mut stream = connected.map_err(|error| unreachable(error.to_string()))?;
    let host = address.to_string();
    let answer = exchange(&mut stream, "GET", &host, path, &[])
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    read(&answer).map_err(unreachable)?
}

/// What an answer says: the value asked for, or a refusal.
fn read<A: DeserializeOwned>(answer: &Answer) -> Result<Result<A, AgentError>, String> {
    let (code, body) = (answer.code, &answer.body);
    if answer.is_success() {
        let value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        return Ok(Ok(value));
    }
    let refused = serde_json::from_slice(body).unwrap_or_else(|_| ApiError {
        code: ErrorCode::Stopped,
        message: format!("HTTP {code}"),
    });
    Ok(Err(refused.into()))
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
                .call(&target, "GET", &path, &[], WAIT + ANSWER_MAX, true)
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
        self.call(target, "POST", path, &body, ANSWER_MAX, false)
            .await
    }

    async fn call<A: DeserializeOwned>(
        &self,
        target: &Target,
        method: &str,
        path: &str,
        body: &[u8],
        limit: Duration,
        keep: bool,
    ) -> Result<A, AgentError> {
        let mut connection = self.connection(target).await?;
        let host = target.identity.name.as_str();
        let exchange = exchange(&mut connection, method, host, path, body);
        let answer = tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_| unreachable(target, "no answer in time"))?
            .map_err(|e| unreachable(target, e))?;
        if keep && answer.keep {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(target.clone(), connection);
        }
        read(&answer).map_err(|e| unreachable(target, e))?
    }

    async fn connection(&self, target: &Target) -> Result<Connection, AgentError> {
        let kept = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(target);
        if let Some(kept) = kept {
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
) -> Result<Connection, AgentError> {
    let address = SocketAddr::new(target.address, ports::ADMIN);
    let stream = TcpStream::connect(address)
        .await
        .map_err(|e| unreachable(target, e))?;
    stream
        .set_nodelay(true)
        .map_err(|e| unreachable(target, e))?;
    TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|e| unreachable(target, e))
}

fn unreachable(target: &Target, why: impl ToString) -> AgentError {
    AgentError::Unreachable(target.address, why.to_string())
}
