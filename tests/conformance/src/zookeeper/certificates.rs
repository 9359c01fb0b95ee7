//! Certificates for one ensemble: an authority, the members' identity, and a client's.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::Failure;

/// The name in the client's certificate, as ZooKeeper's x509 scheme shows it.
pub const CLIENT_NAME: &str = "CN=ann";

/// The files, PEM.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The authority's certificate.
    pub trust: PathBuf,
    /// The members' certificate and key in one file.
    pub member: PathBuf,
    /// The client's certificate and key in one file.
    pub client: PathBuf,
}

impl Certificates {
    /// Makes them and writes them into `folder`.
    ///
    /// # Errors
    /// When one cannot be made or written.
    pub fn make(folder: &Path) -> Result<Self, Failure> {
        let cannot = |error: rcgen::Error| format!("no certificate: {error}");
        let mut authority = named("authority", &[]).map_err(cannot)?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().map_err(cannot)?;
        let certificate = authority.self_signed(&key).map_err(cannot)?;
        let files = Self {
            trust: folder.join("ca.pem"),
            member: folder.join("member.pem"),
            client: folder.join("client.pem"),
        };
        write(&files.trust, &certificate.pem())?;
        let issuer = Issuer::new(authority, key);
        let identity = |name: &str, hosts: &[&str]| {
            let key = KeyPair::generate()?;
            let certificate = named(name, hosts)?.signed_by(&key, &issuer)?;
            Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
        };
        let member = identity("member", &["127.0.0.1", "localhost"]).map_err(cannot)?;
        write(&files.member, &member)?;
        let client = identity("ann", &[]).map_err(cannot)?;
        write(&files.client, &client)?;
        Ok(files)
    }
}

fn named(name: &str, hosts: &[&str]) -> Result<CertificateParams, rcgen::Error> {
    let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut parameters = CertificateParams::new(hosts)?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok(parameters)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
