//! The operator's health and metrics listener among strangers.

#[path = "../../tests/strangers.rs"]
mod strangers;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::PostParams;
use kube::{Api, Client};
use serde_json::json;
use synod_crds::ConsensusGroup;
use synod_operator::local::api::{Api as Embedded, Settings as ApiSettings};
use synod_operator::settings::Settings;
use synod_operator::{kinds, operator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How often is looked whether something has come about.
const TICK: Duration = Duration::from_millis(10);
/// Beyond this a test is stuck; nothing is measured by it.
const STUCK: Duration = Duration::from_secs(60);
/// Connections that the listener serves at once.
const CONNECTIONS_MAX: usize = 256;

/// An operator over an embedded API.
struct Running {
    client: Client,
    address: SocketAddr,
    stop: CancellationToken,
    operator: JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        let client = Embedded::open(ApiSettings::volatile())
            .unwrap()
            .client("default");
        let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
        for definition in synod_crds::definitions() {
            let created = definitions
                .create(&PostParams::default(), &definition)
                .await;
            created.unwrap();
        }
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let settings = Settings {
            listen: Some(address),
            ..Settings::default()
        };
        let stop = CancellationToken::new();
        let run = operator::run(client.clone(), settings, kinds::all(), None, stop.clone());
        let running = Self {
            client,
            address,
            stop,
            operator: tokio::spawn(async move { run.await.unwrap() }),
        };
        eventually(async || running.answer("/readyz").await.is_some_and(|a| a.0 == 200)).await;
        running
    }

    /// The answer on a connection of its own, if there is one.
    async fn answer(&self, path: &str) -> Option<(u16, String)> {
        let stream = TcpStream::connect(self.address).await.ok()?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        ask(&mut sender, path).await.ok()
    }

    /// Makes a group that is paused; the operator's watches work if it is told so.
    async fn takes_in(&self, name: &str) {
        let groups: Api<ConsensusGroup> = Api::default_namespaced(self.client.clone());
        let group = json!({
            "apiVersion": "synod.dev/v1alpha1", "kind": "ConsensusGroup",
            "metadata": { "name": name }, "spec": { "paused": true },
        });
        let group = serde_json::from_value(group).unwrap();
        groups.create(&PostParams::default(), &group).await.unwrap();
        eventually(async || {
            let group = groups.get(name).await.unwrap();
            group.status.and_then(|status| status.state).as_deref() == Some("Paused")
        })
        .await;
    }

    async fn end(self) {
        self.stop.cancel();
        self.operator.await.unwrap();
    }
}

async fn ask(sender: &mut SendRequest<Empty<Bytes>>, path: &str) -> hyper::Result<(u16, String)> {
    let request = http::Request::get(path).header("host", "operator");
    let request = request.body(Empty::new()).unwrap();
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok((
        head.status.as_u16(),
        String::from_utf8(body.to_vec()).unwrap(),
    ))
}

async fn eventually(mut test: impl AsyncFnMut() -> bool) {
    let tries = async {
        while !test().await {
            sleep(TICK).await;
        }
    };
    assert!(timeout(STUCK, tries).await.is_ok(), "it never comes about");
}

#[tokio::test]
async fn strangers_are_sent_away_and_nobody_else_notices() {
    let running = Running::start().await;
    let stream = TcpStream::connect(running.address).await.unwrap();
    let (mut held, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let strangers = tokio::spawn(strangers::all_sent_away(running.address));
    running.takes_in("meanwhile").await;
    while !strangers.is_finished() {
        assert_eq!(
            ask(&mut held, "/healthz").await.unwrap(),
            (200, "ok\n".to_owned())
        );
        sleep(TICK).await;
    }
    strangers.await.unwrap();
    assert!(
        !connection.is_finished(),
        "the client's connection was closed"
    );
    running.takes_in("afterwards").await;
    assert_eq!(running.answer("/readyz").await.unwrap().0, 200);
    let (status, metrics) = running.answer("/metrics").await.unwrap();
    assert_eq!(status, 200);
    assert!(
        metrics.contains("synod_operator_watch_failures_total 0\n"),
        "{metrics}"
    );
    running.end().await;
}

#[tokio::test]
async fn beyond_the_bound_connections_are_closed_and_afterwards_they_are_served() {
    let running = Running::start().await;
    let mut crowd = Vec::new();
    // A connection of before may not have gone yet when the crowd comes.
    while crowd.len() < CONNECTIONS_MAX || running.answer("/healthz").await.is_some() {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\n")
            .await
            .unwrap();
        crowd.push(stream);
        assert!(crowd.len() < 2 * CONNECTIONS_MAX, "there is no bound");
    }
    // Nobody of the crowd hangs up.
    eventually(async || running.answer("/healthz").await.is_some()).await;
    for mut stream in crowd {
        let mut answer = Vec::new();
        let closed = timeout(STUCK, stream.read_to_end(&mut answer)).await;
        assert!(closed.is_ok());
    }
    running.end().await;
}
