//! A member that stops answers what it was asked before.

use synod_jute::{Request, Response, Xid};

use crate::client::{Client, create, get};
use crate::member::Member;

/// The answers are many times what a connection may have unsent, so most are made after the stop.
#[tokio::test]
async fn what_was_asked_before_the_stop_is_answered() {
    let member = Member::start(|_| {}).await;
    let mut client = member.client().await;
    client.ask(create("/a", vec![7; 1 << 20])).await.unwrap();
    let mut idle = member.client().await;
    client.send((0..24).map(|_| get("/a"))).await;
    let stopping = tokio::spawn(member.agent.drain());
    // Who asked nothing goes first: nobody's time for the last words has run out by then.
    assert_eq!(idle.next().await, None);
    assert_eq!(count(&mut client).await, 24);
    stopping.await.unwrap();
}

async fn count(client: &mut Client) -> usize {
    let mut answered = 0;
    while let Some(reply) = client.next().await {
        assert!(matches!(reply.response, Response::Data(_)));
        answered += 1;
    }
    answered
}

/// A ping is answered by way of the leader, and what is asked behind it comes after that.
#[tokio::test]
async fn what_was_asked_behind_pings_is_answered_too() {
    let member = Member::start(|_| {}).await;
    let mut client = member.client().await;
    let pairs = (0..300).flat_map(|_| [Request::Ping, get("/")]);
    client.send(pairs).await;
    let answers = async {
        let mut last = None;
        while let Some(reply) = client.next().await {
            last = Some(reply.header.xid);
        }
        last
    };
    let (last, ()) = tokio::join!(answers, member.agent.drain());
    assert_eq!(last, Some(Xid(600)));
}
