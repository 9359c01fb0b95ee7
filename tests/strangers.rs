//! Strangers that say something, or nothing, and do not hang up: each must be sent away, in time. Part of the tests of
//! operator and agent.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Longer than any listener waits for anybody; reached only by what would never come.
const NEVER: Duration = Duration::from_secs(60);

/// What strangers say.
pub(crate) fn words() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [1, 24, 8192].into_iter().map(random).collect();
    all.push(hello());
    all.push(b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec());
    all.push(b"PRI * HTTP/2.0\r\n".to_vec());
    all.push(Vec::new());
    all
}

/// Every stranger comes to `address` at the same time. Returns when all were sent away.
pub(crate) async fn all_sent_away(address: SocketAddr) {
    let mut strangers = JoinSet::new();
    for words in words() {
        strangers.spawn(async move {
            let stream = TcpStream::connect(address).await.unwrap();
            sent_away(stream, &words).await;
        });
    }
    while let Some(gone) = strangers.join_next().await {
        gone.unwrap();
    }
}

/// Says `words` and holds the connection open, until it is closed by the other side: wholly, not only for reading.
pub(crate) async fn sent_away(mut stream: impl AsyncRead + AsyncWrite + Unpin, words: &[u8]) {
    // It may be closed while we speak.
    let _ = (stream.write_all(words).await, stream.flush().await);
    let closed = async {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        while stream.write_all(b"?").await.is_ok() && stream.flush().await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = timeout(NEVER, closed).await.is_ok();
    assert!(in_time, "still there after {NEVER:?}: {}", shown(words));
}

fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    SystemRandom::new().fill(&mut bytes).unwrap();
    bytes
}

/// What a client says first under TLS.
fn hello() -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut said = Vec::new();
    client.write_tls(&mut said).unwrap();
    said
}

/// The length, and the beginning.
fn shown(words: &[u8]) -> String {
    let mut text = format!("{} bytes ", words.len());
    for byte in words.iter().take(64) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
