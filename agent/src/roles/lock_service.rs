//! The role of a LockService's member: the ZooKeeper protocol over the tree of nodes.

use std::sync::Arc;

use synod_agent_api::AgentConfig;
use synod_znode::Store;

use super::member::{Role, Serving};
use super::settings;
use crate::zookeeper::{self, Front};

/// A member of a LockService.
pub struct LockService;

impl Role for LockService {
    type Machine = Store;

    fn machine(config: &AgentConfig) -> Store {
        settings::znodes(config)
    }

    async fn serve(serving: Serving<Store>) {
        let settings = settings::zookeeper(&serving.config);
        let (engine, stop) = (serving.engine.clone(), serving.stop.clone());
        let front = Arc::new(Front::new(engine, settings, stop));
        let counted = Arc::clone(&front);
        serving.health.opened(
            serving.engine.clone(),
            Box::new(move || {
                let front = Arc::clone(&counted);
                Box::pin(async move { front.own_metrics().await })
            }),
        );
        zookeeper::serve(serving.listener, serving.accept, front).await;
    }
}
