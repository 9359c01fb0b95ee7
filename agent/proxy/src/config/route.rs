//! Where requests go, as it is written.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where requests go that are as it says. Of several that fit, the one with the longest host counts, then the longest path, then the
/// most headers, then the first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Route {
    /// By which it is counted and logged. Routes may share one.
    pub name: String,
    /// At these listeners; at all without any.
    pub listeners: Vec<String>,
    /// For these hosts: whole names, or `*.` and the rest of a name. For all without any.
    pub hosts: Vec<String>,
    /// With such a path. Paths are compared as they come, not decoded.
    pub path: Option<PathMatch>,
    /// With one of these methods; with any without any.
    pub methods: Vec<String>,
    /// With all of these headers.
    pub headers: Vec<HeaderMatch>,
    /// To these, by weight.
    pub to: Vec<Target>,
    /// Or nowhere: the client is sent on.
    pub redirect: Option<Redirect>,
    /// The path's prefix (of `path`) is replaced by this.
    pub replace_prefix: Option<String>,
    /// What is done to the request's headers.
    pub request_headers: HeaderEdits,
    /// What is done to the response's headers.
    pub response_headers: HeaderEdits,
    /// When a phase has taken too long.
    pub time_outs: TimeOuts,
    /// Trying again elsewhere.
    pub retries: Retries,
    /// Clients come back to the server that they had.
    pub sticky: Option<Sticky>,
    /// Requests in a second, of all threads.
    pub rate: Option<Rate>,
    /// What of the request decides, where a backend's algorithm goes by a hash.
    pub hash_on: HashOn,
}

/// A path, or how it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PathMatch {
    /// This path.
    Exact(String),
    /// This path and what is below it: `/a` is the prefix of `/a` and `/a/b`, not of `/ab`.
    Prefix(String),
}

/// A header that is to be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderMatch {
    /// Its name, in whatever case.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A backend and its part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// The backend's name.
    pub backend: String,
    /// Its part of requests, or of new sessions, relative to others'.
    #[serde(default = "one")]
    pub weight: u32,
}

const fn one() -> u32 {
    1
}

/// Sends clients elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// The scheme; the same without one.
    #[serde(default)]
    pub scheme: Option<String>,
    /// The host, with its port; the same without one.
    #[serde(default)]
    pub host: Option<String>,
    /// The path; the same without one, and the query in any case.
    #[serde(default)]
    pub path: Option<String>,
    /// 301, 302, 303, 307 or 308.
    #[serde(default = "found")]
    pub status: u16,
}

const fn found() -> u16 {
    302
}

/// What is done to headers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HeaderEdits {
    /// In place of what there is.
    pub set: Vec<Header>,
    /// Besides what there is.
    pub add: Vec<Header>,
    /// Names that go.
    pub remove: Vec<String>,
}

/// A header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// When a phase has taken too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TimeOuts {
    /// To connect to a server.
    pub connect_ms: u64,
    /// From the request's end to the answer's head.
    pub answer_ms: u64,
    /// Between two pieces of a body, either way.
    pub idle_ms: u64,
    /// Between two pieces in a tunnel.
    pub tunnel_ms: u64,
}

impl Default for TimeOuts {
    fn default() -> Self {
        Self {
            connect_ms: 2_000,
            answer_ms: 60_000,
            idle_ms: 60_000,
            tunnel_ms: 3_600_000,
        }
    }
}

/// Trying again elsewhere: after a connection that was not taken always, after one that broke only where the request is idempotent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retries {
    /// So often, at most 7.
    pub attempts: u32,
    /// At most this part of all requests.
    pub ratio: f64,
    /// And so many in a second in any case.
    pub per_second: u32,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 3,
            ratio: 0.2,
            per_second: 10,
        }
    }
}

/// Sticky sessions by a cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sticky {
    /// The cookie's name.
    pub cookie: String,
}

/// How many requests there may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rate {
    /// In a second.
    pub per_second: f64,
    /// At once.
    pub burst: u32,
    /// The limit is each client address's own.
    #[serde(default)]
    pub per_client: bool,
}

/// What of a request is hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HashOn {
    /// The client's address.
    #[default]
    Source,
    /// The path.
    Path,
    /// This header; the client's address without it.
    Header(String),
}

pub(super) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
