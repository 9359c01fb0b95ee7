//! The listener: who is let in, and what becomes of strangers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::TryStreamExt;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use kube::api::{PostParams, WatchEvent, WatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, ResourceExt};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use synod_operator::local::api;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::{map, maps, refusal, server, strangers};

/// Time between two calls.
const PACE: Duration = Duration::from_millis(20);
/// Beyond this a test is stuck; nothing is measured by it.
const STUCK: Duration = Duration::from_secs(60);

/// An API that listens.
struct Listening {
    address: SocketAddr,
    kubeconfig: String,
    serving: JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Listening {
    async fn start() -> Self {
        let access = api::Access::generate().unwrap();
        let listener = api::Listener::bind(server(), access.clone(), None);
        let listener = listener.await.unwrap();
        Self {
            address: listener.address(),
            kubeconfig: access.kubeconfig(listener.address()),
            serving: tokio::spawn(listener.serve()),
        }
    }

    async fn client(&self) -> Client {
        client(&self.kubeconfig).await
    }

    /// What the kubeconfig says after `key`.
    fn said(&self, key: &str) -> &str {
        let mut lines = self.kubeconfig.lines();
        let value = lines.find_map(|line| line.trim().strip_prefix(key));
        value.unwrap().trim()
    }

    /// A connection under TLS, of whoever it may be, for one protocol.
    async fn connect(&self, protocol: &[u8]) -> TlsStream<TcpStream> {
        let authority = STANDARD
            .decode(self.said("certificate-authority-data:"))
            .unwrap();
        let mut roots = rustls::RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(&authority).unwrap();
        roots.add(authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let name = "localhost".try_into().unwrap();
        connector.connect(name, stream).await.unwrap()
    }

    /// Strangers that know TLS, but not the token. Returns when all were sent away.
    async fn all_sent_away_under_tls(&self) {
        let mut strangers = JoinSet::new();
        for protocol in [&b"http/1.1"[..], b"h2"] {
            let whole = b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
            for words in strangers::words().into_iter().chain([whole]) {
                let stream = self.connect(protocol).await;
                strangers.spawn(async move { strangers::sent_away(stream, &words).await });
            }
        }
        while let Some(gone) = strangers.join_next().await {
            gone.unwrap();
        }
    }

    async fn ask(&self, held: &mut SendRequest<Empty<Bytes>>, path: &str) -> u16 {
        let token = format!("Bearer {}", self.said("token:"));
        let request = http::Request::get(path).header("host", "api");
        let request = request.header("authorization", token).body(Empty::new());
        let answer = held.send_request(request.unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        answer.into_body().collect().await.unwrap();
        status
    }
}

async fn client(kubeconfig: &str) -> Client {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    Client::try_from(config.unwrap()).unwrap()
}

#[tokio::test]
async fn only_the_token_opens_the_listener() {
    let listening = Listening::start().await;
    maps(&listening.client().await)
        .create(&PostParams::default(), &map("a", "1"))
        .await
        .unwrap();
    let wrong = listening.kubeconfig.replace("token: ", "token: x");
    let stranger = client(&wrong).await;
    assert_eq!(refusal(maps(&stranger).get("a").await).0, 401);
}

#[tokio::test]
async fn strangers_are_sent_away_and_nobody_else_notices() {
    let listening = Arc::new(Listening::start().await);
    let maps = maps(&listening.client().await);
    let watching = maps.watch(&WatchParams::default(), "0").await.unwrap();
    let stream = TokioIo::new(listening.connect(b"http/1.1").await);
    let (mut held, connection) = handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);

    let noise = listening.clone();
    let strangers = tokio::spawn(async move {
        tokio::join!(
            strangers::all_sent_away(noise.address),
            noise.all_sent_away_under_tls()
        );
    });
    let (parameters, mut made) = (PostParams::default(), Vec::new());
    loop {
        // Once more when all are gone.
        let last = strangers.is_finished();
        let name = format!("m{}", made.len());
        maps.create(&parameters, &map(&name, "1")).await.unwrap();
        let path = format!("/api/v1/namespaces/default/configmaps/{name}");
        assert_eq!(listening.ask(&mut held, &path).await, 200);
        made.push(name);
        if last {
            break;
        }
        sleep(PACE).await;
    }
    strangers.await.unwrap();
    assert!(
        !connection.is_finished(),
        "the client's connection was closed"
    );

    let mut watching = Box::pin(watching);
    for name in made {
        let event = timeout(STUCK, watching.try_next()).await.unwrap();
        let event = event.unwrap().expect("the watch ended");
        assert!(
            matches!(&event, WatchEvent::Added(map) if map.name_any() == name),
            "{event:?} instead of {name}"
        );
    }
}
