//! The file, followed: what changes in it is applied in place.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::{BalancerConfig, Shared, kept, read};
use crate::config::Environment;

/// The file is read so often. It is small, and a volume of Kubernetes tells of no change that can be relied on.
const INTERVAL: Duration = Duration::from_millis(250);

/// Who follows it.
pub(super) struct Watch {
    pub(super) path: PathBuf,
    /// As it was read last.
    pub(super) text: String,
    pub(super) environment: Environment,
    /// In force.
    pub(super) config: BalancerConfig,
}

impl Watch {
    /// Never ends by itself.
    pub(super) async fn run(mut self, shared: Arc<Shared>) {
        loop {
            sleep(INTERVAL).await;
            let shared = Arc::clone(&shared);
            let looked = spawn_blocking(move || {
                self.look(&shared);
                self
            });
            // To apply does not panic; if it did, the proxy goes on by what it has.
            let Ok(again) = looked.await else {
                return;
            };
            self = again;
        }
    }

    fn look(&mut self, shared: &Shared) {
        // While it is replaced it may be gone for a moment.
        let Ok(text) = read(&self.path) else {
            return;
        };
        if text == self.text {
            return;
        }
        self.text = text;
        match BalancerConfig::parse(&self.path, &self.text, &self.environment) {
            Err(error) => {
                tracing::error!(%error, "a change of the configuration is of no use, nothing is changed")
            }
            Ok(config) => self.apply(config, shared),
        }
    }

    fn apply(&mut self, config: BalancerConfig, shared: &Shared) {
        if self.config.needs_restart_for(&config) {
            tracing::warn!("what was changed beside `proxy` takes a restart");
        }
        let mut proxy = shared.proxy();
        let Some(proxy) = proxy.as_mut() else {
            return;
        };
        if let Err(problems) = proxy.apply(config.proxy.clone()) {
            for problem in problems {
                tracing::error!(%problem, "a change of the configuration is of no use, nothing is changed");
            }
            return;
        }
        self.config.proxy = config.proxy;
        kept::keep(&self.config);
        tracing::info!("the configuration was replaced");
    }
}
