//! Events of what a client may not read are not for it.

use bytes::Bytes;
use synod_jute::records::{Acl, AuthRequest, CreateRequest, ReadRequest, SetDataRequest};
use synod_jute::{Reply, Request, Response, Xid};

use crate::client::create;
use crate::member::Member;

fn watch(path: &str) -> Request {
    let (path, watch) = (path.into(), true);
    Request::Exists(ReadRequest { path, watch })
}

fn set(path: &str) -> Request {
    Request::SetData(SetDataRequest {
        path: path.into(),
        data: None,
        version: -1,
    })
}

#[tokio::test]
async fn only_who_may_read_a_node_hears_that_it_changed() {
    let member = Member::start(|_| {}).await;
    let mut owner = member.client().await;
    let auth = Request::Auth(AuthRequest {
        kind: 0,
        scheme: Some("digest".into()),
        auth: Some(Bytes::from_static(b"u:p")),
    });
    owner.send([auth]).await;
    assert_eq!(owner.next().await.unwrap().header.xid, Xid::AUTH);
    let secret = Request::Create(CreateRequest {
        path: "/secret".into(),
        data: None,
        acl: Some(vec![Acl::new(31, "auth", "")]),
        flags: 0,
    });
    owner.ask(secret).await.unwrap();
    owner.ask(create("/open", "")).await.unwrap();
    let mut stranger = member.client().await;
    for client in [&mut owner, &mut stranger] {
        // What a stranger may know is that the node is there.
        client.ask(watch("/secret")).await.unwrap();
        client.ask(watch("/open")).await.unwrap();
    }
    owner.send([set("/secret"), set("/open")]).await;
    assert_eq!(path(stranger.next().await).as_deref(), Some("/open"));
    let heard = [owner.next().await, owner.next().await].map(path);
    assert!(heard.contains(&Some("/secret".to_owned())), "{heard:?}");
    member.agent.kill().await;
}

fn path(reply: Option<Reply>) -> Option<String> {
    match reply?.response {
        Response::Event(event) => Some(event.path.as_str().to_owned()),
        _ => None,
    }
}
