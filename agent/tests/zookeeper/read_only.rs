//! What a member without a leader tells clients that are content to read.

use bytes::Bytes;
use synod_jute::records::ConnectRequest;
use synod_jute::{ErrorCode, Zxid};

use crate::client::{Client, create, get};
use crate::member::Member;

#[tokio::test]
async fn a_member_alone_serves_who_has_seen_no_more_than_it() {
    let mut members = Member::three().await;
    let member = members.remove(0);
    let mut client = member.client().await;
    client.ask(create("/a", "")).await.unwrap();
    let of = client.session.clone();
    for other in members {
        other.agent.kill().await;
    }
    let alone = |status: &synod_agent_api::Status| status.leader.is_none();
    member.until("alone", alone).await;
    let ask = |change: fn(&mut ConnectRequest)| {
        let mut request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: Zxid(0),
            timeout_ms: 30_000,
            session_id: of.session_id,
            password: of.password.clone(),
            read_only: Some(true),
        };
        change(&mut request);
        let address = member.agent.addresses().client;
        async move { Client::open(address, &request).await }
    };
    let mut kept = ask(|_| {}).await.expect("served");
    assert_eq!(kept.session.session_id, of.session_id);
    assert_eq!(kept.session.read_only, Some(true));
    kept.ask(get("/a")).await.unwrap();
    assert_eq!(
        kept.ask(create("/b", "")).await,
        Err(ErrorCode::NotReadOnly)
    );
    let thief = ask(|request| request.password = Some(Bytes::from_static(b"a guess"))).await;
    assert_ne!(thief.expect("served").session.session_id, of.session_id);
    let ahead = ask(|request| request.last_zxid_seen = Zxid(1 << 40)).await;
    assert!(
        ahead.is_none(),
        "it is to find a member that has seen as much"
    );
    member.agent.kill().await;
}
