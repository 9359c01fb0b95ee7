//! What PEM files hold, or what is wrong with them.

use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use synod_agent_api::Principal;

use super::chain::principal;
use super::material::{Secret, Sources, TlsError};

/// Refuses a certificate that names somebody else.
pub(super) fn check_identity(leaf: &CertificateDer<'_>, sources: &Sources) -> Result<(), TlsError> {
    let Some(expected) = &sources.identity else {
        return Ok(());
    };
    let found = principal(leaf);
    match &found {
        Some(Principal::Member(it))
            if (it.cluster, it.kind, it.number)
                == (expected.cluster, expected.kind, expected.number) =>
        {
            Ok(())
        }
        other => Err(TlsError::WrongIdentity {
            section: sources.section,
            found: match other {
                Some(Principal::Member(identity)) => identity.to_string(),
                Some(Principal::Operator) => "the operator".to_owned(),
                None => "nobody (no synod:// URI among its subject alternative names)".to_owned(),
            },
            expected: expected.clone(),
        }),
    }
}

/// All certificates of a file, at least one.
pub(super) fn certificates(
    pem: &Secret,
    field: &str,
    path: &Path,
    section: &str,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let malformed = |what: String| TlsError::Malformed {
        place: format!("{section}.{field}"),
        path: path.to_owned(),
        what,
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem.0).collect();
    match found {
        Ok(found) if found.is_empty() => Err(malformed("holds no certificate".to_owned())),
        Ok(found) => Ok(found),
        Err(error) => Err(malformed(error.to_string())),
    }
}

/// The private key of a file.
pub(super) fn private_key(
    pem: &Secret,
    sources: &Sources,
) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&pem.0).map_err(|error| TlsError::Malformed {
        place: format!("{}.key", sources.section),
        path: sources.key.clone(),
        what: format!("holds no private key ({error})"),
    })
}

/// A certificate's SHA-256, hexadecimal.
pub(super) fn fingerprint(certificate: &CertificateDer<'static>) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}
