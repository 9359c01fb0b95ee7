//! Counting a tree holds up nobody but who asked.

use synod_jute::records::PathRequest;
use synod_jute::{ErrorCode, Request, Response, Xid};

use crate::client::{create, get};
use crate::member::Member;

fn count(path: &str) -> Request {
    Request::GetAllChildrenNumber(PathRequest { path: path.into() })
}

#[tokio::test]
async fn what_is_asked_behind_a_count_is_answered_behind_it() {
    let member = Member::start(|_| {}).await;
    let mut client = member.client().await;
    client.ask(create("/a", "")).await.unwrap();
    let wide = (0..1_000).map(|number| create(&format!("/a/{number}"), ""));
    let behind = [
        count("/a"),
        get("/a"),
        create("/a/b", ""),
        count("/a"),
        count("/b"),
        get("/a"),
    ];
    client.send(wide.chain(behind)).await;
    let mut replies = Vec::new();
    for number in 2..=1_007 {
        let reply = client.next().await.expect("an answer");
        assert_eq!(reply.header.xid, Xid(number), "answers come in order");
        replies.push(reply);
    }
    let of = |number: usize| &replies[number - 2];
    assert_eq!(of(1_002).response, Response::ChildrenNumber(1_000));
    assert_eq!(of(1_005).response, Response::ChildrenNumber(1_001));
    assert_eq!(of(1_006).header.error, ErrorCode::NoNode);
    member.agent.kill().await;
}
