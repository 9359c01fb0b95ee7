use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use synod_agent_api::Role;
use synod_replica::Refusal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Served;

/// Status, content type and body of one request over HTTP/1.1.
async fn ask(served: &Served, method: Method, path: &str) -> (u16, String, String) {
    let tcp = TcpStream::connect(served.address)
        .await
        .expect("a connection");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp))
        .await
        .expect("a handshake");
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "member")
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"]
        .to_str()
        .expect("text")
        .to_owned();
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    (status, kind, String::from_utf8_lossy(&body).into_owned())
}

const TEXT: &str = "text/plain; charset=utf-8";

async fn check(served: &Served, table: &[(&str, u16, &str, &str)]) {
    for (path, status, kind, body) in table {
        let answer = ask(served, Method::GET, path).await;
        assert_eq!(
            answer,
            (*status, (*kind).to_owned(), (*body).to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_healthy_member() {
    let served = Served::start().await;
    let healthy = r#"{"health":"true","reason":""}"#;
    let version = r#"{"etcdserver":"3.6.8","etcdcluster":"3.6.0","storage":"3.6.0"}"#;
    let ready = "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n";
    let ready_but = "[+]data_corruption ok\n[+]serializable_read ok\n[+]non_learner ok\nok\n";
    check(
        &served,
        &[
            ("/health", 200, TEXT, healthy),
            ("/health?serializable=true", 200, TEXT, healthy),
            ("/version", 200, "application/json", version),
            ("/livez", 200, TEXT, "ok\n"),
            ("/livez?verbose", 200, TEXT, "[+]serializable_read ok\nok\n"),
            ("/livez/serializable_read", 200, TEXT, "ok\n"),
            ("/readyz", 200, TEXT, "ok\n"),
            ("/readyz?verbose", 200, TEXT, ready),
            (
                "/readyz?verbose&exclude=linearizable_read",
                200,
                TEXT,
                ready_but,
            ),
            ("/readyz/nothing", 404, TEXT, "404 page not found\n"),
            ("/elsewhere", 404, TEXT, "404 page not found\n"),
        ],
    )
    .await;
    let (status, _, body) = ask(&served, Method::POST, "/health").await;
    assert_eq!((status, body.as_str()), (405, "Method Not Allowed\n"));
}

#[tokio::test]
async fn an_unhealthy_member() {
    let served = Served::start().await;
    served.solo.refuse(Some(Refusal::TimedOut));
    served.solo.become_role(Role::Learner, Some(2));
    let learner = "[+]data_corruption ok\n[+]serializable_read ok\n[-]linearizable_read failed: etcdserver: rpc not supported for learner\n[-]non_learner failed: not supported for learner\n\n";
    check(
        &served,
        &[
            ("/livez", 200, TEXT, "ok\n"),
            ("/readyz", 503, TEXT, learner),
        ],
    )
    .await;
    served.solo.become_role(Role::Follower, Some(2));
    let failed =
        "{\"health\":\"false\",\"reason\":\"RANGE ERROR:etcdserver: request timed out\"}\n";
    check(&served, &[("/health", 503, TEXT, failed)]).await;
    served.solo.become_role(Role::Follower, None);
    let alone = "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n";
    let healthy = r#"{"health":"true","reason":""}"#;
    check(
        &served,
        &[
            ("/health", 503, TEXT, alone),
            ("/health?serializable=true", 200, TEXT, healthy),
        ],
    )
    .await;
}

#[tokio::test]
async fn metrics_have_etcds_names() {
    let served = Served::start().await;
    served.put("a", "1").await;
    let (status, kind, body) = ask(&served, Method::GET, "/metrics").await;
    assert_eq!(
        (status, kind.as_str()),
        (200, "text/plain; version=0.0.4; charset=utf-8")
    );
    for line in [
        "etcd_server_has_leader 1",
        "etcd_server_is_leader 1",
        "etcd_debugging_mvcc_keys_total 1",
        "etcd_server_version{server_version=\"3.6.8\"} 1",
        "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1",
    ] {
        assert!(body.lines().any(|l| l == line), "no {line} in {body}");
    }
}

#[tokio::test]
async fn random_bytes_end_their_connection_only() {
    let served = Served::start().await;
    for noise in [
        &b"\x16\x03\x01\x02\x00\x01"[..],
        b"nonsense\r\n\r\n",
        &[0; 64],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxxxxxxxxxxxxxxxxx",
    ] {
        let mut tcp = TcpStream::connect(served.address)
            .await
            .expect("a connection");
        tcp.write_all(noise).await.expect("a write");
        tcp.shutdown().await.expect("a half-close");
        let mut rest = Vec::new();
        // Closed or reset; either ends it.
        let _ = tcp.read_to_end(&mut rest).await;
    }
    served.put("a", "1").await;
    assert_eq!(served.get("a").await.as_deref(), Some("1"));
}
