//! Three agents in one process over loopback: they elect, replicate, lose a leader, change members, drain.

mod authority;
#[path = "../../tests/strangers.rs"]
mod strangers;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use authority::{Authority, identity};
use bytes::Bytes;
use futures::future::join_all;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use synod_agent::config::Environment;
use synod_agent::roles::{Agent, StartError};
use synod_agent::tls::{Certificates, Sources, Stream, TlsAccept};
use synod_agent_api::{
    AgentConfig, ApiError, Change, ClusterUid, ConfigurationRequest, ConfigurationResponse,
    DrainResponse, ErrorCode, MemberRole, MemberSpec, PeerTls, Role, SnapshotResponse, Start,
    Status, paths,
};
use synod_kv::{Command, KeyRange, Put, Range, Reply};
use synod_proto::etcdserverpb::kv_client::KvClient;
use synod_proto::etcdserverpb::watch_client::WatchClient;
use synod_proto::etcdserverpb::watch_request::RequestUnion;
use synod_proto::etcdserverpb::{PutRequest, WatchCreateRequest, WatchRequest, WatchResponse};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

const UID: u128 = 0x5f2b_8f6e_0b7c_4a58_9d5e_3f0a_51c0_ffee;

/// Longer than anything takes; reached only by what would never come.
const NEVER: Duration = Duration::from_secs(60);

/// A group's files and addresses. Peer addresses are fixed beforehand, since members must know them.
struct Group {
    files: TempDir,
    authority: Option<Authority>,
    peers: Vec<SocketAddr>,
}

