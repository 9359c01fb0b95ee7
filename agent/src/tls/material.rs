//! What is made of PEM files, and kept fresh.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use synod_agent_api::{ClientTls, ClientTlsMode, Identity, PeerTls};

use super::chain::{ChainVerifier, not_after};
use super::pem::{certificates, check_identity, fingerprint, private_key};

/// How often files are compared with what is in use. Kubernetes takes about a minute to bring a Secret's change into
/// a pod, so this adds nothing that matters.
const RELOAD_INTERVAL: Duration = Duration::from_secs(5);

/// How the other side of an accepted connection is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientTrust {
    /// It shows no certificate.
    None,
    /// It may show a certificate, which must be of the CA then.
    Optional,
    /// It must show a certificate of the CA.
    Required,
}

/// The files, by the configuration field that names each.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The section in the configuration, for messages (`tls.peer`).
    pub section: &'static str,
    /// Certificate chain.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
    /// CA bundle, if certificates are to be verified.
    pub ca: Option<PathBuf>,
    /// How the other side is met.
    pub trust: ClientTrust,
    /// Application protocols offered (ALPN), most wanted first.
    pub alpn: Vec<Vec<u8>>,
    /// Whom the certificate must name, if anybody in particular.
    pub identity: Option<Identity>,
}

impl Sources {
    /// For peer and admin connections; `None` if the configuration says `insecure`.
    ///
    /// # Panics
    /// If the configuration was not validated.
    #[must_use]
    pub fn of_peers(tls: &PeerTls, identity: Identity) -> Option<Self> {
        const VALID: &str = "a valid configuration names cert, key and ca unless insecure";
        (!tls.insecure).then(|| Self {
            section: "tls.peer",
            cert: tls.cert.clone().expect(VALID),
            key: tls.key.clone().expect(VALID),
            ca: Some(tls.ca.clone().expect(VALID)),
            trust: ClientTrust::Required,
            alpn: Vec::new(),
            identity: Some(identity),
        })
    }

    /// For the client listener; `None` if the mode is `disabled`.
    ///
    /// # Panics
    /// If the configuration was not validated.
    #[must_use]
    pub fn of_clients(tls: &ClientTls) -> Option<Self> {
        const VALID: &str = "a valid configuration names cert and key unless disabled";
        let trust = match tls.mode {
            ClientTlsMode::Disabled => return None,
            ClientTlsMode::Server => ClientTrust::None,
            ClientTlsMode::Optional => ClientTrust::Optional,
            ClientTlsMode::Mutual => ClientTrust::Required,
        };
        Some(Self {
            section: "tls.client",
            cert: tls.cert.clone().expect(VALID),
            key: tls.key.clone().expect(VALID),
            ca: tls.ca.clone(),
            trust,
            alpn: vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            identity: None,
        })
    }
}

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{place}: {}: {source}; mount the certificates there or correct the path", path.display())]
    Unreadable {
        /// The configuration's field.
        place: String,
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{place}: {}: {what}; write it as PEM", path.display())]
    Malformed {
        /// The configuration's field.
        place: String,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The files do not go together.
    #[error("{section}: certificate and key cannot be used: {what}; issue them anew, together")]
    Unusable {
        /// The configuration's section.
        section: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The certificate is somebody else's.
    #[error(
        "{section}.cert names {found}, but this member is {expected}; mount this member's own certificate"
    )]
    WrongIdentity {
        /// The configuration's section.
        section: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: Identity,
    },
}

/// Certificates in use; replaced as a whole when the files change.
#[derive(Debug)]
pub struct Certificates {
    sources: Sources,
    /// Apart from the rest, since listeners take it from here for each connection.
    server: Arc<ArcSwap<ServerConfig>>,
    current: ArcSwap<Material>,
}

#[derive(Debug)]
struct Material {
    files: Files,
    client: Option<Arc<ClientConfig>>,
    not_after: Option<i64>,
    fingerprint: String,
    ca_fingerprints: Vec<String>,
}

/// The bytes as they were read: what a change is noticed by.
#[derive(Debug, PartialEq, Eq)]
struct Files {
    cert: Secret,
    key: Secret,
    ca: Option<Secret>,
}

