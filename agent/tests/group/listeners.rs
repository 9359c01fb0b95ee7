//! An agent's ports: who is let in, who is sent away, and that nobody else notices.

use std::time::Duration;

use futures::future::join_all;
use synod_agent::tls::{Certificates, Sources, TlsAccept};
use synod_agent_api::{Start, paths};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::authority::{Authority, identity};
use crate::clients::{Held, Watching};
use crate::strangers;
use crate::world::{Group, NEVER, UID, http, put, until};

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
