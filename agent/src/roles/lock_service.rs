//! The role of a LockService's member: the ZooKeeper protocol over the tree of nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use synod_agent_api::AgentConfig;
use synod_znode::Store;

use super::member::{Role, Serving};
use super::{StartError, settings};
use crate::tls::TlsAccept;
use crate::zookeeper::{self, Front};

/// A member of a LockService.
pub struct LockService;

impl Role for LockService {
    type Machine = Store;
    type Opened = ();

    fn machine(config: &AgentConfig) -> Store {
        settings::znodes(config)
    }

    fn check(config: &AgentConfig) -> Result<(), StartError> {
        users(config).map(drop)
    }

    fn open(_: &AgentConfig) -> Result<(), StartError> {
        Ok(())
    }

    async fn serve(serving: Serving<Store>) -> Result<(), StartError> {
        let mut settings = settings::zookeeper(&serving.config);
        match users(&serving.config) {
            Ok(users) => settings.users = users,
            // It read when it was checked, a moment ago.
            Err(error) => tracing::error!(%error, "nobody can log in by SASL"),
        }
        let (engine, stop) = (serving.engine.clone(), serving.stop.clone());
        let front = Arc::new(Front::new(engine, settings, stop));
        let routes = zookeeper::locks_routes(Arc::clone(&front));
        let commands = zookeeper::commands_routes(Arc::clone(&front));
        serving.further.opened(routes.merge(commands));
        let counted = Arc::clone(&front);
        serving.health.opened(
            serving.engine.clone(),
            Box::new(move || {
                let front = Arc::clone(&counted);
                Box::pin(async move { front.own_metrics().await })
            }),
        );
        let plain = serving
            .plain
            .map(|listener| (listener, TlsAccept::new(None)));
        let listeners = [(serving.listener, serving.accept)]
            .into_iter()
            .chain(plain);
        zookeeper::serve(listeners.collect(), front).await;
        Ok(())
    }
}

fn users(config: &AgentConfig) -> Result<BTreeMap<String, String>, StartError> {
    let file = config.zookeeper().sasl_users_file;
    Ok(file.map_or_else(|| Ok(BTreeMap::new()), |file| zookeeper::read_users(&file))?)
}
