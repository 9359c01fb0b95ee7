//! Why an agent does not start, or stopped, and the exit code that goes with it.

use synod_replica::OpenError;

use super::BalancerConfigError;
use crate::cache::CacheError;
use crate::disk::DirectoryError;
use crate::listen::ListenError;
use crate::tls::TlsError;
use crate::zookeeper::UsersError;

/// Why an agent does not start, or stopped. Nothing was changed on disk by one that did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// What is in the data directory cannot be used.
    #[error("data directory {}: {source}", path.display())]
    Open {
        /// The directory.
        path: std::path::PathBuf,
        /// What is wrong, and what to do.
        source: OpenError,
    },
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The file of users cannot be used.
    #[error(transparent)]
    Users(#[from] UsersError),
    /// There is no cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Clients of a cache cannot be served.
    #[error("clients cannot be served: {0}")]
    Serve(std::io::Error),
    /// The system gives no thread.
    #[error("the system gives no thread: {0}; raise the limit of processes")]
    Thread(std::io::Error),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Entropy(getrandom::Error),
    /// A proxy has no configuration.
    #[error(transparent)]
    BalancerConfig(#[from] BalancerConfigError),
    /// A proxy does not start.
    #[error("proxy: {0}")]
    Proxy(#[from] synod_proxy::StartError),
    /// Something that should run for good ended.
    #[error("{0} ended; the log says why")]
    Ended(&'static str),
}

impl StartError {
    /// The process's exit code.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::BalancerConfig(_) | Self::Proxy(synod_proxy::StartError::Config(_)) => 2,
            Self::Listen(_) => 3,
            Self::Directory(_) | Self::Open { .. } => 4,
            Self::Tls(_) | Self::Users(_) => 5,
            Self::Cache(error) => error.exit_code(),
            Self::Serve(_)
            | Self::Proxy(_)
            | Self::Thread(_)
            | Self::Entropy(_)
            | Self::Ended(_) => 1,
        }
    }
}
