//! Verifying a chain without a name, and reading the name out of it.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use synod_agent_api::Principal;
use x509_parser::prelude::{FromDer, GeneralName, RelativeDistinguishedName, X509Certificate};

/// Verifies that a server's certificate comes from the CA, whatever its names: whom it names is checked after the
/// handshake, with [`principal`].
#[derive(Debug)]
pub(super) struct ChainVerifier {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ChainVerifier {
    pub(super) const fn new(roots: Arc<RootCertStore>, provider: Arc<CryptoProvider>) -> Self {
        Self { roots, provider }
    }
}

impl ServerCertVerifier for ChainVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        rustls::client::verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end_entity)?,
            &self.roots,
            intermediates,
            now,
            self.provider.signature_verification_algorithms.all,
        )?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Whom a verified certificate names: the first of its URI subject alternative names that names anybody.
#[must_use]
pub fn principal(certificate: &CertificateDer<'_>) -> Option<Principal> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    names
        .value
        .general_names
        .iter()
        .find_map(|name| match name {
            GeneralName::URI(uri) => uri.parse().ok(),
            _ => None,
        })
}

/// A certificate's subject as Java's `X500Principal.getName` writes it (RFC 2253): the last part first, separated by commas.
#[must_use]
pub fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let mut parts: Vec<String> = parsed.subject().iter_rdn().map(part).collect();
    parts.reverse();
    Some(parts.join(",")).filter(|subject| !subject.is_empty())
}

/// One part of a subject, which may be of several attributes.
fn part(part: &RelativeDistinguishedName<'_>) -> String {
    let attributes = part.iter().map(|attribute| {
        let kind = attribute.attr_type();
        let names = SHORT_NAMES
            .iter()
            .find(|(oid, _)| kind.to_id_string() == *oid);
        let name = names.map_or_else(|| kind.to_id_string(), |(_, name)| (*name).to_owned());
        let value = attribute.as_str().unwrap_or_default();
        format!("{name}={}", escaped(value))
    });
    attributes.collect::<Vec<_>>().join("+")
}

/// The names that RFC 2253 has for kinds of attributes (section 2.3).
const SHORT_NAMES: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];

/// A value with what has a meaning in subjects escaped (section 2.4).
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (index, character) in value.chars().enumerate() {
        let at_edge = index == 0 || index == last;
        let special = matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';');
        if special || (character == ' ' && at_edge) || (character == '#' && index == 0) {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

/// When a certificate ends, in seconds since 1970.
pub(super) fn not_after(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Some(parsed.validity().not_after.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_read_as_java_writes_them() {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        let name = &mut parameters.distinguished_name;
        name.push(rcgen::DnType::CountryName, "CH");
        name.push(rcgen::DnType::OrganizationName, "Smith, Ltd");
        name.push(rcgen::DnType::CommonName, "#ann ");
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let expected = "CN=\\#ann\\ ,O=Smith\\, Ltd,C=CH";
        assert_eq!(subject(certificate.der()).as_deref(), Some(expected));
    }
}
