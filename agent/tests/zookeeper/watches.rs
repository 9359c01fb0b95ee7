//! Watches are bounded, and who meets the bound is told.

use synod_jute::records::{ReadRequest, SetWatchesRequest};
use synod_jute::{ErrorCode, Request, Text, Zxid};

use crate::member::Member;

fn watch(path: &str) -> Request {
    let (path, watch) = (path.into(), true);
    Request::Exists(ReadRequest { path, watch })
}

/// A connection may have four megabytes of them here.
#[tokio::test]
async fn a_watch_beyond_the_bound_is_refused() {
    let member = Member::start(|config| config.limits.state_bytes_max = 32 << 20).await;
    let mut client = member.client().await;
    let long = |number: u32| format!("/{number}{}", "x".repeat(1 << 20));
    for number in 0..3 {
        let answer = client.ask(watch(&long(number))).await;
        assert_eq!(answer, Err(ErrorCode::NoNode), "it waits for the node");
    }
    let refused = client.ask(watch(&long(3))).await;
    assert_eq!(refused, Err(ErrorCode::ThrottledOp));
    let again = client.ask(watch(&long(0))).await;
    assert_eq!(again, Err(ErrorCode::NoNode), "what it has it keeps");
    // Others have room, but not for all that they had elsewhere: they are to find another member.
    let mut other = member.client().await;
    let many: Vec<Text> = (0..20_000)
        .map(|number| format!("/{number}").as_str().into())
        .collect();
    let set = Request::SetWatches(SetWatchesRequest {
        relative_zxid: Zxid(0),
        data_watches: Vec::new(),
        exist_watches: many,
        child_watches: Vec::new(),
    });
    other.send([set]).await;
    assert_eq!(other.next().await, None);
    member.agent.kill().await;
}
