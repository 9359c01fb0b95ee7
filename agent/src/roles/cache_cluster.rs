//! The role of a CacheCluster's agent: Redis's protocol over keys in memory. What it agrees on with the others by Paxos is kept in a
//! small key-value store.

use std::path::Path;

use synod_agent_api::AgentConfig;
use synod_kv::Store;
use synod_resp::{Server, Settings};

use super::member::{Role, Serving};
use super::{StartError, settings};

/// An agent of a CacheCluster.
pub struct CacheCluster;

impl Role for CacheCluster {
    type Machine = Store;

    fn machine(config: &AgentConfig) -> Store {
        settings::store(config)
    }

    fn check(config: &AgentConfig) -> Result<(), StartError> {
        settings(config).map(drop)
    }

    async fn serve(serving: Serving<Store>) {
        let started = start(&serving);
        let server = match started {
            Ok(server) => server,
            Err(error) => return tracing::error!(%error, "clients cannot be served"),
        };
        serving.health.opened(
            serving.engine.clone(),
            Box::new(|| Box::pin(async { String::new() })),
        );
        serving.stop.cancelled().await;
        // It waits for its threads.
        let stopped = tokio::task::spawn_blocking(move || server.stop());
        drop(stopped.await);
    }
}
