//! What PEM texts of certificates say.

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};

/// SHA-256 fingerprints of all certificates in a text, hexadecimal, in their order; what is no certificate has none. As
/// agents report them.
#[must_use]
pub fn fingerprints(pem: &str) -> Vec<String> {
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes()).flatten();
    certificates
        .map(|certificate| {
            let digest = ring::digest::digest(&ring::digest::SHA256, &certificate);
            digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
        })
        .collect()
}

/// From when until when the first certificate of a text holds.
#[must_use]
pub fn lifetime(pem: &str) -> Option<(Timestamp, Timestamp)> {
    let first = CertificateDer::pem_slice_iter(pem.as_bytes())
        .next()?
        .ok()?;
    let (_, parsed) = X509Certificate::from_der(&first).ok()?;
    let time = |seconds| Timestamp::from_second(seconds).ok();
    let validity = parsed.validity();
    Some((
        time(validity.not_before.timestamp())?,
        time(validity.not_after.timestamp())?,
    ))
}
