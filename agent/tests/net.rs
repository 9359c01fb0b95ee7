//! Connections among members, and what becomes of those who are none.

mod authority;
#[path = "../../tests/strangers.rs"]
mod strangers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use authority::{Authority, identity};
use bytes::Bytes;
use synod_agent::metrics::Metrics;
use synod_agent::net::{NetSettings, RealNet, Resolver};
use synod_agent::tls::{Certificates, Sources, TlsAccept};
use synod_agent_api::Identity;
use synod_paxos::Node;
use synod_replica::{MemberContext, Net, NetEvent};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

const UID: u128 = 0x5f2b_8f6e_0b7c_4a58_9d5e_3f0a_51c0_ffee;

/// Longer than anything takes; reached only by what would never come.
const NEVER: Duration = Duration::from_secs(20);

struct Member {
    net: RealNet,
    events: mpsc::Receiver<NetEvent>,
    address: SocketAddr,
    metrics: Arc<Metrics>,
    _files: TempDir,
}

/// A member that dials `hints`; with TLS if there is an authority.
async fn start(
    who: Identity,
    certificate: Option<(&Authority, &str)>,
    hints: &[(u64, SocketAddr)],
) -> Member {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let files = tempfile::tempdir().unwrap();
    let certificates = certificate.map(|(authority, uri)| {
        let tls = authority.write(files.path(), uri);
        let mut sources = Sources::of_peers(&tls, who.clone()).unwrap();
        // Whoever lies has a certificate that does not fit.
        sources.identity = None;
        Certificates::load(sources).unwrap()
    });
    let metrics = Arc::new(Metrics::new());
    let (feed, events) = mpsc::channel(1024);
    let settings = NetSettings {
        incarnation: getrandom::u64().unwrap(),
        identity: who,
        tls: TlsAccept::new(certificates),
        resolver: Resolver::default(),
        hints: hints
            .iter()
            .map(|(number, address)| (Node(*number), address.to_string()))
            .collect(),
        metrics: metrics.net.clone(),
        tasks: TaskTracker::new(),
    };
    Member {
        net: RealNet::start(settings, listener, feed),
        events,
        address,
        metrics,
        _files: files,
    }
}

impl Member {
    async fn next(&mut self) -> NetEvent {
        timeout(NEVER, self.events.recv()).await.unwrap().unwrap()
    }

