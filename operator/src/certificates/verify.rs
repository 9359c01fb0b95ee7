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

/// Verifies the agents of one authority, each by the name that it is dialled with ([`server_name`]).
#[derive(Debug)]
pub(super) struct ByIdentity {
    roots: RootCertStore,
    provider: Arc<CryptoProvider>,
}

impl ByIdentity {
    pub(super) const fn new(roots: RootCertStore, provider: Arc<CryptoProvider>) -> Self {
        Self { roots, provider }
    }
}

/// The name by which a member is verified: cluster, kind and number; the resource's name is for people. It is never sent.
pub(super) fn server_name(identity: &Identity) -> Option<ServerName<'static>> {
    let Identity {
        cluster,
        kind,
        number,
        ..
    } = identity;
    let name = format!("{number}.{kind}.{cluster}.synod").to_lowercase();
    name.try_into().ok()
}

impl ServerCertVerifier for ByIdentity {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
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
        if names(end_entity, server_name) {
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

/// Whether the certificate names exactly the member that is wanted.
fn names(certificate: &CertificateDer<'_>, wanted: &ServerName<'_>) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return false;
    };
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else {
        return false;
    };
    alternatives
        .value
        .general_names
        .iter()
        .any(|name| match name {
            GeneralName::URI(uri) => matches!(
                uri.parse(),
                Ok(Principal::Member(found)) if server_name(&found).as_ref() == Some(wanted)
            ),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::{Authority, Subject};
    use jiff::Timestamp;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::pki_types::pem::PemObject;
    use rustls::{ClientConnection, ServerConfig, ServerConnection};

    const MEMBER: &str = "synod://12345678-0123-4567-8901-123456789012/ConsensusGroup/config/1";

    fn authority() -> Authority {
        let made = Authority::create("ns", Timestamp::now()).expect("made");
        Authority::from_pem(&made.certificate, &made.key).expect("read back")
    }

    /// Whether somebody who dials `wanted`, trusting `trusted`, is content with a server that `issuer` says is [`MEMBER`].
    fn met(trusted: &Authority, issuer: &Authority, wanted: &str) -> bool {
        let subject = Subject {
            common_name: "config-cg-1",
            uri: MEMBER,
            dns: &[],
            addresses: &[],
            server: true,
        };
        let issued = issuer.issue(&subject, Timestamp::now()).expect("issued");
        let chain = vec![
            CertificateDer::from_pem_slice(issued.certificate.as_bytes()).expect("a certificate"),
        ];
        let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).expect("a key");
        let server =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("versions")
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .expect("a server");
        let wanted = wanted.parse().expect("an identity");
        let (config, name) = trusted.client_config("ns", &wanted).expect("a client");
        let mut client = ClientConnection::new(config, name).expect("a client");
        let mut server = ServerConnection::new(Arc::new(server)).expect("a server");
        for _ in 0..4 {
            let mut wire = Vec::new();
            client.write_tls(&mut wire).expect("written");
            assert!(
                !String::from_utf8_lossy(&wire).contains("synod"),
                "no name is sent"
            );
            server.read_tls(&mut wire.as_slice()).expect("read");
            server.process_new_packets().expect("a client's hello");
            let mut wire = Vec::new();
            server.write_tls(&mut wire).expect("written");
            client.read_tls(&mut wire.as_slice()).expect("read");
            if client.process_new_packets().is_err() {
                return false;
            }
        }
        !client.is_handshaking()
    }

    #[test]
    fn an_agent_is_who_its_certificate_says_and_nobody_else() {
        let (ours, other) = (authority(), authority());
        assert!(met(&ours, &ours, MEMBER));
        assert!(met(&ours, &ours, &MEMBER.replace("/config/", "/renamed/")));
        assert!(!met(
            &ours,
            &ours,
            &MEMBER.replace("/config/1", "/config/2")
        ));
        assert!(!met(&ours, &ours, &MEMBER.replace("//1234", "//5234")));
        assert!(!met(&ours, &other, MEMBER));
    }
}
