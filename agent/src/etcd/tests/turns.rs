use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use futures::poll;
use synod_proto::etcdserverpb::lease_client::LeaseClient;
use synod_proto::etcdserverpb::{LeaseGrantRequest, LeaseRevokeRequest};
use synod_proto::v3electionpb::election_client::ElectionClient;
use synod_proto::v3electionpb::{CampaignRequest, LeaderRequest, ProclaimRequest, ResignRequest};
use synod_proto::v3lockpb::lock_client::LockClient;
use synod_proto::v3lockpb::{LockRequest, UnlockRequest};

use super::{Served, bytes, said};

async fn lease(served: &Served, id: i64) {
    let grant = LeaseGrantRequest { ttl: 600, id };
    LeaseClient::new(served.channel())
        .lease_grant(grant)
        .await
        .expect("a lease");
}

async fn revoke(served: &Served, id: i64) {
    let revoke = LeaseRevokeRequest { id };
    LeaseClient::new(served.channel())
        .lease_revoke(revoke)
        .await
        .expect("a revocation");
}

/// Waits until a key exists, then finds that `waiting` still waits.
async fn still_waits<F: Future>(served: &Served, key: &str, mut waiting: std::pin::Pin<&mut F>) {
    while served.get(key).await.is_none() {
        assert!(poll!(waiting.as_mut()).is_pending(), "{key} has its turn");
    }
    assert!(
        matches!(poll!(waiting.as_mut()), Poll::Pending),
        "{key} has its turn"
    );
}

#[tokio::test]
async fn locks_are_taken_in_turn() {
    let served = Served::start().await;
    for id in [0xa, 0xb, 0xc] {
        lease(&served, id).await;
    }
    let ask = |lease| LockRequest {
        name: bytes("l"),
        lease,
    };
    let mut clients: Vec<_> = (0..3).map(|_| LockClient::new(served.channel())).collect();
    let [first, second, third] = &mut clients[..] else {
        panic!("three clients")
    };
    let held = first.lock(ask(0xa)).await.expect("a lock").into_inner();
    assert_eq!(held.key, "l/a");
    let mut second = pin!(second.lock(ask(0xb)));
    still_waits(&served, "l/b", second.as_mut()).await;
    let mut third = pin!(third.lock(ask(0xc)));
    still_waits(&served, "l/c", third.as_mut()).await;
    let unlock = UnlockRequest { key: held.key };
    LockClient::new(served.channel())
        .unlock(unlock)
        .await
        .expect("an unlock");
    assert_eq!(second.await.expect("a lock").into_inner().key, "l/b");
    assert!(poll!(third.as_mut()).is_pending());
    revoke(&served, 0xb).await;
    assert_eq!(third.await.expect("a lock").into_inner().key, "l/c");
}

#[tokio::test]
async fn a_lock_lost_while_waiting_is_not_given() {
    let served = Served::start().await;
    lease(&served, 0xa).await;
    lease(&served, 0xb).await;
    let ask = |lease| LockRequest {
        name: bytes("l"),
        lease,
    };
    LockClient::new(served.channel())
        .lock(ask(0xa))
        .await
        .expect("a lock");
    let mut client = LockClient::new(served.channel());
    let mut second = pin!(client.lock(ask(0xb)));
    still_waits(&served, "l/b", second.as_mut()).await;
    revoke(&served, 0xb).await;
    revoke(&served, 0xa).await;
    assert_eq!(said(second.await).1, "mutex: session is expired");
}

#[tokio::test]
async fn whoever_goes_away_leaves_no_claim() {
    let served = Served::start().await;
    lease(&served, 0xa).await;
    lease(&served, 0xb).await;
    let ask = |lease| LockRequest {
        name: bytes("l"),
        lease,
    };
    LockClient::new(served.channel())
        .lock(ask(0xa))
        .await
        .expect("a lock");
    {
        let mut client = LockClient::new(served.channel());
        let mut second = pin!(client.lock(ask(0xb)));
        still_waits(&served, "l/b", second.as_mut()).await;
    }
    while served.get("l/b").await.is_some() {}
}

#[tokio::test]
async fn elections() {
    let served = Served::start().await;
    lease(&served, 0xa).await;
    lease(&served, 0xb).await;
    let ask = |lease, value: &str| CampaignRequest {
        name: bytes("e"),
        lease,
        value: bytes(value),
    };
    let who = LeaderRequest { name: bytes("e") };
    let mut election = ElectionClient::new(served.channel());
    assert_eq!(
        said(election.leader(who.clone()).await).1,
        "election: no leader"
    );
    let won = election
        .campaign(ask(0xa, "one"))
        .await
        .expect("an election")
        .into_inner();
    let one = won.leader.expect("a leader");
    assert_eq!(
        (one.key.clone(), one.rev, one.lease),
        (bytes("e/a"), 2, 0xa)
    );
    let mut observed = election
        .observe(who.clone())
        .await
        .expect("a stream")
        .into_inner();
    let mut next = async || {
        let answer = observed
            .message()
            .await
            .expect("a stream")
            .expect("a leader");
        String::from_utf8_lossy(&answer.kv.expect("a key").value).into_owned()
    };
    assert_eq!(next().await, "one");
    let mut rival = ElectionClient::new(served.channel());
    let mut rival = pin!(rival.campaign(ask(0xb, "two")));
    still_waits(&served, "e/b", rival.as_mut()).await;
    let proclaim = ProclaimRequest {
        leader: Some(one.clone()),
        value: bytes("one again"),
    };
    election.proclaim(proclaim.clone()).await.expect("it leads");
    assert_eq!(next().await, "one again");
    election
        .resign(ResignRequest { leader: Some(one) })
        .await
        .expect("it leads");
    rival.await.expect("an election");
    assert_eq!(next().await, "two");
    let leader = election.leader(who).await.expect("a leader").into_inner();
    assert_eq!(leader.kv.expect("a key").value, "two");
    assert_eq!(
        said(election.proclaim(proclaim).await).1,
        "election: not leader"
    );
    let nobody = said(election.resign(ResignRequest::default()).await);
    assert_eq!(nobody.1, "\"leader\" field must be provided");
}
