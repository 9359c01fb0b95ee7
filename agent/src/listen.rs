//! Listening sockets, with one clear message when there is none to be had.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

/// Why a listener could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else listens there.
    #[error(
        "the {purpose} address {address} is in use; stop the process that listens there, or set `listen.{purpose}` to another port"
    )]
    InUse {
        /// What it is for; the field's name in `listen`.
        purpose: &'static str,
        /// Where.
        address: SocketAddr,
    },
    /// Anything else.
    #[error(
        "cannot listen on the {purpose} address {address}: {source}; `listen.{purpose}` (or SYNOD_BIND_ADDRESS) must be an address of this machine"
    )]
    Failed {
        /// What it is for; the field's name in `listen`.
        purpose: &'static str,
        /// Where.
        address: SocketAddr,
        /// The system's words.
        source: io::Error,
    },
}

/// Listens on an address.
///
/// # Errors
/// If it is in use or not this machine's.
pub async fn listen(
    purpose: &'static str,
    address: SocketAddr,
) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse { purpose, address },
            _ => ListenError::Failed {
                purpose,
                address,
                source,
            },
        })
}
