//! etcd's API on real agents: three members in one process, clients over loopback, a leader that dies, a restart.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use synod_agent::config::Environment;
use synod_agent::roles::Agent;
use synod_agent_api::AgentConfig;
use synod_proto::etcdserverpb::cluster_client::ClusterClient;
use synod_proto::etcdserverpb::kv_client::KvClient;
use synod_proto::etcdserverpb::lease_client::LeaseClient;
use synod_proto::etcdserverpb::maintenance_client::MaintenanceClient;
use synod_proto::etcdserverpb::watch_client::WatchClient;
use synod_proto::etcdserverpb::watch_request::RequestUnion;
use synod_proto::etcdserverpb::{
    HashKvRequest, LeaseGrantRequest, LeaseKeepAliveRequest, MemberListRequest, MoveLeaderRequest,
    PutRequest, RangeRequest, StatusRequest, WatchCreateRequest, WatchRequest, WatchResponse,
};
use synod_proto::mvccpb::event::EventType;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

/// Longer than anything takes; reached only by what would never come.
const NEVER: Duration = Duration::from_secs(60);

/// Peer addresses, fixed beforehand since members must know them.
async fn peers(count: usize) -> Vec<SocketAddr> {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    held.iter().map(|l| l.local_addr().unwrap()).collect()
}

async fn start(files: &Path, peers: &[SocketAddr], number: usize) -> Agent {
    let members: Vec<String> = (1..)
        .zip(peers)
        .map(|(n, peer)| format!("{{number: {n}, name: test-{n}, peer_address: '{peer}'}}"))
        .collect();
    let config = AgentConfig::parse(&format!(
        "
cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
group: test
name: test-{number}
number: {number}
start: bootstrap
members: [{}]
data_dir: {}/{number}
listen: {{client: '127.0.0.1:0', peer: '{}', admin: '127.0.0.1:0', health: '127.0.0.1:0'}}
tls: {{peer: {{insecure: true}}}}
timing: {{heartbeat_ms: 50, election_ms: 500}}
drain: {{endpoints_wait_ms: 0}}
",
        members.join(", "),
        files.display(),
        peers[number - 1],
    ))
    .unwrap();
    Agent::start(Arc::new(config), &Environment::default())
        .await
        .unwrap()
}

fn channel(agent: &Agent) -> Channel {
    let address = agent.addresses().client;
    Endpoint::from_shared(format!("http://{address}"))
        .unwrap()
        .connect_lazy()
}

/// Puts; asks again while there is no leader, or leadership changes.
async fn put(agent: &Agent, key: &str, value: &str, lease: i64) -> i64 {
    let mut kv = KvClient::new(channel(agent));
    loop {
        let request = PutRequest {
            key: key.to_owned().into(),
            value: value.to_owned().into(),
            lease,
            ..PutRequest::default()
        };
        match kv.put(request).await {
            Ok(answer) => return answer.into_inner().header.unwrap().revision,
            Err(status) => again(&status).await,
        }
    }
}

async fn get(agent: &Agent, key: &str) -> Option<String> {
    let mut kv = KvClient::new(channel(agent));
    loop {
        let request = RangeRequest {
            key: key.to_owned().into(),
            ..RangeRequest::default()
        };
        match kv.range(request).await {
            Ok(answer) => {
                let kv = answer.into_inner().kvs.into_iter().next()?;
                return Some(String::from_utf8(kv.value.to_vec()).unwrap());
            }
            Err(status) => again(&status).await,
        }
    }
}

async fn again(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    sleep(Duration::from_millis(20)).await;
}

struct Watching {
    _requests: mpsc::Sender<WatchRequest>,
    answers: Streaming<WatchResponse>,
}

impl Watching {
    async fn all(agent: &Agent, start_revision: i64) -> Self {
        let (requests, stream) = mpsc::channel(1);
        let create = WatchCreateRequest {
            key: vec![0].into(),
            range_end: vec![0].into(),
            start_revision,
            ..WatchCreateRequest::default()
        };
        let create = WatchRequest {
            request_union: Some(RequestUnion::CreateRequest(create)),
        };
        requests.send(create).await.unwrap();
        let answers = WatchClient::new(channel(agent))
            .watch(ReceiverStream::new(stream))
            .await;
        let mut answers = answers.unwrap().into_inner();
        assert!(answers.message().await.unwrap().unwrap().created);
        Self {
            _requests: requests,
            answers,
        }
    }

    /// The next `count` events: `+key` or `-key`, with their revisions.
    async fn next(&mut self, count: usize) -> Vec<(String, i64)> {
        let mut seen = Vec::new();
        while seen.len() < count {
            let answer = timeout(NEVER, self.answers.message())
                .await
                .unwrap()
                .unwrap()
                .unwrap();
            seen.extend(answer.events.iter().map(|event| {
                let sign = if event.r#type() == EventType::Put {
                    "+"
                } else {
                    "-"
                };
                let kv = event.kv.as_ref().unwrap();
                let key = String::from_utf8(kv.key.to_vec()).unwrap();
                (format!("{sign}{key}"), kv.mod_revision)
            }));
        }
        seen
    }
}

fn events(events: &[(&str, i64)]) -> Vec<(String, i64)> {
    events
        .iter()
        .map(|(key, revision)| ((*key).to_owned(), *revision))
        .collect()
}

