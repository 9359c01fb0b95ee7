//! What the operator is told when it starts; the same for all objects.

use std::net::SocketAddr;
use std::time::Duration;

/// Settings of the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Namespaces to watch; empty: all.
    pub namespaces: Vec<String>,
    /// The agent's image for objects that name none.
    pub image: String,
    /// How long an agent that stops waits, unready, for endpoints to be withdrawn. Local mode has none to wait for.
    pub endpoints_wait: Duration,
    /// Whether clients connect by pod address (local mode): then certificates hold for it, and member lists show it.
    pub advertise_addresses: bool,
    /// Where health and metrics are served, if anywhere.
    pub listen: Option<SocketAddr>,
    /// Reconciles at once, over all objects.
    pub reconciles_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            namespaces: Vec::new(),
            image: format!("synod.dev/synod:{}", env!("CARGO_PKG_VERSION")),
            endpoints_wait: Duration::from_secs(5),
            advertise_addresses: false,
            listen: None,
            reconciles_max: 10,
        }
    }
}
