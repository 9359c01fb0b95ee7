//! Probes of processes, and the Services that lead to those that are ready.

use std::net::SocketAddr;
use std::time::Duration;

use futures::FutureExt;
use k8s_openapi::api::core::v1::{Pod, Service};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::time::timeout;

use crate::pods::{FOREVER, address, ready, restarts, script};
use crate::strangers;
use crate::world::{PATIENCE, World, can_run, eventually};

/// Answers every request on `address` with `code` until it is dropped.
async fn answer(address: &str, port: u16, code: u16) -> tokio::task::JoinHandle<()> {
    let listener = TcpListener::bind((address, port)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream
                .write_all(
                    format!("HTTP/1.1 {code} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                        .as_bytes(),
                )
                .await;
        }
    })
}

#[tokio::test]
async fn readiness_follows_the_probe_and_services_follow_readiness() {
    if !can_run() {
        return;
    }
    let world = World::new();
    let probed = json!({"container": {"ports": [{"name": "health", "containerPort": 18080}],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "health"}, "failureThreshold": 1}}});
    world.make::<Pod>(script("p", FOREVER, probed)).await;
    world.make::<Service>(json!({"metadata": {"name": "s"}, "spec": {"selector": {"app": "p"}, "ports": [{"name": "h", "port": 80, "targetPort": "health"}]}})).await;
    let running = world
        .pod("p", |pod| {
            restarts(pod) == 0
                && !address(pod).is_empty()
                && pod.status.as_ref().unwrap().phase.as_deref() == Some("Running")
        })
        .await;
    assert!(!ready(&running));
    let answers = answer(&address(&running), 18080, 200).await;
    world.pod("p", ready).await;

    let ip = world.service("s").await;
    let code = async || {
        let mut stream = TcpStream::connect((ip, 80)).await.ok()?;
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
            .await
            .ok()?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.ok()?;
        Some(String::from_utf8_lossy(&head).into_owned())
    };
    assert_eq!(
        eventually(async || code().await).await.as_deref(),
        Some("HTTP/1.1 200")
    );

    answers.abort();
    let _ = answers.await;
    world.pod("p", |pod| !ready(pod)).await;
    let refused = eventually(async || code().await.is_none().then_some(())).await;
    assert!(
        refused.is_some(),
        "a pod that is not ready gets no connections"
    );
    world.end().boxed().await;
}

/// Serves who says "echo " or "watch" within two seconds: what it says from then on, or what is told to all. Everybody else
/// is told that nothing more will be said, and is listened to no longer than it likes.
async fn play(listener: TcpListener, news: broadcast::Sender<u8>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut news = news.subscribe();
        tokio::spawn(async move {
            let mut word = [0; 5];
            let said = timeout(Duration::from_secs(2), stream.read_exact(&mut word)).await;
            let (mut from, mut to) = stream.split();
            match (said, &word) {
                (Ok(Ok(_)), b"watch") => {
                    to.write_all(b"!").await.unwrap();
                    while let Ok(byte) = news.recv().await {
                        to.write_all(&[byte]).await.unwrap();
                    }
                }
                (Ok(Ok(_)), b"echo ") => {
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                }
                _ => {
                    let _ = to.shutdown().await;
                    let _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
                }
            }
        });
    }
}

/// Reads one byte; there must be one.
async fn byte(stream: &mut TcpStream) -> u8 {
    let read = timeout(PATIENCE, stream.read_u8()).await;
    read.expect("an answer").expect("the connection stands")
}

#[tokio::test]
async fn a_service_sends_strangers_away_and_nobody_else_notices() {
    if !can_run() {
        return;
    }
    let world = World::new();
    world.make::<Pod>(script("p", FOREVER, json!({}))).await;
    let spec = json!({"selector": {"app": "p"}, "ports": [{"name": "h", "port": 80, "targetPort": 18080}]});
    world
        .make::<Service>(json!({"metadata": {"name": "s"}, "spec": spec}))
        .await;
    let pod = world.pod("p", ready).await;
    let listener = TcpListener::bind((address(&pod).as_str(), 18080))
        .await
        .unwrap();
    let (news, _) = broadcast::channel(16);
    let playing = tokio::spawn(play(listener, news.clone()));
    let service = SocketAddr::new(world.service("s").await, 80);
    // Until the forwarder stands and knows of the pod.
    let connect = async |word: &'static [u8; 6]| {
        let connected = eventually(async || {
            let mut stream = TcpStream::connect(service).await.ok()?;
            stream.write_all(word).await.ok()?;
            let answer = stream.read_u8().await.ok()?;
            assert_eq!(answer, b'!');
            Some(stream)
        });
        connected.await.expect("a connection")
    };
    let mut call = connect(b"echo !").await;
    let mut watch = connect(b"watch\n").await;

    let strangers = tokio::spawn(strangers::all_sent_away(service));
    for told in (0..=u8::MAX).cycle() {
        // Once more when all are gone.
        let last = strangers.is_finished();
        news.send(told).unwrap();
        assert_eq!(byte(&mut watch).await, told);
        call.write_all(&[told]).await.unwrap();
        assert_eq!(byte(&mut call).await, told);
        if last {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    strangers.await.unwrap();
    connect(b"echo !").await;
    playing.abort();
    world.end().boxed().await;
}
