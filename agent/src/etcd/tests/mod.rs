//! The front end over a loop that replicates nothing: every answer of the wire, with the errors of the layers below at
//! will. Clients are tonic's, over loopback.

mod decode;
mod errors;
mod framing;
mod http;
mod kv;
mod lease;
mod maintenance;
mod members;
mod solo;
mod tls;
mod turns;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;

use synod_proto::etcdserverpb::kv_client::KvClient;
use synod_proto::etcdserverpb::{PutRequest, RangeRequest};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use super::{Front, Settings, serve};
use crate::tls::TlsAccept;
use solo::Solo;

/// A member of one, served on loopback until it is dropped.
struct Served {
    solo: Solo,
    address: SocketAddr,
    stop: CancellationToken,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Served {
    async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        Self::over(Solo::start(), settings).await
    }

    async fn over(solo: Solo, settings: Settings) -> Self {
        let stop = CancellationToken::new();
        let front = Front::new(solo.engine(), settings, stop.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(serve(listener, TlsAccept::new(None), Arc::new(front)));
        Self {
            solo,
            address,
            stop,
        }
    }

    fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address));
        endpoint.expect("an endpoint").connect_lazy()
    }

    fn kv(&self) -> KvClient<Channel> {
        KvClient::new(self.channel())
    }

    /// Puts, and tells the revision.
    async fn put(&self, key: &str, value: &str) -> i64 {
        let request = PutRequest {
            key: bytes(key),
            value: bytes(value),
            ..PutRequest::default()
        };
        let answer = self.kv().put(request).await.expect("a put");
        answer.into_inner().header.expect("a header").revision
    }

    /// The value of a key, if there is one.
    async fn get(&self, key: &str) -> Option<String> {
        let request = RangeRequest {
            key: bytes(key),
            ..RangeRequest::default()
        };
        let answer = self.kv().range(request).await.expect("a range");
        let kv = answer.into_inner().kvs.into_iter().next()?;
        Some(String::from_utf8_lossy(&kv.value).into_owned())
    }
}

fn bytes(text: &str) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(text.as_bytes())
}

/// Code and words of an error.
fn said<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String) {
    let status = answer.expect_err("an error");
    (status.code(), status.message().to_owned())
}
