//! The access log: one entry for each request, handed over and written elsewhere.
//!
//! A thread that serves never waits for who writes: where the queue is full, an entry is dropped and counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use serde::Serialize;

/// Entries that wait to be written.
const WAITING_MAX: usize = 8_192;
/// A longer target is cut.
const TARGET_BYTES_MAX: usize = 1_024;

/// A request and what became of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it was over.
    pub at: SystemTime,
    /// Who asked.
    pub client: SocketAddr,
    /// What for.
    pub line: Line,
    /// The route's name; none if there is no route for it.
    pub route: Option<Arc<str>>,
    /// The server that answered, if one did.
    pub server: Option<Arc<str>>,
    /// The answer's status.
    pub status: u16,
    /// From its head to the end of the answer.
    pub took: Duration,
    /// The answer was broken off.
    pub is_broken: bool,
}

/// What of a request's head is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The method.
    pub method: String,
    /// The host that it was for.
    pub host: String,
    /// The target, cut where it is long.
    pub target: String,
}

impl Line {
    pub(crate) fn new(method: &[u8], host: &[u8], target: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            method: text(method),
            host: text(host),
            target: text(&target[..target.len().min(TARGET_BYTES_MAX)]),
        }
    }
}

#[derive(Serialize)]
struct Written<'a> {
    /// Milliseconds since 1970.
    time_ms: u64,
    client: SocketAddr,
    method: &'a str,
    host: &'a str,
    target: &'a str,
    status: u16,
    took_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    broken: bool,
}

impl Entry {
    /// As a line of JSON, without its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let since = self.at.duration_since(SystemTime::UNIX_EPOCH);
        let number = |it: u128| u64::try_from(it).unwrap_or(u64::MAX);
        let written = Written {
            time_ms: number(since.unwrap_or_default().as_millis()),
            client: self.client,
            method: &self.line.method,
            host: &self.line.host,
            target: &self.line.target,
            status: self.status,
            took_us: number(self.took.as_micros()),
            route: self.route.as_deref(),
            server: self.server.as_deref(),
            broken: self.is_broken,
        };
        // Strings and numbers always can be.
        serde_json::to_string(&written).unwrap_or_default()
    }
}

pub(crate) fn queue() -> (SyncSender<Entry>, Receiver<Entry>) {
    sync_channel(WAITING_MAX)
}
