//! A group of agents, its files and addresses, and what is asked of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use synod_agent::config::Environment;
use synod_agent::roles::Agent;
use synod_agent::tls::{Certificates, Sources, Stream, TlsAccept};
use synod_agent_api::{AgentConfig, ApiError, ClusterUid, PeerTls, Start, Status};
use synod_kv::{Command, KeyRange, Put, Range, Reply};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::authority::{Authority, identity};

pub(crate) const UID: u128 = 0x5f2b_8f6e_0b7c_4a58_9d5e_3f0a_51c0_ffee;

/// Longer than anything takes; reached only by what would never come.
pub(crate) const NEVER: Duration = Duration::from_secs(60);

/// A group's files and addresses. Peer addresses are fixed beforehand, since members must know them.
pub(crate) struct Group {
    files: TempDir,
    pub(crate) authority: Option<Authority>,
    pub(crate) peers: Vec<SocketAddr>,
}

impl Group {
    pub(crate) async fn new(members: usize, authority: Option<Authority>) -> Self {
        let mut peers = Vec::new();
        let mut held = Vec::new();
        for _ in 0..members {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            peers.push(listener.local_addr().unwrap());
            held.push(listener);
        }
        Self {
            files: tempfile::tempdir().unwrap(),
            authority,
            peers,
        }
    }

    pub(crate) fn directory(&self, number: u64) -> std::path::PathBuf {
        let directory = self.files.path().join(number.to_string());
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    pub(crate) fn config(&self, number: u64, start: Start, initial: u64) -> AgentConfig {
        self.config_of(UID, number, start, initial)
    }

    /// A survivor's, that is to begin the group `next`.
    pub(crate) fn recovery(&self, number: u64, former: u128, next: u128) -> AgentConfig {
        AgentConfig {
            former_cluster_uid: Some(ClusterUid(former)),
            ..self.config_of(next, number, Start::Recover, 3)
        }
    }

    pub(crate) fn config_of(
        &self,
        cluster: u128,
        number: u64,
        start: Start,
        initial: u64,
    ) -> AgentConfig {
        let directory = self.directory(number);
        let tls = match &self.authority {
            Some(authority) => authority.write(&directory, &identity(cluster, number).to_string()),
            None => PeerTls {
                insecure: true,
                ..PeerTls::default()
            },
        };
        let members: Vec<String> = (1..=initial)
            .map(|number| {
                let address = self.peers[number as usize - 1];
                format!("{{number: {number}, name: test-{number}, peer_address: '{address}'}}")
            })
            .collect();
        let mut config = AgentConfig::parse(&format!(
            "
cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
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
            directory.display(),
            self.peers[number as usize - 1],
        ))
        .unwrap();
        config.cluster_uid = ClusterUid(cluster);
        config.start = start;
        config.tls.peer = tls;
        config
    }

    pub(crate) async fn start(&self, number: u64, start: Start, initial: u64) -> Agent {
        let config = self.config(number, start, initial);
        Agent::start(Arc::new(config), &Environment::default())
            .await
            .unwrap()
    }

    /// Whom the admin listener lets in.
    pub(crate) fn operator(&self) -> TlsAccept {
        let Some(authority) = &self.authority else {
            return TlsAccept::new(None);
        };
        let directory = self.directory(0);
        let tls = authority.write(&directory, "synod://operator/test");
        let mut sources = Sources::of_peers(&tls, identity(UID, 1)).unwrap();
        sources.identity = None;
        TlsAccept::new(Some(Certificates::load(sources).unwrap()))
    }

    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        agent: &Agent,
        request: &str,
        body: &str,
    ) -> Result<T, ApiError> {
        let address = agent.addresses().admin;
        let (status, answer) = http(address, &self.operator(), request, body).await;
        if status == 200 {
            Ok(serde_json::from_str(&answer).unwrap())
        } else {
            Err(serde_json::from_str(&answer).unwrap())
        }
    }
}

/// One HTTP request: status and body.
pub(crate) async fn http(
    address: SocketAddr,
    tls: &TlsAccept,
    request: &str,
    body: &str,
) -> (u16, String) {
    let tcp = TcpStream::connect(address).await.unwrap();
    let mut stream: Stream = tls.connect(tcp).await.unwrap();
    let text = format!(
        "{request} HTTP/1.1\r\nhost: agent\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = Vec::new();
    // A TLS peer that closes without saying so has said all that `content-length` promised.
    let _ = timeout(NEVER, stream.read_to_end(&mut answer))
        .await
        .unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

pub(crate) async fn until(
    agent: &Agent,
    what: &str,
    holds: impl Fn(&Status) -> bool,
) -> Arc<Status> {
    let mut status = agent.engine().watch_status();
    let seen = timeout(NEVER, status.wait_for(|status| holds(status))).await;
    match seen {
        Ok(Ok(status)) => Arc::clone(&status),
        _ => panic!("never {what}: {:#?}", agent.engine().status()),
    }
}

/// The index of the agent that leads, once all are ready and agree.
pub(crate) async fn leader(agents: &[Agent]) -> usize {
    for agent in agents {
        until(agent, "ready", |status| {
            status.ready && status.leader.is_some()
        })
        .await;
    }
    let number = agents[0].engine().status().leader.unwrap();
    let leads = |agent: &Agent| agent.engine().status().number == number;
    agents.iter().position(leads).unwrap_or(usize::MAX)
}

/// Puts and retries as a client would; the revision.
pub(crate) async fn put(agent: &Agent, key: &str, value: &str) -> i64 {
    let command = Command::Put(Put {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: Bytes::copy_from_slice(value.as_bytes()),
        ..Put::default()
    });
    let attempt = async {
        loop {
            match agent.engine().propose(command.encode()).await {
                Ok((_, response)) => {
                    assert!(matches!(response.result, Ok(Reply::Put(_))), "{response:?}");
                    return response.revision;
                }
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    timeout(NEVER, attempt).await.unwrap()
}

/// A linearizable read.
pub(crate) async fn get(agent: &Agent, key: &str) -> Option<Vec<u8>> {
    let range = Range::new(KeyRange::new(
        Bytes::copy_from_slice(key.as_bytes()),
        Bytes::new(),
    ));
    let attempt = async {
        loop {
            let range = range.clone();
            let read = agent.engine().read(move |store| store.range(&range)).await;
            if let Ok(answer) = read {
                let kvs = answer.unwrap().kvs;
                return kvs.first().map(|kv| kv.value().to_vec());
            }
        }
    };
    timeout(NEVER, attempt).await.unwrap()
}
