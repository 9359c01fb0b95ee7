//! One process that plays the admin API of all agents: a listener on each pod's address, mutual TLS with the pod's own
//! certificate, long polls on the member's status.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use synod_agent_api::{
    AgentConfig, ApiError, ClusterUid, ConfigurationRequest, ConfigurationResponse, Status,
    StatusQuery, TransferRequest, TransferResponse, paths, ports,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::group::Group;
use crate::Failure;

/// As long as an agent lets one wait for a status, seconds.
const WAIT_MAX: u64 = 60;

/// The PEM files of an agent.
pub struct Papers {
    /// The authority's certificate.
    pub authority: Vec<u8>,
    /// Its own certificate.
    pub certificate: Vec<u8>,
    /// Its own private key.
    pub key: Vec<u8>,
}

/// All groups and all agents that run.
#[derive(Clone, Default)]
pub struct Fleet {
    groups: Arc<Mutex<HashMap<ClusterUid, Members>>>,
}

/// A group, and what each running member shows.
struct Members {
    group: Group,
    shown: BTreeMap<u64, watch::Sender<Status>>,
}

/// An agent that runs; it ends with this value.
pub struct Agent {
    fleet: Fleet,
    cluster: ClusterUid,
    number: u64,
    listener: JoinHandle<()>,
}

impl Fleet {
    /// Nobody runs yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClusterUid, Members>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts an agent at `address`, as a pod with this configuration and these files would.
    ///
    /// # Errors
    /// When the files are none, or the address cannot be had.
    pub async fn start(
        &self,
        address: IpAddr,
        config: &AgentConfig,
        papers: &Papers,
    ) -> Result<(Agent, watch::Receiver<Status>), Failure> {
        let cannot = |error: &dyn std::fmt::Display| format!("agent {}: {error}", config.name);
        let tls = server_config(papers).map_err(|e| cannot(&e))?;
        let address = SocketAddr::new(address, ports::ADMIN);
        let listener = TcpListener::bind(address).await.map_err(|e| cannot(&e))?;
        let (cluster, number) = (config.cluster_uid, config.number);
        let shown = self.change(cluster, |members| {
            members.group.start(config);
            let first = members.group.status(number, 1);
            let (sender, receiver) = watch::channel(first);
            members.shown.insert(number, sender);
            receiver
        });
        let member = Member {
            fleet: self.clone(),
            cluster,
            number,
            shown: shown.clone(),
        };
        let agent = Agent {
            fleet: self.clone(),
            cluster,
            number,
            listener: tokio::spawn(serve(listener, TlsAcceptor::from(tls), router(member))),
        };
        Ok((agent, shown))
    }

    /// Changes a group, and shows what changed with it: a generation counts what a member shows differently.
    fn change<T>(&self, cluster: ClusterUid, change: impl FnOnce(&mut Members) -> T) -> T {
        let mut groups = self.lock();
        let members = groups.entry(cluster).or_insert_with(|| Members {
            group: Group::new(cluster),
            shown: BTreeMap::new(),
        });
        let result = change(members);
        for (number, shown) in &members.shown {
            shown.send_if_modified(|before| {
                let now = members.group.status(*number, before.generation);
                let differs = now != *before;
                if differs {
                    let generation = before.generation + 1;
                    *before = Status { generation, ..now };
                }
                differs
            });
        }
        result
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.listener.abort();
        self.fleet.change(self.cluster, |members| {
            members.shown.remove(&self.number);
            members.group.stop(self.number);
        });
    }
}

fn server_config(papers: &Papers) -> Result<Arc<ServerConfig>, String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&papers.authority) {
        let certificate = certificate.map_err(|e| words(&e))?;
        roots.add(certificate).map_err(|e| words(&e))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|e| words(&e))?;
    let chain = CertificateDer::pem_slice_iter(&papers.certificate)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| words(&e))?;
    let key = PrivateKeyDer::from_pem_slice(&papers.key).map_err(|e| words(&e))?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| words(&e))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|e| words(&e))?;
    Ok(Arc::new(config))
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, router: Router) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, acceptor.clone(), router.clone()));
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, router: Router) {
    let _ = stream.set_nodelay(true);
    // Whoever shows no certificate of the authority is not heard.
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
}

/// What the endpoints of one agent need.
#[derive(Clone)]
struct Member {
    fleet: Fleet,
    cluster: ClusterUid,
    number: u64,
    shown: watch::Receiver<Status>,
}

/// A refusal on the wire.
struct Refused(ApiError);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.http_status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.0)).into_response()
    }
}

fn router(member: Member) -> Router {
    Router::new()
        .route(paths::STATUS, get(status))
        .route(paths::CONFIGURATION, post(change))
        .route(paths::TRANSFER, post(transfer))
        .with_state(member)
}

async fn status(
    State(mut member): State<Member>,
    Query(query): Query<StatusQuery>,
) -> Json<Status> {
    if let Some(after) = query.after {
        let wait = query.wait.as_deref().unwrap_or("60s");
        let seconds = wait.trim_end_matches('s').parse().unwrap_or(WAIT_MAX);
        let limit = Duration::from_secs(seconds.min(WAIT_MAX));
        let differs = member.shown.wait_for(|status| status.generation != after);
        let _ = tokio::time::timeout(limit, differs).await;
    }
    Json(member.shown.borrow().clone())
}

async fn change(
    State(member): State<Member>,
    Json(request): Json<ConfigurationRequest>,
) -> Result<Json<ConfigurationResponse>, Refused> {
    let id = member
        .fleet
        .change(member.cluster, |members| members.group.change(&request));
    id.map(|id| Json(ConfigurationResponse { id }))
        .map_err(Refused)
}

async fn transfer(
    State(member): State<Member>,
    Json(request): Json<TransferRequest>,
) -> Result<Json<TransferResponse>, Refused> {
    let done = member.fleet.change(member.cluster, |members| {
        members.group.transfer(member.number, request.to)
    });
    done.map(|()| Json(TransferResponse {})).map_err(Refused)
}
