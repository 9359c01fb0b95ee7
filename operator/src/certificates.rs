//! Certificates: one authority per namespace, and what it issues. Keys are ECDSA P-256.
//!
//! Whoever verifies looks at the URI, never at names or addresses: `synod://<cluster uid>/<kind>/<name>/<number>` is a
//! member, `synod://operator/<namespace>` the operator, `synod://client/<namespace>/<kind>/<name>` a client, who
//! may not call the admin API.

mod reading;
mod verify;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use synod_agent_api::{Identity, OPERATOR_URI};
use xxhash_rust::xxh3::xxh3_128;

pub use reading::{fingerprints, lifetime};

/// How long an authority's certificate holds.
const AUTHORITY_YEARS: i32 = 10;
/// How long an issued certificate holds.
const LEAF_DAYS: i32 = 90;
/// A certificate that ends sooner than this is issued again.
pub const RENEW_DAYS: i64 = 30;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The namespace has no authority yet.
    #[error("the namespace has no certificate authority yet")]
    NoAuthority,
    /// Nobody can be verified by that identity.
    #[error("the identity cannot be made a name to verify")]
    NoName,
    /// Making or reading one failed.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A PEM text is damaged.
    #[error("PEM: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// TLS does not take it.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The clock stands at a time that has no date.
    #[error("time: {0}")]
    Time(#[from] jiff::Error),
}

/// A certificate and its private key, PEM.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
    /// When it ends.
    pub not_after: Timestamp,
}

/// For whom a certificate is issued.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// For people.
    pub common_name: &'a str,
    /// For programs.
    pub uri: &'a str,
    /// DNS names.
    pub dns: &'a [String],
    /// Addresses.
    pub addresses: &'a [IpAddr],
    /// Whether a server may use it, besides a client.
    pub server: bool,
}

/// A namespace's authority, as one that issues and trusts.
pub struct Authority {
    /// PEM; the one that signs first, then others that are trusted, too.
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
    /// How the operator connects to all agents of the namespace, made when first needed, and until when its own
    /// certificate holds.
    own: Mutex<Option<(Timestamp, Arc<ClientConfig>)>>,
}

impl Authority {
    /// A new authority, named for the namespace and the time, so that no two have one name.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn create(namespace: &str, now: Timestamp) -> Result<Issued, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(
            DnType::CommonName,
            format!("Synod authority of namespace {namespace}, {now:.0}"),
        );
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let not_after = validity(&mut params, now, AUTHORITY_YEARS.years())?;
        let certificate = params.self_signed(&key)?.pem();
        Ok(Issued {
            certificate,
            key: key.serialize_pem(),
            not_after,
        })
    }

    /// Reads an authority from PEM texts. Of several certificates the first is the key's; the others are trusted, too.
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, CertificateError> {
        let issuer = Issuer::from_ca_cert_pem(certificate, KeyPair::from_pem(key)?)?;
        Ok(Self {
            certificate: certificate.to_owned(),
            issuer,
            own: Mutex::new(None),
        })
    }

    /// Its certificate and the others that are trusted, PEM.
    #[must_use]
    pub fn certificates(&self) -> &str {
        &self.certificate
    }

    /// Issues a certificate.
    ///
    /// # Errors
    /// When a name cannot stand in a certificate, or no key can be made.
    pub fn issue(&self, subject: &Subject<'_>, now: Timestamp) -> Result<Issued, CertificateError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(subject.dns.to_vec())?;
        params
            .distinguished_name
            .push(DnType::CommonName, subject.common_name);
        params
            .subject_alt_names
            .push(SanType::URI(subject.uri.try_into()?));
        params
            .subject_alt_names
            .extend(subject.addresses.iter().map(|a| SanType::IpAddress(*a)));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if subject.server {
            params
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        params.use_authority_key_identifier_extension = true;
        let not_after = validity(&mut params, now, LEAF_DAYS.days())?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Issued {
            certificate,
            key: key.serialize_pem(),
            not_after,
        })
    }

    /// How the operator connects to the agent that must be `identity`: what holds for all of the namespace, and the name by
    /// which that one is verified.
    ///
    /// # Errors
    /// When the operator's own certificate cannot be made.
    pub fn client_config(
        &self,
        namespace: &str,
        identity: &Identity,
    ) -> Result<(Arc<ClientConfig>, ServerName<'static>), CertificateError> {
        let name = verify::server_name(identity).ok_or(CertificateError::NoName)?;
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now();
        if let Some((not_after, config)) = own.as_ref()
            && !ends_soon(*not_after, now)
        {
            return Ok((config.clone(), name));
        }
        let issued = self.issue_own(namespace, now)?;
        let config = self.config_with(&issued)?;
        *own = Some((issued.not_after, config.clone()));
        Ok((config, name))
    }

    fn config_with(&self, own: &Issued) -> Result<Arc<ClientConfig>, CertificateError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(self.certificate.as_bytes()) {
            roots.add(certificate?)?;
        }
        let chain = CertificateDer::pem_slice_iter(own.certificate.as_bytes())
            .collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = verify::ByIdentity::new(roots, provider.clone());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_auth_cert(chain, key)?;
        // The name is ours alone, and a session is resumed by nobody: an agent that is dialled again is a new process.
        config.enable_sni = false;
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }

    fn issue_own(&self, namespace: &str, now: Timestamp) -> Result<Issued, CertificateError> {
        let uri = format!("{OPERATOR_URI}/{namespace}");
        let subject = Subject {
            common_name: "synod-operator",
            uri: &uri,
            dns: &[],
            addresses: &[],
            server: false,
        };
        self.issue(&subject, now)
    }
}

