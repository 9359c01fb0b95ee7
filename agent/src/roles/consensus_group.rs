//! The role of a ConsensusGroup's member: etcd's API over the key-value store.

use std::sync::Arc;

use synod_agent_api::AgentConfig;
use synod_kv::Store;

use super::member::{Role, Serving};
use super::{StartError, settings};
use crate::etcd::{self, Front};

/// A member of a ConsensusGroup.
pub struct ConsensusGroup;

impl Role for ConsensusGroup {
    type Machine = Store;
    type Opened = ();

    fn machine(config: &AgentConfig) -> Store {
        settings::store(config)
    }

    fn open(_: &AgentConfig) -> Result<(), StartError> {
        Ok(())
    }

    async fn serve(serving: Serving<Store>) -> Result<(), StartError> {
        let front = front(&serving);
        etcd::serve(serving.listener, serving.accept, front).await;
        Ok(())
    }
}

/// The front end, and its metrics beside the others.
fn front(serving: &Serving<Store>) -> Arc<Front> {
    let settings = settings::front(&serving.config);
    let (engine, stop) = (serving.engine.clone(), serving.stop.clone());
    let front = Arc::new(Front::new(engine, settings, stop));
    // Each shows the other's metrics; the front end must not keep the other alive.
    let others = Arc::downgrade(&serving.health);
    front.add_metrics(Box::new(move || {
        let others = others.clone();
        Box::pin(async move {
            match others.upgrade() {
                Some(health) => health.own_metrics().await,
                None => String::new(),
            }
        })
    }));
    let counted = Arc::clone(&front);
    serving.health.opened(
        serving.engine.clone(),
        Box::new(move || {
            let front = Arc::clone(&counted);
            Box::pin(async move { front.own_metrics().await })
        }),
    );
    front
}
