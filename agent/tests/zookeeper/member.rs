//! A member of its own, with its files.

use std::sync::Arc;
use std::time::Duration;

use synod_agent::config::Environment;
use synod_agent::roles::LockAgent;
use synod_agent_api::{AgentConfig, Start};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::client::Client;

/// Longer than anything takes; reached only by what would never come.
pub(crate) const NEVER: Duration = Duration::from_secs(60);

/// A LockService of one member.
pub(crate) struct Member {
    pub(crate) agent: LockAgent,
    _files: TempDir,
}

impl Member {
    /// Started with ordinary settings, but for what `change` makes of them.
    pub(crate) async fn start(change: impl FnOnce(&mut AgentConfig)) -> Self {
        let files = tempfile::tempdir().unwrap();
        let mut config = AgentConfig::parse(&format!(
            "
cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
kind: LockService
group: test
name: test-1
number: 1
members: [{{number: 1, name: test-1, peer_address: '127.0.0.1:1'}}]
data_dir: {}/data
listen: {{client: '127.0.0.1:0', peer: '127.0.0.1:0', admin: '127.0.0.1:0', health: '127.0.0.1:0'}}
tls: {{peer: {{insecure: true}}}}
timing: {{heartbeat_ms: 50, election_ms: 500}}
drain: {{endpoints_wait_ms: 0}}
",
            files.path().display(),
        ))
        .unwrap();
        config.start = Start::Bootstrap;
        change(&mut config);
        let agent = LockAgent::start(Arc::new(config), &Environment::default()).await;
        let agent = agent.unwrap();
        let mut status = agent.engine().watch_status();
        let ready = timeout(NEVER, status.wait_for(|status| status.ready)).await;
        ready.expect("never ready").unwrap();
        drop(status);
        Self {
            agent,
            _files: files,
        }
    }

    /// A client with a session.
    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.agent.addresses().client).await
    }
}