/// Whether a certificate is to be issued again.
#[must_use]
pub fn ends_soon(not_after: Timestamp, now: Timestamp) -> bool {
    not_after.as_second() - now.as_second() < RENEW_DAYS * 86_400
}

/// A short name for a text, such as a certificate: equal texts have equal ones.
#[must_use]
pub fn digest(text: &str) -> String {
    format!("{:032x}", xxh3_128(text.as_bytes()))
}

/// From a day ago, for clocks that are behind, until `length` from now.
fn validity(
    params: &mut CertificateParams,
    now: Timestamp,
    length: jiff::Span,
) -> Result<Timestamp, CertificateError> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let end = today.checked_add(length)?;
    let (year, month, day) = ymd(today.checked_sub(1.day())?);
    params.not_before = rcgen::date_time_ymd(year, month, day);
    let (year, month, day) = ymd(end);
    params.not_after = rcgen::date_time_ymd(year, month, day);
    Ok(end.to_zoned(TimeZone::UTC)?.timestamp())
}

fn ymd(date: Date) -> (i32, u8, u8) {
    (
        date.year().into(),
        date.month().unsigned_abs(),
        date.day().unsigned_abs(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_read_back_and_issues() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a time");
        let made = Authority::create("ns", now).expect("made");
        assert_eq!(made.not_after.to_string(), "2036-03-01T00:00:00Z");
        let authority = Authority::from_pem(&made.certificate, &made.key).expect("read back");
        let subject = Subject {
            common_name: "config-cg-1",
            uri: "synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/1",
            dns: &["config-cg-1.config-cg-peer.ns.svc".to_owned()],
            addresses: &["127.0.0.1".parse().expect("an address")],
            server: true,
        };
        let issued = authority.issue(&subject, now).expect("issued");
        assert!(!ends_soon(issued.not_after, now));
        assert!(ends_soon(issued.not_after, now + 61 * 24.hours()));
        let identity = subject
            .uri
            .strip_prefix("x")
            .unwrap_or(subject.uri)
            .parse()
            .expect("an identity");
        assert!(authority.client_config("ns", &identity).is_ok());
        let next = Authority::create("ns", now).expect("made");
        let both = format!("{}{}", made.certificate, next.certificate);
        let authority = Authority::from_pem(&both, &made.key).expect("the first is the key's");
        assert!(authority.client_config("ns", &identity).is_ok());
        assert_eq!(fingerprints(&both).len(), 2);
        let (from, until) = lifetime(&both).expect("the first's");
        assert_eq!(until, made.not_after);
        assert_eq!(from.to_string(), "2026-02-28T00:00:00Z");
    }
}
