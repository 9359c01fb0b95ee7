//! What must be had before anything is written: certificates, listeners, the directory's lock. What is refused for
//! want of one of them changed nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use synod_agent_api::AgentConfig;
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::StartError;
use crate::disk::{DataDirectory, DirectoryError};
use crate::listen::listen;
use crate::tls::{Certificates, Sources};

/// How long the process that had the directory before may take to end. A pod that was deleted by force is made anew while its
/// container is still being stopped; an agent that gave up at once would be started again no sooner than 10 s later.
const LOCK_PATIENCE: Duration = Duration::from_secs(15);
/// How often the lock is tried meanwhile.
const LOCK_RETRY: Duration = Duration::from_millis(50);

/// Where a started agent listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Clients.
    pub client: SocketAddr,
    /// Peers.
    pub peer: SocketAddr,
    /// The admin API.
    pub admin: SocketAddr,
    /// Health and metrics.
    pub health: SocketAddr,
}

/// All of it.
pub(super) struct Grounds {
    pub(super) keys: Keys,
    pub(super) listeners: Listeners,
    pub(super) directory: DataDirectory,
}

/// Certificates of both kinds; none where the configuration wants none.
pub(super) struct Keys {
    pub(super) peer: Option<Arc<Certificates>>,
    pub(super) client: Option<Arc<Certificates>>,
}

/// Sockets that listen.
pub(super) struct Listeners {
    pub(super) client: TcpListener,
    /// Clients in plain text, beside those that come by TLS.
    pub(super) plain: Option<TcpListener>,
    pub(super) peer: TcpListener,
    pub(super) admin: TcpListener,
    pub(super) health: TcpListener,
}

impl Grounds {
    pub(super) async fn secure(config: &AgentConfig) -> Result<Self, StartError> {
        Ok(Self {
            keys: Keys::load(config)?,
            listeners: Listeners::open(config).await?,
            directory: lock(&config.data_dir, LOCK_PATIENCE).await?,
        })
    }
}

/// Opens the directory as soon as no other process uses it.
async fn lock(path: &Path, patience: Duration) -> Result<DataDirectory, DirectoryError> {
    let began = Instant::now();
    let mut told = false;
    loop {
        match DataDirectory::open(path) {
            Err(DirectoryError::InUse { .. }) if began.elapsed() < patience => {}
            opened => return opened,
        }
        if !std::mem::replace(&mut told, true) {
            tracing::warn!(
                directory = %path.display(),
                seconds = patience.as_secs(),
                "the data directory is in use by another process; waiting for its end"
            );
        }
        sleep(LOCK_RETRY).await;
    }
}

impl Keys {
    pub(super) fn load(config: &AgentConfig) -> Result<Self, StartError> {
        let load = |sources: Option<Sources>| sources.map(Certificates::load).transpose();
        Ok(Self {
            peer: load(Sources::of_peers(&config.tls.peer, config.identity()))?,
            client: load(Sources::of_clients(&config.tls.client))?,
        })
    }

    /// The peer certificates, and those for clients if they are read from the same files.
    pub(super) fn of_one_source(&self) -> Vec<Arc<Certificates>> {
        let Some(peer) = &self.peer else {
            return Vec::new();
        };
        let same = self
            .client
            .as_ref()
            .filter(|client| client.shares_files_with(peer));
        [Some(peer), same].into_iter().flatten().cloned().collect()
    }
}

impl Listeners {
    pub(super) async fn open(config: &AgentConfig) -> Result<Self, StartError> {
        Ok(Self {
            client: listen("client", config.listen.client).await?,
            plain: match config.zookeeper().plain_listen {
                Some(address) => Some(listen("plain", address).await?),
                None => None,
            },
            peer: listen("peer", config.listen.peer).await?,
            admin: listen("admin", config.listen.admin).await?,
            health: listen("health", config.listen.health).await?,
        })
    }

    pub(super) fn addresses(&self) -> Addresses {
        let of = |listener: &TcpListener| listener.local_addr().expect("it listens");
        Addresses {
            client: of(&self.client),
            peer: of(&self.peer),
            admin: of(&self.admin),
            health: of(&self.health),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_directory_that_stays_in_use_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let first = DataDirectory::open(directory.path()).unwrap();
        let refused = lock(directory.path(), Duration::ZERO).await;
        assert!(
            matches!(refused, Err(DirectoryError::InUse { .. })),
            "{refused:?}"
        );
        let (second, ()) = tokio::join!(lock(directory.path(), LOCK_PATIENCE), async {
            sleep(2 * LOCK_RETRY).await;
            drop(first);
        });
        second.unwrap();
    }
}