    /// Waits until a connection was refused for `reason`.
    async fn refuses(&self, reason: &str) {
        let wanted = format!("synod_peer_refused_total{{reason=\"{reason}\"}}");
        let seen = async {
            while !self.metrics.text(None, 0).contains(&wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = timeout(NEVER, seen).await.is_ok();
        assert!(
            in_time,
            "{reason} was not refused:\n{}",
            self.metrics.text(None, 0)
        );
    }

    /// That a good member connects shows that strangers did no harm; that it is the first event, that they were not heard.
    async fn still_works(&mut self, good: u64, authority: Option<&Authority>) {
        let who = identity(UID, good);
        let uri = who.to_string();
        let certificate = authority.map(|authority| (authority, uri.as_str()));
        let mut peer = start(who, certificate, &[(1, self.address)]).await;
        assert_eq!(self.next().await, NetEvent::Up(Node(good)));
        assert_eq!(peer.next().await, NetEvent::Up(Node(1)));
        drop(peer);
        assert_eq!(self.next().await, NetEvent::Down(Node(good)));
    }
}

fn frame(net: &mut RealNet, to: u64, parts: &[&[u8]]) {
    let parts = parts.iter().map(|part| Bytes::copy_from_slice(part));
    net.send(Node(to), parts.collect());
}

/// Frames of all sizes arrive whole and in order.
async fn exchange(from: &mut Member, number: u64, to: &mut Member, peer: u64) {
    let large = vec![7; 5 << 20];
    frame(&mut from.net, peer, &[b"a", b"", b"b"]);
    frame(&mut from.net, peer, &[]);
    frame(&mut from.net, peer, &[b"head", &large, b"tail"]);
    for i in 0..500_u32 {
        frame(&mut from.net, peer, &[&i.to_le_bytes()]);
    }
    let large = [b"head", &large[..], b"tail"].concat();
    let small = (0..500_u32).map(|i| i.to_le_bytes().to_vec());
    let expected = [b"ab".to_vec(), Vec::new(), large].into_iter().chain(small);
    for frame in expected {
        let event = NetEvent::Received {
            from: Node(number),
            frame: frame.into(),
        };
        assert!(to.next().await == event);
    }
}

async fn talk(authority: Option<&Authority>) {
    let uri = |number| identity(UID, number).to_string();
    let (first, second) = (uri(1), uri(2));
    let mut one = start(identity(UID, 1), authority.map(|a| (a, &*first)), &[]).await;
    let hint = [(1, one.address)];
    let mut two = start(identity(UID, 2), authority.map(|a| (a, &*second)), &hint).await;
    // Nobody told one where two is: it answers on the connection that two made.
    assert_eq!(two.next().await, NetEvent::Up(Node(1)));
    assert_eq!(one.next().await, NetEvent::Up(Node(2)));
    exchange(&mut one, 1, &mut two, 2).await;
    exchange(&mut two, 2, &mut one, 1).await;
    // Both directions, once the configuration is known; and the loss of all of them is told at once.
    let context = |address: SocketAddr| {
        MemberContext {
            peer_address: address.to_string(),
            ..MemberContext::default()
        }
        .encode()
    };
    let (at_one, at_two) = (context(one.address), context(two.address));
    one.net.peers(&[(Node(1), at_one), (Node(2), at_two)]);
    drop(two);
    assert_eq!(one.next().await, NetEvent::Down(Node(2)));
    // Nobody to take it: dropped, not kept.
    frame(&mut one.net, 2, &[b"lost"]);
    frame(&mut one.net, 9, &[b"lost"]);
}

#[tokio::test]
async fn members_talk_in_plain_text() {
    talk(None).await;
}

#[tokio::test]
async fn members_talk_under_mutual_tls() {
    talk(Some(&Authority::new())).await;
}

#[tokio::test]
async fn a_restarted_peer_is_down_and_up_again() {
    let mut one = start(identity(UID, 1), None, &[]).await;
    let hint = [(1, one.address)];
    let _old = start(identity(UID, 2), None, &hint).await;
    assert_eq!(one.next().await, NetEvent::Up(Node(2)));
    // The old process's connection is still there, as when its machine was cut off.
    let mut new = start(identity(UID, 2), None, &hint).await;
    assert_eq!(one.next().await, NetEvent::Down(Node(2)));
    assert_eq!(one.next().await, NetEvent::Up(Node(2)));
    frame(&mut one.net, 2, &[b"to the new one"]);
    assert_eq!(new.next().await, NetEvent::Up(Node(1)));
    assert!(
        matches!(new.next().await, NetEvent::Received { frame, .. } if frame == "to the new one")
    );
}

/// Connects and says `bytes`; true if the other side closed the connection.
async fn say(address: SocketAddr, bytes: &[u8]) -> bool {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may be closed while we speak.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    timeout(NEVER, stream.read_to_end(&mut answer))
        .await
        .is_ok()
}

/// Strangers say all sorts of things to member 1, and hold on, while member 2 is connected: it neither loses its
/// connection nor misses a frame.
async fn noise(authority: Option<&Authority>) {
    let uri = |number| identity(UID, number).to_string();
    let (first, second) = (uri(1), uri(2));
    let mut one = start(identity(UID, 1), authority.map(|a| (a, &*first)), &[]).await;
    let hint = [(1, one.address)];
    let mut two = start(identity(UID, 2), authority.map(|a| (a, &*second)), &hint).await;
    assert_eq!(two.next().await, NetEvent::Up(Node(1)));
    assert_eq!(one.next().await, NetEvent::Up(Node(2)));
    let strangers = tokio::spawn(strangers::all_sent_away(one.address));
    while !strangers.is_finished() {
        arrives(&mut two, &mut one, 2).await;
        arrives(&mut one, &mut two, 1).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    strangers.await.unwrap();
    exchange(&mut two, 2, &mut one, 1).await;
    exchange(&mut one, 1, &mut two, 2).await;
    one.still_works(4, authority).await;
}

/// A frame of member `number`, and nothing before it, arrives at the other.
async fn arrives(from: &mut Member, to: &mut Member, number: u64) {
    frame(&mut from.net, 3 - number, &[b"still here"]);
    let expected = NetEvent::Received {
        from: Node(number),
        frame: Bytes::from_static(b"still here"),
    };
    assert_eq!(to.next().await, expected);
}

#[tokio::test]
async fn random_bytes_close_their_own_connection_in_plain_text() {
    noise(None).await;
}

#[tokio::test]
async fn random_bytes_close_their_own_connection_under_tls() {
    noise(Some(&Authority::new())).await;
}

#[tokio::test]
async fn strangers_are_sent_away_in_plain_text() {
    let mut damaged = hello(UID, 2, 1);
    damaged[30] ^= 1;
    for (said, reason) in [
        (hello(UID + 1, 2, 1), "other_cluster"),
        (hello(UID, 2, 3), "misdirected"),
        (hello(UID, 1, 1), "misdirected"),
        (hello(UID, 0, 1), "no_hello"),
        (damaged, "no_hello"),
    ] {
        let mut one = start(identity(UID, 1), None, &[]).await;
        assert!(say(one.address, &said).await);
        one.refuses(reason).await;
        one.still_works(4, None).await;
    }
}

/// A hello as it stands on the wire.
fn hello(cluster: u128, from: u64, to: u64) -> Vec<u8> {
    let mut bytes = b"SYND\x01\0\0\0".to_vec();
    bytes.extend_from_slice(&cluster.to_le_bytes());
    for field in [from, to, 77] {
        bytes.extend_from_slice(&u64::to_le_bytes(field));
    }
    let sum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

#[tokio::test]
async fn strangers_are_sent_away_under_tls() {
    let ours = Authority::new();
    let other = Authority::new();
    let member = |cluster, number| identity(cluster, number).to_string();
    let table = [
        // Who it says it is, whose certificate it has, from which authority, why it is refused.
        (2, member(UID, 2), &other, "io"),
        (2, member(UID + 1, 2), &ours, "other_cluster"),
        (2, member(UID, 3), &ours, "not_itself"),
        (2, "synod://operator".to_owned(), &ours, "no_member"),
        (2, "https://example.com/2".to_owned(), &ours, "no_member"),
    ];
    for (number, uri, authority, reason) in table {
        let own = member(UID, 1);
        let mut one = start(identity(UID, 1), Some((&ours, &own)), &[]).await;
        let hint = [(1, one.address)];
        let mut stranger = start(identity(UID, number), Some((authority, &uri)), &hint).await;
        one.refuses(reason).await;
        one.still_works(4, Some(&ours)).await;
        assert!(stranger.events.try_recv().is_err(), "{uri}");
    }
}

#[tokio::test]
async fn who_answers_must_be_who_was_dialled() {
    let ours = Authority::new();
    let (first, second) = (identity(UID, 1).to_string(), identity(UID, 2).to_string());
    let one = start(identity(UID, 1), Some((&ours, &first)), &[]).await;
    // Two dials member 3 at an address that is member 1's by now.
    let hint = [(3, one.address)];
    let mut two = start(identity(UID, 2), Some((&ours, &second)), &hint).await;
    let uri = identity(UID, 5).to_string();
    let _five = start(identity(UID, 5), Some((&ours, &uri)), &[(2, two.address)]).await;
    assert_eq!(two.next().await, NetEvent::Up(Node(5)));
}

#[tokio::test]
async fn certificates_are_replaced_while_in_use() {
    let (old, new) = (Authority::new(), Authority::new());
    let files = tempfile::tempdir().unwrap();
    let uri = identity(UID, 1).to_string();
    let tls = old.write(files.path(), &uri);
    let certificates =
        Certificates::load(Sources::of_peers(&tls, identity(UID, 1)).unwrap()).unwrap();
    let before = certificates.ca_fingerprints();
    let leaf = certificates.fingerprint();
    assert!(!certificates.reload().unwrap());
    std::fs::write(tls.key.as_ref().unwrap(), "half a file").unwrap();
    let error = certificates.reload().unwrap_err().to_string();
    assert!(error.starts_with("tls.peer.key: "), "{error}");
    assert_eq!(certificates.ca_fingerprints(), before);
    new.write(files.path(), &uri);
    assert!(certificates.reload().unwrap());
    assert_ne!(certificates.ca_fingerprints(), before);
    assert_ne!(certificates.fingerprint(), leaf);
    // Somebody else's certificate is not taken.
    new.write(files.path(), &identity(UID, 2).to_string());
    let error = certificates.reload().unwrap_err().to_string();
    assert!(error.contains("but this member is synod://"), "{error}");
}
