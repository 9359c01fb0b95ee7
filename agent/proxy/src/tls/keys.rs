//! Certificates and authorities, made of files, and made anew when the files change.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::config::{BackendTls, Certificate, Problem, Tls};
use crate::mutation::mutated;

/// What clients are shown at a listener; always the newest.
pub(crate) type Shown = Arc<ArcSwap<ServerConfig>>;

/// How a backend's servers are met.
#[derive(Clone, Debug)]
pub(crate) struct Outward {
    config: Arc<ArcSwap<ClientConfig>>,
    name: Option<ServerName<'static>>,
}

impl Outward {
    /// The rules in force, and whom a server at this address has to be.
    pub(crate) fn to(
        &self,
        address: std::net::SocketAddr,
    ) -> (Arc<ClientConfig>, ServerName<'static>) {
        let by_address = || ServerName::IpAddress(address.ip().into());
        let name = self.name.clone().unwrap_or_else(by_address);
        (self.config.load_full(), name)
    }
}

/// What is made of some files, and these as they were read.
#[derive(Debug)]
pub(crate) struct Keys<Rules, Made> {
    rules: Rules,
    files: Vec<Vec<u8>>,
    made: Made,
}

/// What can be made of files.
trait Make {
    type Made;

    fn paths(&self) -> Vec<&Path>;

    /// Makes it, of the files' contents in the order of their paths.
    fn make(&self, files: &[Vec<u8>]) -> Result<Arc<Self::Made>, String>;
}

impl Keys<Tls, Shown> {
    /// Reads what a listener shows.
    pub(crate) fn load(rules: &Tls, at: &str) -> Result<Self, Problem> {
        let (files, made) = made(rules, at)?;
        Ok(Self {
            rules: rules.clone(),
            files,
            made: Arc::new(ArcSwap::from(made)),
        })
    }

    pub(crate) fn shown(&self) -> Shown {
        Arc::clone(&self.made)
    }

    /// Reads the files again; true if they had changed, and new connections are made with them.
    pub(crate) fn refresh(&mut self, at: &str) -> Result<bool, Problem> {
        refresh(&self.rules, &mut self.files, &self.made, at)
    }
}

impl Keys<BackendTls, Outward> {
    /// Reads how a backend's servers are met.
    pub(crate) fn load(rules: &BackendTls, at: &str) -> Result<Self, Problem> {
        let name = rules.name.clone().map(ServerName::try_from).transpose();
        let name = name.map_err(|_| problem(at, "the name is none of a host".to_owned()))?;
        let (files, made) = made(rules, at)?;
        Ok(Self {
            rules: rules.clone(),
            files,
            made: Outward {
                config: Arc::new(ArcSwap::from(made)),
                name,
            },
        })
    }

    pub(crate) fn outward(&self) -> Outward {
        self.made.clone()
    }

    /// As for a listener.
    pub(crate) fn refresh(&mut self, at: &str) -> Result<bool, Problem> {
        refresh(&self.rules, &mut self.files, &self.made.config, at)
    }
}

fn problem(at: &str, what: String) -> Problem {
    Problem {
        at: at.to_owned(),
        what,
        remedy: "mount certificate and key together, as PEM, or correct the paths".to_owned(),
    }
}

fn read(paths: &[&Path]) -> Result<Vec<Vec<u8>>, String> {
    let read = |path: &&Path| {
        std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    paths.iter().map(read).collect()
}

/// Files as they were read, and what was made of them.
type Found<Made> = (Vec<Vec<u8>>, Arc<Made>);

fn made<R: Make>(rules: &R, at: &str) -> Result<Found<R::Made>, Problem> {
    let files = read(&rules.paths()).map_err(|what| problem(at, what))?;
    let made = rules.make(&files).map_err(|what| problem(at, what))?;
    Ok((files, made))
}

fn refresh<R: Make>(
    rules: &R,
    files: &mut Vec<Vec<u8>>,
    current: &ArcSwap<R::Made>,
    at: &str,
) -> Result<bool, Problem> {
    let now = read(&rules.paths()).map_err(|what| problem(at, what))?;
    if now == *files || mutated("keys-stay") {
        return Ok(false);
    }
    current.store(rules.make(&now).map_err(|what| problem(at, what))?);
    *files = now;
    Ok(true)
}

impl Make for Tls {
    type Made = ServerConfig;

    fn paths(&self) -> Vec<&Path> {
        let pairs = self.certificates.iter();
        let pairs = pairs.flat_map(|it| [it.cert.as_path(), it.key.as_path()]);
        pairs
            .chain(self.client_ca.as_deref())
            .collect::<Vec<&Path>>()
    }

    fn make(&self, files: &[Vec<u8>]) -> Result<Arc<ServerConfig>, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let pairs = self.certificates.iter().zip(files.chunks(2));
        let keys = pairs.map(|(paths, files)| certified(paths, &files[0], &files[1], &provider));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let bytes = files.last().map_or(&[][..], |it| it);
                let roots = Arc::new(roots(path, bytes)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build().map_err(|it| it.to_string())?)
            }
        };
        let mut config = builder.with_cert_resolver(Arc::new(ByName(keys)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl Make for BackendTls {
    type Made = ClientConfig;

    fn paths(&self) -> Vec<&Path> {
        let pair = self.certificate.iter();
        let pair = pair.flat_map(|it| [it.cert.as_path(), it.key.as_path()]);
        [self.ca.as_path()].into_iter().chain(pair).collect()
    }

    fn make(&self, files: &[Vec<u8>]) -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots(&self.ca, &files[0])?);
        let mut config = match &self.certificate {
            None => builder.with_no_client_auth(),
            Some(paths) => {
                let (chain, key) = pair(paths, &files[1], &files[2])?;
                let made = builder.with_client_auth_cert(chain, key);
                made.map_err(|error| error.to_string())?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn pair(paths: &Certificate, cert: &[u8], key: &[u8]) -> Result<Pair, String> {
    let chain = certificates(&paths.cert, cert)?;
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|_| format!("{} holds no private key", paths.key.display()))?;
    Ok((chain, key))
}

fn certified(
    paths: &Certificate,
    cert: &[u8],
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, String> {
    let (chain, key) = pair(paths, cert, key)?;
    let certified = CertifiedKey::from_der(chain, key, provider);
    let place = paths.cert.display();
    certified
        .map(Arc::new)
        .map_err(|error| format!("{place} and its key cannot be used: {error}"))
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!("{} holds no certificates", path.display())),
    }
}

fn roots(path: &Path, pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(path, pem)? {
        let added = roots.add(authority);
        added.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(roots)
}

/// Shows the certificate that is for the name that is asked for; the first one where there is none.
#[derive(Debug)]
struct ByName(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().and_then(|name| {
            let name = ServerName::try_from(name).ok()?;
            self.0.iter().find(|key| is_for(key, &name))
        });
        name.or_else(|| self.0.first()).cloned()
    }
}

fn is_for(key: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let certificate = key.end_entity_cert().ok();
    let parsed = certificate.and_then(|it| ParsedCertificate::try_from(it).ok());
    parsed.is_some_and(|it| verify_server_name(&it, name).is_ok())
}
