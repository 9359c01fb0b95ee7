//! The commands of ZooKeeper's AdminServer. What is expected was recorded from ZooKeeper 3.8.0, with one session that has an
//! ephemeral node and watches it.

use std::net::SocketAddr;

use serde_json::{Value, json};
use synod_jute::records::{CreateRequest, ReadRequest};
use synod_jute::{CreateMode, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::anyone;
use crate::member::Member;

/// The body of what is answered.
async fn asked(admin: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(admin).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: agent\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {head}");
    body.to_owned()
}

async fn told(admin: SocketAddr, name: &str) -> Value {
    let body = asked(admin, &format!("/commands/{name}")).await;
    serde_json::from_str(&body).unwrap()
}

/// Fields that ZooKeeper's answer has, and its values where they do not depend on time or place.
fn has(told: &Value, fields: &Value) {
    for (name, expected) in fields.as_object().unwrap() {
        let value = told.get(name);
        assert!(value.is_some(), "no {name} in {told}");
        assert!(
            expected.is_null() || value == Some(expected),
            "{name} in {told}"
        );
    }
}

#[tokio::test]
async fn commands_are_answered_as_zookeeper_does() {
    let member = Member::start(|_| {}).await;
    let admin = member.agent.addresses().admin;
    let mut client = member.client().await;
    let ephemeral = CreateRequest {
        path: "/e".into(),
        data: Some("x".into()),
        acl: Some(vec![anyone(31)]),
        flags: CreateMode::Ephemeral as i32,
    };
    client.ask(Request::Create(ephemeral)).await.unwrap();
    let (path, watch) = ("/e".into(), true);
    let read = Request::GetData(ReadRequest { path, watch });
    client.ask(read).await.unwrap();
    let id = client.session.session_id.0;
    let peer = client.stream.local_addr().unwrap().to_string();
    let named = |fields: Value| -> Value { json!({ id.to_string(): fields }) };

    for (name, command, fields) in [
        ("ruok", "ruok", json!({})),
        ("isro", "is_read_only", json!({ "read_only": false })),
        (
            "dump",
            "dump",
            json!({ "expiry_time_to_session_ids": {}, "session_id_to_ephemeral_paths": named(json!(["/e"])) }),
        ),
        (
            "wchc",
            "watches",
            json!({ "session_id_to_watched_paths": named(json!(["/e"])) }),
        ),
        (
            "wchp",
            "watches_by_path",
            json!({ "path_to_session_ids": { "/e": [id] } }),
        ),
        (
            "wchs",
            "watch_summary",
            json!({ "num_connections": 1, "num_paths": 1, "num_total_watches": 1 }),
        ),
        (
            "mntr",
            "monitor",
            json!({ "ephemerals_count": 1, "num_alive_connections": 1, "watch_count": 1, "server_state": "standalone", "znode_count": null, "version": null }),
        ),
        (
            "srvr",
            "server_stats",
            json!({ "read_only": false, "node_count": null, "version": null, "server_stats": null }),
        ),
        (
            "conf",
            "configuration",
            json!({ "client_port": null, "max_client_cnxns": null, "min_session_timeout": 4000, "max_session_timeout": 40000, "server_id": 1 }),
        ),
        ("stmk", "set_trace_mask", json!({ "tracemask": null })),
        (
            "lead",
            "leader",
            json!({ "is_leader": true, "leader_id": 1, "leader_ip": "127.0.0.1" }),
        ),
        (
            "zabstate",
            "zabstate",
            json!({ "voting": true, "zabstate": "broadcast" }),
        ),
        (
            "observers",
            "observers",
            json!({ "synced_observers": 0, "observers": [] }),
        ),
        (
            "voting_view",
            "voting_view",
            json!({ "current_config": null }),
        ),
        (
            "dirs",
            "dirs",
            json!({ "datadir_size": null, "logdir_size": null }),
        ),
        ("hash", "hash", json!({ "digests": null })),
        (
            "envi",
            "environment",
            json!({ "zookeeper.version": null, "os.name": null }),
        ),
    ] {
        let told = told(admin, name).await;
        has(&told, &json!({ "command": command }));
        assert_eq!(told["error"], Value::Null, "{told}");
        has(&told, &fields);
    }
    for (name, with_session) in [("connections", true), ("stats", false)] {
        let told = told(admin, name).await;
        assert_eq!(told["secure_connections"], json!([]));
        let connection = &told["connections"][0];
        has(
            connection,
            &json!({ "remote_socket_address": peer, "packets_received": 3, "packets_sent": 3 }),
        );
        let session = connection.get("session_id").map(|it| it == id);
        assert_eq!(session, with_session.then_some(true), "{told}");
    }
    has(
        &told(admin, "nosuch").await,
        &json!({ "command": "nosuch", "error": "Unknown command: nosuch" }),
    );
    assert!(
        asked(admin, "/commands")
            .await
            .contains("<a href=\"/commands/monitor\">monitor</a>")
    );
    member.agent.kill().await;
}
