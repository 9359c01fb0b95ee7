//! A throw-away certificate authority: made for one run, trusted by nobody else.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::Failure;

/// What a server on loopback needs, in files.
pub struct Files {
    /// The authority's certificate, PEM.
    pub authority_pem: String,
}

/// Writes `ca.crt`, `server.crt`, `server.key` (for loopback) and `accounts.key`, `accounts.pub` (that sign tokens) into `folder`.
///
/// # Errors
/// When a key cannot be made or a file cannot be written.
pub fn write(folder: &Path) -> Result<Files, Failure> {
    let cannot = |error: rcgen::Error| format!("cannot make a certificate: {error}");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "throw-away");
    let key = KeyPair::generate().map_err(cannot)?;
    let authority_pem = params.self_signed(&key).map_err(cannot)?.pem();
    let issuer = Issuer::new(params, key);

    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let server_key = KeyPair::generate().map_err(cannot)?;
    let server = CertificateParams::new(names)
        .and_then(|params| params.signed_by(&server_key, &issuer))
        .map_err(cannot)?;
    let accounts_key = KeyPair::generate().map_err(cannot)?;
    for (name, content) in [
        ("ca.crt", authority_pem.clone()),
        ("server.crt", server.pem()),
        ("server.key", server_key.serialize_pem()),
        ("accounts.key", accounts_key.serialize_pem()),
        ("accounts.pub", accounts_key.public_key_pem()),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, content)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(Files { authority_pem })
}