async fn status(agent: &Agent) -> synod_proto::etcdserverpb::StatusResponse {
    let mut maintenance = MaintenanceClient::new(channel(agent));
    maintenance
        .status(StatusRequest {})
        .await
        .unwrap()
        .into_inner()
}

async fn leader(agents: &[Agent]) -> usize {
    loop {
        for (index, agent) in agents.iter().enumerate() {
            let status = status(agent).await;
            if status.leader == status.header.unwrap().member_id {
                return index;
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn three_members_answer_as_one() {
    timeout(NEVER, three()).await.expect("an end");
}

async fn three() {
    let files = tempfile::tempdir().unwrap();
    let peers = peers(3).await;
    let mut agents = Vec::new();
    for number in 1..=3 {
        agents.push(start(files.path(), &peers, number).await);
    }
    let mut watching = Vec::new();
    for agent in &agents {
        watching.push(Watching::all(agent, 0).await);
    }
    for (agent, key) in agents.iter().zip(["a", "b", "c"]) {
        put(agent, key, "1", 0).await;
    }
    for (agent, watching) in agents.iter().zip(&mut watching) {
        assert_eq!(get(agent, "c").await.as_deref(), Some("1"));
        assert_eq!(
            watching.next(3).await,
            events(&[("+a", 2), ("+b", 3), ("+c", 4)])
        );
    }
    let list = MemberListRequest { linearizable: true };
    let members = ClusterClient::new(channel(&agents[1]))
        .member_list(list)
        .await;
    let members = members.unwrap().into_inner().members;
    let names: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["test-1", "test-2", "test-3"]);

    let old = leader(&agents).await;
    let next = (old + 1) % 3;
    let to = MoveLeaderRequest {
        target_id: members[next].id,
    };
    MaintenanceClient::new(channel(&agents[old]))
        .move_leader(to)
        .await
        .unwrap();
    assert_eq!(leader(&agents).await, next);

    // The new leader dies; its watchers go with it, the others miss nothing.
    agents.remove(next).kill().await;
    watching.remove(next);
    let revision = put(&agents[0], "d", "1", 0).await;
    for watching in &mut watching {
        assert_eq!(watching.next(1).await, events(&[("+d", revision)]));
    }
    let mut hashes = Vec::new();
    for agent in &agents {
        get(agent, "d").await;
        let ask = HashKvRequest { revision };
        let hash = MaintenanceClient::new(channel(agent)).hash_kv(ask).await;
        hashes.push(hash.unwrap().into_inner().hash);
    }
    assert_eq!(hashes[0], hashes[1]);
    for agent in agents {
        agent.kill().await;
    }
}

#[tokio::test]
async fn leases_live_as_long_as_they_are_kept_alive() {
    timeout(NEVER, leases()).await.expect("an end");
}

async fn leases() {
    let files = tempfile::tempdir().unwrap();
    let agent = start(files.path(), &peers(1).await, 1).await;
    let mut watching = Watching::all(&agent, 0).await;
    let mut lease = LeaseClient::new(channel(&agent));
    for id in [1, 2] {
        let grant = LeaseGrantRequest { ttl: 2, id };
        assert_eq!(lease.lease_grant(grant).await.unwrap().into_inner().ttl, 2);
    }
    put(&agent, "kept", "1", 1).await;
    put(&agent, "left", "1", 2).await;
    assert_eq!(
        watching.next(2).await,
        events(&[("+kept", 2), ("+left", 3)])
    );
    // Kept alive until the other has run out.
    let (requests, stream) = mpsc::channel(1);
    let answers = lease.lease_keep_alive(ReceiverStream::new(stream)).await;
    let mut answers = answers.unwrap().into_inner();
    let gone = async { watching.next(1).await };
    let keep = async {
        loop {
            requests
                .send(LeaseKeepAliveRequest { id: 1 })
                .await
                .unwrap();
            assert_eq!(answers.message().await.unwrap().unwrap().ttl, 2);
            sleep(Duration::from_millis(200)).await;
        }
    };
    let gone = tokio::select! {
        gone = gone => gone,
        () = keep => unreachable!("it is kept alive for ever"),
    };
    assert_eq!(gone, events(&[("-left", 4)]));
    assert_eq!(get(&agent, "kept").await.as_deref(), Some("1"));
    // Nobody keeps it alive any more.
    assert_eq!(watching.next(1).await, events(&[("-kept", 5)]));
    agent.kill().await;
}

#[tokio::test]
async fn a_restart_loses_nothing() {
    timeout(NEVER, restart()).await.expect("an end");
}

async fn restart() {
    let files = tempfile::tempdir().unwrap();
    let peers = peers(1).await;
    let agent = start(files.path(), &peers, 1).await;
    let mut revision = 0;
    for number in 0..100 {
        revision = put(&agent, &format!("k{number}"), "1", 0).await;
    }
    assert_eq!(revision, 101);
    agent.kill().await;
    let agent = start(files.path(), &peers, 1).await;
    let mut watching = Watching::all(&agent, 2).await;
    let seen = watching.next(100).await;
    let expected: Vec<(String, i64)> = (0..100).map(|n| (format!("+k{n}"), n + 2)).collect();
    assert_eq!(seen, expected);
    assert_eq!(put(&agent, "next", "1", 0).await, 102);
    agent.drain().await;
}
