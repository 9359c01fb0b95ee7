use synod_proto::etcdserverpb::lease_client::LeaseClient;
use synod_proto::etcdserverpb::{
    LeaseGrantRequest, LeaseKeepAliveRequest, LeaseLeasesRequest, LeaseRevokeRequest,
    LeaseTimeToLiveRequest, PutRequest,
};

use super::{Served, bytes};

#[tokio::test]
async fn a_lease_from_grant_to_revocation() {
    let served = Served::start().await;
    let mut lease = LeaseClient::new(served.channel());
    let granted = lease
        .lease_grant(LeaseGrantRequest { ttl: 60, id: 0 })
        .await;
    let granted = granted.expect("a lease").into_inner();
    assert!(granted.id > 0 && granted.ttl == 60, "{granted:?}");
    let id = granted.id;
    let put = PutRequest {
        key: bytes("a"),
        lease: id,
        ..PutRequest::default()
    };
    served.kv().put(put).await.expect("a put");
    let left = LeaseTimeToLiveRequest { id, keys: true };
    let left = lease
        .lease_time_to_live(left)
        .await
        .expect("time")
        .into_inner();
    assert!((58..=60).contains(&left.ttl), "{left:?}");
    assert_eq!((left.granted_ttl, left.keys), (60, vec![bytes("a")]));
    let all = lease
        .lease_leases(LeaseLeasesRequest {})
        .await
        .expect("leases")
        .into_inner();
    assert_eq!(all.leases.iter().map(|l| l.id).collect::<Vec<_>>(), [id]);
    lease
        .lease_revoke(LeaseRevokeRequest { id })
        .await
        .expect("a revocation");
    assert_eq!(served.get("a").await, None);
    let gone = LeaseTimeToLiveRequest { id, keys: true };
    let gone = lease
        .lease_time_to_live(gone)
        .await
        .expect("time")
        .into_inner();
    assert_eq!((gone.id, gone.ttl, gone.granted_ttl), (id, -1, 0));
    assert_eq!(gone.header.expect("a header").revision, 3);
}

#[tokio::test]
async fn keep_alives_are_answered_in_order() {
    let served = Served::start().await;
    let mut lease = LeaseClient::new(served.channel());
    for id in 1..=40 {
        let grant = LeaseGrantRequest { ttl: 60 + id, id };
        lease.lease_grant(grant).await.expect("a lease");
    }
    // Leases 41 to 50 do not exist.
    let requests = futures::stream::iter((1..=50).map(|id| LeaseKeepAliveRequest { id }));
    let mut answers = lease
        .lease_keep_alive(requests)
        .await
        .expect("a stream")
        .into_inner();
    for id in 1..=50 {
        let answer = answers
            .message()
            .await
            .expect("a message")
            .expect("an answer");
        let ttl = if id <= 40 { 60 + id } else { 0 };
        assert_eq!((answer.id, answer.ttl), (id, ttl));
        assert_eq!(answer.header.expect("a header").revision, 1);
    }
    assert_eq!(answers.message().await.expect("an end"), None);
}
