//! The API on a loopback port: TLS, a bearer token, and the kubeconfig that carries both.
//!
//! The certificate and the token are made once for a data directory and kept with it, so that a kubeconfig goes on
//! working after a restart. Only requests with the token get further than `401`.

use super::Api;
use super::refusal::Refusal;
use super::service::refused;
use base64::Engine as _;
use http::{HeaderMap, header};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio_rustls::TlsAcceptor;

/// Connections at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 256;
/// A client that does not finish its handshake in this time is dropped.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// So is one that does not show the token in this time after the handshake. Clients of Kubernetes connect when they have
/// something to ask.
const ADMISSION_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the API cannot be served on a port.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The port cannot be had.
    #[error("cannot listen on {address}: {error}; give another with --listen ADDRESS:PORT")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the kernel said.
        error: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("the API's certificate cannot be made or used: {0}")]
    Tls(String),
}

/// What a client needs: certificate, key and token, as kept in the data directory.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Access {
    certificate_pem: String,
    key_pem: String,
    token: String,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access(..)")
    }
}

impl Access {
    /// Makes a certificate for loopback and a random token.
    pub fn generate() -> Result<Self, ListenError> {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names)
            .map_err(|e| ListenError::Tls(e.to_string()))?;
        // Two version-4 UUIDs carry 244 random bits.
        let token = format!(
            "{}{}",
            uuid::Uuid::new_v4().simple(),
            uuid::Uuid::new_v4().simple()
        );
        Ok(Self {
            certificate_pem: made.cert.pem(),
            key_pem: made.signing_key.serialize_pem(),
            token,
        })
    }

    /// The kubeconfig of a client that reaches the API at `address`.
    pub fn kubeconfig(&self, address: SocketAddr) -> String {
        let authority = base64::engine::general_purpose::STANDARD.encode(&self.certificate_pem);
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: synod-local\n  cluster:\n    server: https://{address}\n    \
             certificate-authority-data: {authority}\ncontexts:\n- name: synod-local\n  context: {{cluster: synod-local, user: \
             synod-local, namespace: default}}\ncurrent-context: synod-local\nusers:\n- name: synod-local\n  user:\n    token: {}\n",
            self.token
        )
    }

    fn acceptor(&self) -> Result<TlsAcceptor, ListenError> {
        use rustls::pki_types::pem::PemObject;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let tls = |error: &dyn std::fmt::Display| ListenError::Tls(error.to_string());
        let certificate =
            CertificateDer::from_pem_slice(self.certificate_pem.as_bytes()).map_err(|e| tls(&e))?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(|e| tls(&e))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| tls(&e))?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .map_err(|e| tls(&e))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Whether the request carries the token; compared without telling by time where it differs.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let Some(given) = given.and_then(|value| value.strip_prefix("Bearer ")) else {
            return false;
        };
        let (given, token) = (given.as_bytes(), self.token.as_bytes());
        let difference = given.iter().zip(token).fold(0, |sum, (a, b)| sum | (a ^ b));
        given.len() == token.len() && difference == 0
    }
}

/// The API on a port.
pub struct Listener {
    api: Api,
    access: Arc<Access>,
    acceptor: TlsAcceptor,
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Takes the port; port 0 takes any. Only loopback addresses are sensible: the token is all there is.
    pub async fn bind(
        api: Api,
        access: Access,
        address: Option<SocketAddr>,
    ) -> Result<Self, ListenError> {
        let address = address.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let acceptor = access.acceptor()?;
        let bind = |error| ListenError::Bind { address, error };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        Ok(Self {
            api,
            access: Arc::new(access),
            acceptor,
            listener,
            address,
        })
    }

    /// The address taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the future is dropped.
    pub async fn serve(self) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                return;
            };
            while connections.try_join_next().is_some() {}
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (api, access, acceptor) = (
                        self.api.clone(),
                        Arc::clone(&self.access),
                        self.acceptor.clone(),
                    );
                    connections.spawn(async move {
                        serve_connection(api, access, acceptor, stream).await;
                        drop(permit);
                    });
                }
                // Out of file descriptors, most likely: let some close.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

async fn serve_connection(api: Api, access: Arc<Access>, acceptor: TlsAcceptor, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await
    else {
        return;
    };
    let admitted = Arc::new(Notify::new());
    let admit = Arc::clone(&admitted);
    let service =
        hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let (api, admits) = (api.clone(), access.admits(request.headers()));
            if admits {
                admit.notify_one();
            }
            async move {
                if !admits {
                    return Ok::<_, std::convert::Infallible>(refused(&Refusal::unauthorized()));
                }
                Ok(api.handle(request).await)
            }
        });
    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // A connection that ends in an error ends; nothing else is touched.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = admitted.notified() => {}
        () = tokio::time::sleep(ADMISSION_TIMEOUT) => return,
    }
    let _ = connection.await;
}