impl Group {
    async fn new(members: usize, authority: Option<Authority>) -> Self {
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

    fn directory(&self, number: u64) -> std::path::PathBuf {
        let directory = self.files.path().join(number.to_string());
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    fn config(&self, number: u64, start: Start, initial: u64) -> AgentConfig {
        self.config_of(UID, number, start, initial)
    }

    /// A survivor's, that is to begin the group `next`.
    fn recovery(&self, number: u64, former: u128, next: u128) -> AgentConfig {
        AgentConfig {
            former_cluster_uid: Some(ClusterUid(former)),
            ..self.config_of(next, number, Start::Recover, 3)
        }
    }

    fn config_of(&self, cluster: u128, number: u64, start: Start, initial: u64) -> AgentConfig {
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

    async fn start(&self, number: u64, start: Start, initial: u64) -> Agent {
        let config = self.config(number, start, initial);
        Agent::start(Arc::new(config), &Environment::default())
            .await
            .unwrap()
    }

    /// Whom the admin listener lets in.
    fn operator(&self) -> TlsAccept {
        let Some(authority) = &self.authority else {
            return TlsAccept::new(None);
        };
        let directory = self.directory(0);
        let tls = authority.write(&directory, "synod://operator/test");
        let mut sources = Sources::of_peers(&tls, identity(UID, 1)).unwrap();
        sources.identity = None;
        TlsAccept::new(Some(Certificates::load(sources).unwrap()))
    }

    async fn ask<T: DeserializeOwned>(
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
async fn http(address: SocketAddr, tls: &TlsAccept, request: &str, body: &str) -> (u16, String) {
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

async fn until(agent: &Agent, what: &str, holds: impl Fn(&Status) -> bool) -> Arc<Status> {
    let mut status = agent.engine().watch_status();
    let seen = timeout(NEVER, status.wait_for(|status| holds(status))).await;
    match seen {
        Ok(Ok(status)) => Arc::clone(&status),
        _ => panic!("never {what}: {:#?}", agent.engine().status()),
    }
}

/// The index of the agent that leads, once all are ready and agree.
async fn leader(agents: &[Agent]) -> usize {
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
async fn put(agent: &Agent, key: &str, value: &str) -> i64 {
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
async fn get(agent: &Agent, key: &str) -> Option<Vec<u8>> {
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

async fn three(authority: Option<Authority>) {
    let group = Group::new(3, authority).await;
    let mut agents = Vec::new();
    for number in 1..=3 {
        agents.push(group.start(number, Start::Bootstrap, 3).await);
    }
    let first = leader(&agents).await;
    // Through a follower, read at another, at once.
    put(&agents[(first + 1) % 3], "a", "1").await;
    for agent in &agents {
        assert_eq!(get(agent, "a").await.as_deref(), Some(&b"1"[..]));
    }

    // The leader dies; the others go on; it comes back and has everything.
    let number = first as u64 + 1;
    agents.remove(first).kill().await;
    let survivors = &agents;
    put(&survivors[0], "b", "2").await;
    assert_eq!(get(&survivors[1], "b").await.as_deref(), Some(&b"2"[..]));
    let back = group.start(number, Start::Resume, 3).await;
    until(&back, "ready", |status| status.ready).await;
    assert_eq!(get(&back, "b").await.as_deref(), Some(&b"2"[..]));
    agents.push(back);

    // Draining hands leadership over first.
    let second = leader(&agents).await;
    let drained: DrainResponse = group
        .ask(&agents[second], &format!("POST {}", paths::DRAIN), "")
        .await
        .unwrap();
    assert!(!drained.leads);
    let status: Status = group
        .ask(&agents[second], &format!("GET {}", paths::STATUS), "")
        .await
        .unwrap();
    assert!(!status.ready && status.role != Role::Leader);
    assert_eq!(status.not_ready_because, "the member is being drained");
    agents.remove(second).drain().await;
    put(&agents[0], "c", "3").await;
    assert_eq!(get(&agents[1], "c").await.as_deref(), Some(&b"3"[..]));
    for agent in agents {
        agent.kill().await;
    }
}

#[tokio::test]
async fn three_members_in_plain_text() {
    three(None).await;
}

#[tokio::test]
async fn three_members_under_mutual_tls() {
    three(Some(Authority::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_members_on_several_threads() {
    three(Some(Authority::new())).await;
}

#[tokio::test]
async fn beyond_the_bound_requests_are_refused_and_below_it_served() {
    let group = Group::new(1, None).await;
    let mut config = group.config(1, Start::Bootstrap, 1);
    config.limits.requests_max = 8;
    let one = Agent::start(Arc::new(config), &Environment::default())
        .await
        .unwrap();
    until(&one, "ready", |status| status.ready).await;
    // All asked before the loop, which shares our thread, takes one in.
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let engine = one.engine().clone();
            tokio::spawn(async move { engine.read(|_| ()).await })
        })
        .collect();
    let mut refused = 0;
    for answer in asked {
        match answer.await.unwrap() {
            Ok(()) => {}
            Err(refusal) => {
                assert_eq!(refusal, synod_replica::Refusal::Overloaded);
                refused += 1;
            }
        }
    }
    assert!((1..=12).contains(&refused), "{refused} of 20 were refused");
    put(&one, "a", "1").await;
    let engine = one.engine().clone();
    one.kill().await;
    let stopped = engine.read(|_| ()).await;
    assert_eq!(stopped, Err(synod_replica::Refusal::Stopped));
}

#[tokio::test]
async fn a_member_that_lost_its_directory_is_taken_in_again() {
    let group = Group::new(3, None).await;
    let mut agents = Vec::new();
    for number in 1..=3 {
        agents.push(group.start(number, Start::Bootstrap, 3).await);
    }
    leader(&agents).await;
    put(&agents[0], "a", "1").await;
    let three = agents.pop().unwrap();
    let disk = three.engine().status().disk.id.clone();
    three.kill().await;
    std::fs::remove_dir_all(group.directory(3).join("data")).unwrap();
    let three = group.start(3, Start::Resume, 3).await;
    let voter = |status: &Status| {
        let members = &status.configuration.members;
        status.ready
            && members
                .iter()
                .any(|m| m.number == 3 && m.role == MemberRole::Voter)
    };
    let status = until(&three, "a voter again", voter).await;
    assert_ne!(status.disk.id, disk);
    assert!(status.configuration.id >= 3, "demoted, then promoted");
    assert_eq!(get(&three, "a").await.as_deref(), Some(&b"1"[..]));
    // It can be dialled where it could be before.
    let own = status
        .configuration
        .members
        .iter()
        .find(|m| m.number == 3)
        .unwrap();
    assert_eq!(own.peer_address, group.peers[2].to_string());
    agents.push(three);
    for agent in agents {
        agent.kill().await;
    }
}

#[tokio::test]
async fn a_member_joins_is_promoted_and_removed() {
    let group = Group::new(2, Some(Authority::new())).await;
    let one = group.start(1, Start::Bootstrap, 1).await;
    let status = until(&one, "leading", Status::leads).await;
    assert_eq!(status.configuration.id, 1);
    put(&one, "a", "1").await;
    let snapshot: SnapshotResponse = group
        .ask(&one, &format!("POST {}", paths::SNAPSHOT), "")
        .await
        .unwrap();
    assert!(snapshot.slot > 0);

    let add = ConfigurationRequest {
        expected: Some(1),
        change: Change::Add {
            number: 2,
            learner: false,
            member: MemberSpec {
                name: "test-2".to_owned(),
                peer_address: group.peers[1].to_string(),
                ..MemberSpec::default()
            },
        },
    };
    let change = format!("POST {}", paths::CONFIGURATION);
    let body = serde_json::to_string(&add).unwrap();
    let two = group.start(2, Start::Join, 1).await;
    let added: ConfigurationResponse = group.ask(&one, &change, &body).await.unwrap();
    // The same once more is another configuration's business.
    let again = group
        .ask::<ConfigurationResponse>(&one, &change, &body)
        .await;
    assert_eq!(again.unwrap_err().code, ErrorCode::Conflict);
    // A long poll sees it become a voter.
    let voter = |status: &Status| {
        let members = &status.configuration.members;
        members
            .iter()
            .any(|m| m.number == 2 && m.role == MemberRole::Voter)
    };
    let mut after = 0;
    let promoted = async {
        loop {
            let request = format!("GET {}?after={after}&wait=30s", paths::STATUS);
            let status: Status = group.ask(&one, &request, "").await.unwrap();
            if voter(&status) {
                return status;
            }
            after = status.generation;
        }
    };
    let status = timeout(NEVER, promoted).await.unwrap();
    assert!(status.configuration.id > added.id);
    assert!(status.certificate_not_after.is_some() && status.ca_fingerprints.len() == 1);
    assert_eq!(
        status.certificate_fingerprint.map(|hex| hex.len()),
        Some(64)
    );
    until(&two, "ready", |status| status.ready && voter(status)).await;
    assert_eq!(get(&two, "a").await.as_deref(), Some(&b"1"[..]));

    let remove = r#"{"expected": null, "change": {"remove": {"number": 2}}}"#;
    let removed: ConfigurationResponse = group.ask(&one, &change, remove).await.unwrap();
    assert!(removed.id > status.configuration.id);
    put(&one, "b", "2").await;
    for (body, code) in [
        (
            r#"{"expected": null, "change": {"remove": {"number": 7}}}"#,
            ErrorCode::NotFound,
        ),
        (
            r#"{"expected": null, "change": {"remove": {"number": 1}}}"#,
            ErrorCode::NotAllowed,
        ),
        (
            r#"{"change": {"remove": {"number": 0}}}"#,
            ErrorCode::Invalid,
        ),
        (r#"{"change": "#, ErrorCode::Invalid),
    ] {
        let refused = group
            .ask::<ConfigurationResponse>(&one, &change, body)
            .await;
        assert_eq!(refused.unwrap_err().code, code, "{body}");
    }
    two.kill().await;
    one.drain().await;
}

#[tokio::test]
async fn health_is_plain_and_admin_is_not_for_strangers() {
    let group = Group::new(1, Some(Authority::new())).await;
    let one = group.start(1, Start::Bootstrap, 1).await;
    until(&one, "ready", |status| status.ready).await;
    let plain = TlsAccept::new(None);
    for (path, wanted) in [
        ("/healthz", "ok\n"),
        ("/livez", "ok\n"),
        ("/readyz", "ok\n"),
        ("/metrics", "synod_ready 1\n"),
        ("/metrics", "etcd_disk_wal_fsync_duration_seconds_count"),
        ("/metrics", "etcd_server_leader_changes_seen_total 1\n"),
    ] {
        let (status, body) = http(one.addresses().health, &plain, &format!("GET {path}"), "").await;
        assert_eq!(status, 200, "{path}: {body}");
        assert!(body.contains(wanted), "{path}: {body}");
    }
    // A certificate of the CA that names neither the operator nor a member of this group.
    for uri in [&identity(UID + 1, 1).to_string(), "https://example.com"] {
        let tls = group
            .authority
            .as_ref()
            .unwrap()
            .write(&group.directory(9), uri);
        let mut sources = Sources::of_peers(&tls, identity(UID, 1)).unwrap();
        sources.identity = None;
        let stranger = TlsAccept::new(Some(Certificates::load(sources).unwrap()));
        let tcp = TcpStream::connect(one.addresses().admin).await.unwrap();
        let mut stream = stranger.connect(tcp).await.unwrap();
        let _ = stream
            .write_all(b"GET /v1/status HTTP/1.1\r\nhost: a\r\n\r\n")
            .await;
        let mut answer = Vec::new();
        let _ = timeout(NEVER, stream.read_to_end(&mut answer))
            .await
            .unwrap();
        assert!(answer.is_empty(), "{uri}");
    }
    one.drain().await;
}

/// A connection to a listener of ours, held open.
struct Held {
    sender: SendRequest<Empty<Bytes>>,
    connection: JoinHandle<hyper::Result<()>>,
}

impl Held {
    async fn open(address: SocketAddr, tls: &TlsAccept) -> Self {
        let tcp = TcpStream::connect(address).await.unwrap();
        let stream = TokioIo::new(tls.connect(tcp).await.unwrap());
        let (sender, connection) = handshake(stream).await.unwrap();
        Self {
            sender,
            connection: tokio::spawn(connection),
        }
    }

    async fn ask(&mut self, path: &str) {
        let request = http::Request::get(path).header("host", "agent");
        let request = request.body(Empty::new()).unwrap();
        let answer = self.sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.into_body().collect().await.unwrap();
        assert!(!self.connection.is_finished());
    }
}

/// A client's only connection, with a watch of everything on it.
struct Watching {
    channel: Channel,
    _requests: mpsc::Sender<WatchRequest>,
    answers: Streaming<WatchResponse>,
}

impl Watching {
    async fn open(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = endpoint.connect().await.unwrap();
        let create = WatchCreateRequest {
            key: vec![0].into(),
            range_end: vec![0].into(),
            ..WatchCreateRequest::default()
        };
        let (requests, stream) = mpsc::channel(1);
        let create = WatchRequest {
            request_union: Some(RequestUnion::CreateRequest(create)),
        };
        requests.send(create).await.unwrap();
        let mut client = WatchClient::new(channel.clone());
        let answers = client.watch(ReceiverStream::new(stream)).await;
        let mut answers = answers.unwrap().into_inner();
        assert!(answers.message().await.unwrap().unwrap().created);
        Self {
            channel,
            _requests: requests,
            answers,
        }
    }

    /// A put on the connection, of which the watch tells next.
    async fn put(&mut self, value: u64) {
        let value = Bytes::from(value.to_string());
        let request = PutRequest {
            key: "noisy".into(),
            value: value.clone(),
            ..PutRequest::default()
        };
        let mut client = KvClient::new(self.channel.clone());
        client.put(request).await.unwrap();
        let told = timeout(NEVER, self.answers.message()).await.unwrap();
        let told = told.unwrap().expect("the watch ended").events;
        let told: Vec<_> = told.into_iter().map(|e| e.kv.unwrap().value).collect();
        assert_eq!(told, [value]);
    }
}

/// Strangers say all sorts of things on every port, and hold on, while clients are connected: these neither lose their
/// connections nor miss anything.
async fn noise(authority: Option<Authority>) {
    let group = Group::new(1, authority).await;
    let one = group.start(1, Start::Bootstrap, 1).await;
    until(&one, "ready", |status| status.ready).await;
    let at = one.addresses();
    let plain = TlsAccept::new(None);
    let mut watching = Watching::open(at.client).await;
    let mut health = Held::open(at.health, &plain).await;
    let mut admin = Held::open(at.admin, &group.operator()).await;
    let ports = [at.client, at.peer, at.admin, at.health];
    let strangers = tokio::spawn(join_all(ports.map(strangers::all_sent_away)));
    for value in 0.. {
        // Once more when all are gone.
        let last = strangers.is_finished();
        watching.put(value).await;
        health.ask("/readyz").await;
        admin.ask(paths::STATUS).await;
        if last {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    strangers.await.unwrap();
    put(&one, "a", "1").await;
    let (status, _) = http(at.health, &plain, "GET /readyz", "").await;
    assert_eq!(status, 200);
    one.drain().await;
}

#[tokio::test]
async fn random_bytes_on_any_port_close_that_connection_and_nothing_else_in_plain_text() {
    noise(None).await;
}

#[tokio::test]
async fn random_bytes_on_any_port_close_that_connection_and_nothing_else_under_tls() {
    noise(Some(Authority::new())).await;
}

#[tokio::test]
async fn a_foreign_data_directory_is_refused_and_unchanged() {
    let group = Group::new(2, None).await;
    let one = group.start(1, Start::Bootstrap, 1).await;
    until(&one, "ready", |status| status.ready).await;
    one.kill().await;
    let before = content(&group.directory(1).join("data"));

    let mut foreign = group.config(1, Start::Bootstrap, 1);
    foreign.cluster_uid = "00000000-0000-4000-8000-000000000001".parse().unwrap();
    let mut other = group.config(2, Start::Resume, 2);
    other.data_dir = group.directory(1).join("data");
    for config in [foreign, other] {
        let started = Agent::start(Arc::new(config), &Environment::default()).await;
        let Err(error) = started else {
            panic!("it started on somebody else's data");
        };
        assert!(matches!(error, StartError::Open { .. }), "{error}");
        assert!(error.to_string().contains("belongs to"), "{error}");
        assert_eq!(content(&group.directory(1).join("data")), before);
    }
}

#[tokio::test]
async fn a_group_goes_on_with_what_one_survivor_has() {
    // Under TLS whoever dials sees by the certificate that this is another group, and hangs up.
    goes_on_with_one(Some(Authority::new()), "io").await;
}

#[tokio::test]
async fn a_group_goes_on_with_what_one_survivor_has_in_plain_text() {
    goes_on_with_one(None, "other_cluster").await;
}

/// Of three members two lost their directories for good. The third goes on in a group of a new UID; another comes back
/// with what it believes it is, and is sent away.
async fn goes_on_with_one(authority: Option<Authority>, sent_away: &str) {
    const NEXT: u128 = UID + 1;
    let group = Group::new(4, authority).await;
    let mut agents = Vec::new();
    for number in 1..=3 {
        agents.push(group.start(number, Start::Bootstrap, 3).await);
    }
    leader(&agents).await;
    put(&agents[0], "a", "1").await;
    let before = put(&agents[2], "b", "2").await;
    for agent in agents {
        agent.kill().await;
    }
    for number in [1, 2] {
        std::fs::remove_dir_all(group.directory(number).join("data")).unwrap();
    }
    // An empty directory is no survivor, and neither is one of yet another group.
    for (number, former, words) in [
        (1, UID, "holds nothing that a group could be recovered from"),
        (3, UID + 7, "correct the former cluster's UID"),
    ] {
        let config = group.recovery(number, former, NEXT);
        let started = Agent::start(Arc::new(config), &Environment::default()).await;
        let error = started.err().expect("it started on nothing");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.exit_code(), 4);
    }

    let config = Arc::new(group.recovery(3, UID, NEXT));
    let environment = Environment::default();
    let three = Agent::start(Arc::clone(&config), &environment).await;
    let three = three.unwrap();
    let status = until(&three, "leading", |status| status.ready && status.leads()).await;
    assert_eq!(status.cluster_uid.0, NEXT);
    assert_eq!(status.configuration.highest, 3);
    let members = &status.configuration.members;
    assert_eq!((members.len(), members[0].number), (1, 3));
    assert_eq!(members[0].peer_address, group.peers[2].to_string());
    assert_eq!(get(&three, "a").await.as_deref(), Some(&b"1"[..]));
    let after = put(&three, "c", "3").await;
    assert!(after > before + 900_000_000, "{after}");
    let compacted = three.engine().read(|store| store.compact_revision()).await;
    assert!(compacted.unwrap() > before);

    let one = group.start(1, Start::Resume, 3).await;
    let refused = async {
        let plain = TlsAccept::new(None);
        let told = format!("synod_peer_refused_total{{reason=\"{sent_away}\"}}");
        loop {
            let (_, body) = http(three.addresses().health, &plain, "GET /metrics", "").await;
            let line = body.lines().find(|line| line.starts_with(&told));
            if line.is_some_and(|line| !line.ends_with(" 0")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(NEVER, refused).await.expect("it is sent away");
    assert!(!one.engine().status().ready);

    // The group grows, and its first member is restarted with the settings it was recovered with.
    let add = ConfigurationRequest {
        expected: Some(status.configuration.id),
        change: Change::Add {
            number: 4,
            learner: false,
            member: MemberSpec {
                name: "test-4".to_owned(),
                peer_address: group.peers[3].to_string(),
                ..MemberSpec::default()
            },
        },
    };
    let four = group.config_of(NEXT, 4, Start::Join, 3);
    let four = Agent::start(Arc::new(four), &environment).await.unwrap();
    let change = format!("POST {}", paths::CONFIGURATION);
    let body = serde_json::to_string(&add).unwrap();
    let _: ConfigurationResponse = group.ask(&three, &change, &body).await.unwrap();
    let votes = |status: &Status| {
        let members = &status.configuration.members;
        let voters = members.iter().filter(|m| m.role == MemberRole::Voter);
        status.ready && voters.count() == 2
    };
    until(&four, "voting", votes).await;
    three.kill().await;
    let three = Agent::start(config, &environment).await.unwrap();
    until(&three, "ready", votes).await;
    for agent in [&three, &four] {
        assert_eq!(get(agent, "b").await.as_deref(), Some(&b"2"[..]));
        assert_eq!(get(agent, "c").await.as_deref(), Some(&b"3"[..]));
    }
    for agent in [one, three, four] {
        agent.kill().await;
    }
}

fn content(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}