/// Bytes that are never printed.
#[derive(PartialEq, Eq)]
pub(super) struct Secret(pub(super) Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Certificates {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// If a file is missing, is no PEM, or they do not go together.
    pub fn load(sources: Sources) -> Result<Arc<Self>, TlsError> {
        let (material, server) = Material::make(Files::read(&sources)?, &sources)?;
        Ok(Arc::new(Self {
            sources,
            server: Arc::new(ArcSwap::from(server)),
            current: ArcSwap::from_pointee(material),
        }))
    }

    /// For accepting a connection now.
    #[must_use]
    pub fn server(&self) -> Arc<ServerConfig> {
        self.server.load_full()
    }

    /// For accepting connections, always the newest.
    #[must_use]
    pub fn server_shared(&self) -> Arc<ArcSwap<ServerConfig>> {
        Arc::clone(&self.server)
    }

    /// For dialling a connection now.
    ///
    /// # Panics
    /// If there is no CA bundle: such certificates are for listeners only.
    #[must_use]
    pub fn client(&self) -> Arc<ClientConfig> {
        let material = self.current.load();
        Arc::clone(material.client.as_ref().expect("peers have a CA bundle"))
    }

    /// When the certificate in use ends, as RFC 3339.
    #[must_use]
    pub fn not_after(&self) -> Option<String> {
        let seconds = self.current.load().not_after?;
        let time = jiff::Timestamp::from_second(seconds).ok()?;
        Some(time.to_string())
    }

    /// SHA-256 fingerprint of the certificate in use, hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.current.load().fingerprint.clone()
    }

    /// Whether both are read from the same files; what changed there they notice one after the other.
    #[must_use]
    pub fn shares_files_with(&self, other: &Self) -> bool {
        let files = |it: &Self| {
            let Sources { cert, key, ca, .. } = &it.sources;
            (cert.clone(), key.clone(), ca.clone())
        };
        files(self) == files(other)
    }

    /// SHA-256 fingerprints of the CA bundle in use, hexadecimal, sorted.
    #[must_use]
    pub fn ca_fingerprints(&self) -> Vec<String> {
        self.current.load().ca_fingerprints.clone()
    }

    /// Compares with the files once; true if they had changed and are in use now.
    ///
    /// # Errors
    /// If the files changed and cannot be used; what was in use stays.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let files = Files::read(&self.sources)?;
        if files == self.current.load().files {
            return Ok(false);
        }
        let (material, server) = Material::make(files, &self.sources)?;
        self.server.store(server);
        self.current.store(Arc::new(material));
        Ok(true)
    }

    /// Keeps them fresh until dropped. `changed` is called after each change.
    pub async fn keep_fresh(self: Arc<Self>, changed: impl Fn()) {
        let section = self.sources.section;
        let mut failing = false;
        loop {
            tokio::time::sleep(RELOAD_INTERVAL).await;
            match self.reload() {
                Ok(true) => {
                    tracing::info!(
                        section,
                        not_after = self.not_after(),
                        "certificates replaced"
                    );
                    changed();
                    failing = false;
                }
                Ok(false) => failing = false,
                Err(error) if !failing => {
                    tracing::warn!(section, %error, "new certificates cannot be used, the old ones stay");
                    failing = true;
                }
                Err(_) => {}
            }
        }
    }
}

impl Files {
    fn read(sources: &Sources) -> Result<Self, TlsError> {
        let read = |field: &str, path: &PathBuf| {
            std::fs::read(path)
                .map(Secret)
                .map_err(|source| TlsError::Unreadable {
                    place: format!("{}.{field}", sources.section),
                    path: path.clone(),
                    source,
                })
        };
        Ok(Self {
            cert: read("cert", &sources.cert)?,
            key: read("key", &sources.key)?,
            ca: sources.ca.as_ref().map(|ca| read("ca", ca)).transpose()?,
        })
    }
}

impl Material {
    fn make(files: Files, sources: &Sources) -> Result<(Self, Arc<ServerConfig>), TlsError> {
        let unusable = |error: &dyn std::fmt::Display| TlsError::Unusable {
            section: sources.section,
            what: error.to_string(),
        };
        let chain = certificates(&files.cert, "cert", &sources.cert, sources.section)?;
        check_identity(&chain[0], sources)?;
        let key = private_key(&files.key, sources)?;
        let authorities = match (&files.ca, &sources.ca) {
            (Some(bytes), Some(path)) => certificates(bytes, "ca", path, sources.section)?,
            _ => Vec::new(),
        };
        let mut roots = RootCertStore::empty();
        for authority in &authorities {
            roots.add(authority.clone()).map_err(|e| unusable(&e))?;
        }
        let roots = Arc::new(roots);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server =
            server_config(&provider, &roots, &chain, &key, sources).map_err(|e| unusable(&e))?;
        let client = match authorities.is_empty() {
            true => None,
            false => {
                Some(client_config(&provider, &roots, &chain, &key).map_err(|e| unusable(&e))?)
            }
        };
        let mut ca_fingerprints: Vec<String> = authorities.iter().map(fingerprint).collect();
        ca_fingerprints.sort();
        let material = Self {
            not_after: not_after(&chain[0]),
            fingerprint: fingerprint(&chain[0]),
            client,
            ca_fingerprints,
            files,
        };
        Ok((material, server))
    }
}

fn server_config(
    provider: &Arc<CryptoProvider>,
    roots: &Arc<RootCertStore>,
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
    sources: &Sources,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?;
    let verifier =
        || WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider));
    let verifier = match sources.trust {
        ClientTrust::None => None,
        ClientTrust::Optional => Some(verifier().allow_unauthenticated().build()),
        ClientTrust::Required => Some(verifier().build()),
    };
    let builder = match verifier {
        None => builder.with_no_client_auth(),
        Some(verifier) => builder.with_client_cert_verifier(
            verifier.map_err(|error| rustls::Error::General(error.to_string()))?,
        ),
    };
    let mut config = builder.with_single_cert(chain.to_vec(), key.clone_key())?;
    config.alpn_protocols.clone_from(&sources.alpn);
    Ok(Arc::new(config))
}

fn client_config(
    provider: &Arc<CryptoProvider>,
    roots: &Arc<RootCertStore>,
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let verifier = ChainVerifier::new(Arc::clone(roots), Arc::clone(provider));
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(chain.to_vec(), key.clone_key())?;
    config.enable_sni = false;
    Ok(Arc::new(config))
}
