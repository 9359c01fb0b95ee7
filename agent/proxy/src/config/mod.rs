//! What a proxy does, as data: read, checked as a whole, and applied in place.
//!
//! [`Config`] is what is written; [`Config::check`] says of each mistake where it is, what it is and what to do. Only what passed
//! becomes a plan that threads go by, and that replaces the one before in one step.

mod backend;
mod check;
mod route;
mod tls;

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

pub use backend::{Backend, Balance, Dns, Health, Limits, Outlier, Probe, Server};
pub use check::Problem;
pub use route::{
    HashOn, Header, HeaderEdits, HeaderMatch, PathMatch, Rate, Redirect, Retries, Route, Sticky,
    Target, TimeOuts,
};
pub use tls::{BackendTls, Certificate, Name, Tls};

/// All of a proxy's configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// Where connections come to.
    pub listeners: Vec<Listener>,
    /// Where requests go, by what they are.
    pub routes: Vec<Route>,
    /// Who serves them.
    pub backends: Vec<Backend>,
}

/// Where connections come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listener {
    /// Its name.
    pub name: String,
    /// Its address and port.
    pub address: SocketAddr,
    /// What is spoken.
    #[serde(default)]
    pub protocol: Protocol,
    /// TLS ends here; what is spoken is inside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// With TLS that is passed on: where connections go, by the name that is asked for. The first that fits counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Name>,
    /// With TCP: the backend that all connections go to. With TLS that is passed on: those that ask for none of the names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// Connections begin with a PROXY header, whose word is taken for who the client is.
    #[serde(default)]
    pub proxy_protocol: bool,
    /// What clients say of who they ask for (X-Forwarded-*, Forwarded) is passed on: true behind another proxy of one's own.
    #[serde(default)]
    pub trusts_clients: bool,
    /// A request's head is to come within this time of its first byte.
    #[serde(default = "head_ms")]
    pub head_ms: u64,
    /// A connection may be unused for so long.
    #[serde(default = "keep_alive_ms")]
    pub keep_alive_ms: u64,
    /// Connections at once, for each thread.
    #[serde(default = "connections_max")]
    pub connections_max: usize,
}

/// What is spoken at a listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// Bytes.
    #[serde(rename = "TCP")]
    Tcp,
    /// TLS that is passed on as it is, by the name that is asked for (SNI).
    #[serde(rename = "TLS")]
    Tls,
    /// HTTP/1.1 and 1.0.
    #[default]
    #[serde(rename = "HTTP")]
    Http,
}

const fn head_ms() -> u64 {
    10_000
}

const fn keep_alive_ms() -> u64 {
    75_000
}

const fn connections_max() -> usize {
    65_536
}
