//! Who an agent is: its certificate must come from the authority and carry the URI of exactly that member.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use synod_agent_api::{Identity, Principal};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Verifies one agent.
#[derive(Debug)]
pub(super) struct ByIdentity {
    roots: RootCertStore,
    identity: Identity,
    provider: Arc<CryptoProvider>,
}

impl ByIdentity {
    pub(super) const fn new(
        roots: RootCertStore,
        identity: Identity,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        Self {
            roots,
            identity,
            provider,
        }
    }
}

impl ServerCertVerifier for ByIdentity {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.roots,
            intermediates,
            now,
            algorithms,
        )?;
        if names(end_entity, &self.identity) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::NotValidForName))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Whether the certificate names exactly this member: cluster, kind and number; the resource's name is for people.
fn names(certificate: &CertificateDer<'_>, wanted: &Identity) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return false;
    };
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else {
        return false;
    };
    alternatives.value.general_names.iter().any(|name| match name {
        GeneralName::URI(uri) => matches!(
            uri.parse(),
            Ok(Principal::Member(found))
                if found.cluster == wanted.cluster && found.kind == wanted.kind && found.number == wanted.number
        ),
        _ => false,
    })
}
