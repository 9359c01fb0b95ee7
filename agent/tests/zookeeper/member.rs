//! Members of a LockService, with their files.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use synod_agent::config::Environment;
use synod_agent::roles::LockAgent;
use synod_agent_api::{AgentConfig, Start, Status};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::client::Client;

/// Longer than anything takes; reached only by what would never come.
pub(crate) const NEVER: Duration = Duration::from_secs(60);

/// One member.
pub(crate) struct Member {
    pub(crate) agent: LockAgent,
    _files: TempDir,
}

impl Member {
    /// The only one of its group, with ordinary settings but for what `change` makes of them.
    pub(crate) async fn start(change: impl FnOnce(&mut AgentConfig)) -> Self {
        let member = Self::launch(1, &peers(1).await, change).await;
        member.until("ready", |status| status.ready).await;
        member
    }

    /// Three of a group.
    pub(crate) async fn three() -> Vec<Self> {
        let (peers, mut members) = (peers(3).await, Vec::new());
        for number in 1..=3 {
            members.push(Self::launch(number, &peers, |_| {}).await);
        }
        for member in &members {
            member.until("ready", |status| status.ready).await;
        }
        members
    }

    async fn launch(
        number: usize,
        peers: &[SocketAddr],
        change: impl FnOnce(&mut AgentConfig),
    ) -> Self {
        let files = tempfile::tempdir().unwrap();
        let member = |(index, peer): (usize, &SocketAddr)| {
            let number = index + 1;
            format!("{{number: {number}, name: test-{number}, peer_address: '{peer}'}}")
        };
        let members: Vec<_> = peers.iter().enumerate().map(member).collect();
        let mut config = AgentConfig::parse(&format!(
            "
cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
kind: LockService
group: test
name: test-{number}
number: {number}
members: [{}]
data_dir: {}/data
listen: {{client: '127.0.0.1:0', peer: '{}', admin: '127.0.0.1:0', health: '127.0.0.1:0'}}
tls: {{peer: {{insecure: true}}}}
timing: {{heartbeat_ms: 50, election_ms: 500}}
drain: {{endpoints_wait_ms: 0}}
",
            members.join(", "),
            files.path().display(),
            peers[number - 1],
        ))
        .unwrap();
        config.start = Start::Bootstrap;
        change(&mut config);
        let agent = LockAgent::start(Arc::new(config), &Environment::default()).await;
        Self {
            agent: agent.unwrap(),
            _files: files,
        }
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Status) -> bool) {
        let mut status = self.agent.engine().watch_status();
        let seen = timeout(NEVER, status.wait_for(|status| holds(status))).await;
        assert!(matches!(seen, Ok(Ok(_))), "never {what}");
    }

    /// A client with a session.
    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.agent.addresses().client).await
    }
}

/// Addresses that are free: members must know each other's beforehand.
async fn peers(count: usize) -> Vec<SocketAddr> {
    let (mut peers, mut held) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        peers.push(listener.local_addr().unwrap());
        held.push(listener);
    }
    peers
}
