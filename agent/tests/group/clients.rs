//! Clients that keep a connection, and notice if it is lost.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use synod_agent::tls::TlsAccept;
use synod_proto::etcdserverpb::kv_client::KvClient;
use synod_proto::etcdserverpb::watch_client::WatchClient;
use synod_proto::etcdserverpb::watch_request::RequestUnion;
use synod_proto::etcdserverpb::{PutRequest, WatchCreateRequest, WatchRequest, WatchResponse};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

use crate::world::NEVER;

/// A connection to a listener of ours, held open.
pub(crate) struct Held {
    sender: SendRequest<Empty<Bytes>>,
    connection: JoinHandle<hyper::Result<()>>,
}

impl Held {
    pub(crate) async fn open(address: SocketAddr, tls: &TlsAccept) -> Self {
        let tcp = TcpStream::connect(address).await.unwrap();
        let stream = TokioIo::new(tls.connect(tcp).await.unwrap());
        let (sender, connection) = handshake(stream).await.unwrap();
        Self {
            sender,
            connection: tokio::spawn(connection),
        }
    }

    pub(crate) async fn ask(&mut self, path: &str) {
        let request = http::Request::get(path).header("host", "agent");
        let request = request.body(Empty::new()).unwrap();
        let answer = self.sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.into_body().collect().await.unwrap();
        assert!(!self.connection.is_finished());
    }
}

/// A client's only connection, with a watch of everything on it.
pub(crate) struct Watching {
    channel: Channel,
    _requests: mpsc::Sender<WatchRequest>,
    answers: Streaming<WatchResponse>,
}

impl Watching {
    pub(crate) async fn open(address: SocketAddr) -> Self {
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
    pub(crate) async fn put(&mut self, value: u64) {
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
