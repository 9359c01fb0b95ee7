//! Certificates, as they are written: paths of PEM files, which are read again when they change.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// TLS that ends at a listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tls {
    /// The first one that is for the name that a client asks for is shown, wildcards included; the first of all to who asks for none
    /// that there is.
    pub certificates: Vec<Certificate>,
    /// Clients show a certificate of one of these authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ca: Option<PathBuf>,
}

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// The chain, the certificate itself first.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// TLS to a backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackendTls {
    /// The authorities that its servers' certificates are of.
    pub ca: PathBuf,
    /// The name that these are for, and that is asked for. A server's address without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is shown, if it wants a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// Where connections go that ask for such a name, still encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Name {
    /// Whole names, or `*.` and the rest of a name.
    pub hosts: Vec<String>,
    /// The backend.
    pub backend: String,
}
