use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use synod_proto::etcdserverpb::{PutRequest, RangeRequest, RangeResponse};
use tokio::net::TcpStream;

use super::{Served, bytes};

/// The gRPC code of the answer, and its DATA, when a body arrives in these pieces.
async fn call(served: &Served, path: &str, pieces: Vec<Bytes>) -> (String, Bytes) {
    let tcp = TcpStream::connect(served.address)
        .await
        .expect("a connection");
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tcp));
    let (mut sender, connection) = handshake.await.expect("a handshake");
    tokio::spawn(connection);
    let pieces = pieces
        .into_iter()
        .map(|p| Ok::<_, std::convert::Infallible>(Frame::data(p)));
    let request = Request::builder()
        .method("POST")
        .uri(format!("http://member{path}"))
        .header("content-type", "application/grpc")
        .body(StreamBody::new(futures::stream::iter(pieces)))
        .expect("a request");
    let response: Response<_> = sender.send_request(request).await.expect("an answer");
    let early = response.headers().get("grpc-status").cloned();
    let body = response.into_body().collect().await.expect("a body");
    let late = body.trailers().and_then(|t| t.get("grpc-status")).cloned();
    let code = early.or(late).expect("a code");
    (code.to_str().expect("text").to_owned(), body.to_bytes())
}

fn framed(flag: u8, message: &impl Message) -> Vec<u8> {
    let encoded = message.encode_to_vec();
    let length = u32::try_from(encoded.len()).expect("a short message");
    [&[flag][..], &length.to_be_bytes(), &encoded].concat()
}

const RANGE: &str = "/etcdserverpb.KV/Range";
const PUT: &str = "/etcdserverpb.KV/Put";

#[tokio::test]
async fn messages_in_any_pieces() {
    let served = Served::start().await;
    served.put("a", "1").await;
    let request = RangeRequest {
        key: bytes("a"),
        ..RangeRequest::default()
    };
    let whole = framed(0, &request);
    for size in 1..=whole.len() {
        let pieces = whole.chunks(size).map(Bytes::copy_from_slice).collect();
        let (code, data) = call(&served, RANGE, pieces).await;
        assert_eq!(code, "0", "in pieces of {size}");
        let answer = RangeResponse::decode(data.slice(5..)).expect("an answer");
        assert_eq!((answer.count, data[0]), (1, 0));
    }
}

#[tokio::test]
async fn large_messages_in_many_frames() {
    let served = Served::start().await;
    let value = "v".repeat(1_000_000);
    let request = PutRequest {
        key: bytes("a"),
        value: bytes(&value),
        ..PutRequest::default()
    };
    let whole = framed(0, &request);
    let pieces = whole.chunks(10_000).map(Bytes::copy_from_slice).collect();
    assert_eq!(call(&served, PUT, pieces).await.0, "0");
    assert_eq!(served.get("a").await.map(|v| v.len()), Some(1_000_000));
}

#[tokio::test]
async fn malformed_messages() {
    let served = Served::start().await;
    let request = RangeRequest {
        key: bytes("a"),
        ..RangeRequest::default()
    };
    let whole = framed(0, &request);
    let table: [(&str, Vec<u8>, &str); 8] = [
        (RANGE, Vec::new(), "13"),
        (RANGE, whole[..3].to_vec(), "13"),
        (RANGE, whole[..whole.len() - 1].to_vec(), "13"),
        (RANGE, [whole.clone(), whole.clone()].concat(), "13"),
        (RANGE, framed(1, &request), "12"),
        (RANGE, vec![0, 0, 0, 0, 2, 0xff, 0xff], "13"),
        (RANGE, vec![0, 0xff, 0xff, 0xff, 0xff, 1], "8"),
        ("/etcdserverpb.KV/Nothing", whole.clone(), "12"),
    ];
    for (path, body, expected) in table {
        let shown = format!("{path} {body:?}");
        let (code, data) = call(&served, path, vec![body.into()]).await;
        assert_eq!(
            (code.as_str(), data.is_empty()),
            (expected, true),
            "{shown}"
        );
    }
    served.put("a", "1").await;
}
