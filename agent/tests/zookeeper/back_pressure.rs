//! What waits on connections is bounded, by each and by all together.

use bytes::Bytes;
use synod_jute::{Response, Xid};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::client::{Client, create, get};
use crate::member::{Member, NEVER};

const MIB: usize = 1 << 20;

/// Answers that do not fit into what a connection may have unsent are made as its client reads.
#[tokio::test]
async fn who_asks_ahead_and_reads_late_is_answered_everything() {
    let member = Member::start(|_| {}).await;
    let mut client = member.client().await;
    client.ask(create("/a", vec![7; MIB])).await.unwrap();
    client.send((0..100).map(|_| get("/a"))).await;
    // Others are served meanwhile.
    member.client().await.ask(get("/a")).await.unwrap();
    assert_all_answered(&mut client, 100).await;
    member.agent.kill().await;
}

async fn assert_all_answered(client: &mut Client, count: i32) {
    for number in 0..count {
        let reply = client.next().await;
        let reply = reply.unwrap_or_else(|| panic!("cut off before answer {number}"));
        assert_eq!(reply.header.xid, Xid(2 + number));
        let Response::Data(data) = reply.response else {
            panic!("no data: {:?}", reply.header);
        };
        assert_eq!(data.data.map_or(0, |data| data.len()), MIB);
    }
}

/// The member has 16 MiB for all connections, of which each of nine may hold less than one by all means.
#[tokio::test]
async fn frames_that_are_not_whole_take_no_more_than_all_may_hold() {
    let member = Member::start(|config| config.limits.state_bytes_max = 32 << 20).await;
    let mut modest = member.client().await;
    modest.ask(create("/a", Bytes::new())).await.unwrap();
    let mut greedy = Vec::new();
    for _ in 0..8 {
        let mut client = member.client().await;
        let mut part = vec![0; 3 * MIB];
        part[..4].copy_from_slice(&(4 * MIB as u32).to_be_bytes());
        // It may be sent away before all is written.
        let _ = client.stream.write_all(&part).await;
        greedy.push(client.stream);
    }
    let mut gone = 0;
    for stream in &mut greedy {
        let word = stream.read_u8();
        let ended = timeout(std::time::Duration::from_millis(200), word).await;
        gone += usize::from(ended.is_ok());
    }
    assert!((1..=4).contains(&gone), "{gone} of 8 were sent away");
    modest.ask(get("/a")).await.unwrap();
    drop(greedy);
    let again = async {
        let mut client = member.client().await;
        client.ask(create("/b", vec![7; 3 * MIB])).await.unwrap();
    };
    timeout(NEVER, again).await.unwrap();
    member.agent.kill().await;
}
