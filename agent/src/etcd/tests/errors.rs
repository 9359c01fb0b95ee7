use std::pin::pin;
use std::time::Duration;

use expect_test::expect;
use futures::poll;
use synod_agent_api::Role;
use synod_proto::etcdserverpb::kv_client::KvClient;
use synod_proto::etcdserverpb::watch_client::WatchClient;
use synod_proto::etcdserverpb::{
    CompactionRequest, Compare, DeleteRangeRequest, LeaseGrantRequest, LeaseRevokeRequest,
    PutRequest, RangeRequest, RequestOp, TxnRequest, lease_client::LeaseClient, request_op,
};
use synod_replica::Refusal;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request};

use super::solo::Solo;
use super::{Served, bytes, said};
use crate::etcd::errors::refused;
use crate::etcd::{EtcdError, Settings};

#[test]
fn every_error() {
    let lines: Vec<String> = EtcdError::ALL
        .iter()
        .map(|error| format!("{error:?} {:?} {}", error.code(), error.words()))
        .collect();
    let expected = expect![[r#"
        EmptyKey InvalidArgument etcdserver: key is not provided
        KeyNotFound InvalidArgument etcdserver: key not found
        ValueProvided InvalidArgument etcdserver: value is provided
        LeaseProvided InvalidArgument etcdserver: lease is provided
        TooManyOps InvalidArgument etcdserver: too many operations in txn request
        DuplicateKey InvalidArgument etcdserver: duplicate key given in txn request
        InvalidClientApiVersion InvalidArgument etcdserver: invalid client api version
        InvalidSortOption InvalidArgument etcdserver: invalid sort option
        Compacted OutOfRange etcdserver: mvcc: required revision has been compacted
        FutureRev OutOfRange etcdserver: mvcc: required revision is a future revision
        NoSpace ResourceExhausted etcdserver: mvcc: database space exceeded
        LeaseNotFound NotFound etcdserver: requested lease not found
        LeaseExist FailedPrecondition etcdserver: lease already exists
        LeaseTtlTooLarge OutOfRange etcdserver: too large lease TTL
        WatchCanceled Cancelled etcdserver: watch canceled
        MemberExist FailedPrecondition etcdserver: member ID already exist
        PeerUrlExist FailedPrecondition etcdserver: Peer URLs already exists
        MemberNotEnoughStarted FailedPrecondition etcdserver: re-configuration failed due to not enough started members
        MemberBadUrls InvalidArgument etcdserver: given member URLs are invalid
        MemberNotFound NotFound etcdserver: member not found
        MemberNotLearner FailedPrecondition etcdserver: can only promote a learner member
        LearnerNotReady FailedPrecondition etcdserver: can only promote a learner member which is in sync with leader
        RequestTooLarge InvalidArgument etcdserver: request is too large
        TooManyRequests ResourceExhausted etcdserver: too many requests
        RootUserNotExist FailedPrecondition etcdserver: root user does not exist
        UserNotFound FailedPrecondition etcdserver: user name not found
        RoleNotFound FailedPrecondition etcdserver: role name not found
        AuthNotEnabled FailedPrecondition etcdserver: authentication is not enabled
        NoLeader Unavailable etcdserver: no leader
        NotLeader FailedPrecondition etcdserver: not leader
        LeaderChanged Unavailable etcdserver: leader changed
        Stopped Unavailable etcdserver: server stopped
        Timeout Unavailable etcdserver: request timed out
        Unhealthy Unavailable etcdserver: unhealthy cluster
        Corrupt DataLoss etcdserver: corrupt cluster
        NotSupportedForLearner FailedPrecondition etcdserver: rpc not supported for learner
        BadLeaderTransferee FailedPrecondition etcdserver: bad leader transferee
        TimeoutLeaderTransfer Unknown etcdserver: request timed out, leader transfer took too long
        WrongDowngradeVersionFormat InvalidArgument etcdserver: wrong downgrade target version format
        InvalidDowngradeTargetVersion InvalidArgument etcdserver: invalid downgrade target version
        NotAFence InvalidArgument synod: what is put on a fence is a token of 16 bytes without a lease
        OlderToken FailedPrecondition synod: the token is older than the one that the fence holds"#]];
    expected.assert_eq(&lines.join("\n"));
}

async fn put_error(served: &Served, request: PutRequest) -> (Code, String) {
    said(served.kv().put(request).await)
}

#[tokio::test]
async fn what_is_refused_by_itself() {
    let served = Served::start().await;
    let put = |key: &str| PutRequest {
        key: bytes(key),
        ..PutRequest::default()
    };
    let table = [
        (put(""), EtcdError::EmptyKey),
        (
            PutRequest {
                ignore_value: true,
                value: bytes("v"),
                ..put("a")
            },
            EtcdError::ValueProvided,
        ),
        (
            PutRequest {
                ignore_lease: true,
                lease: 1,
                ..put("a")
            },
            EtcdError::LeaseProvided,
        ),
        (
            PutRequest {
                ignore_value: true,
                ..put("a")
            },
            EtcdError::KeyNotFound,
        ),
        (
            PutRequest {
                ignore_lease: true,
                ..put("a")
            },
            EtcdError::KeyNotFound,
        ),
        (
            PutRequest {
                lease: 77,
                ..put("a")
            },
            EtcdError::LeaseNotFound,
        ),
        (
            PutRequest {
                value: vec![0; 1_600_000].into(),
                ..put("a")
            },
            EtcdError::RequestTooLarge,
        ),
    ];
    for (request, error) in table {
        let answer = put_error(&served, request).await;
        assert_eq!(answer, (error.code(), error.words().to_owned()));
    }
    let (code, words) = put_error(
        &served,
        PutRequest {
            value: vec![0; 3 << 20].into(),
            ..put("a")
        },
    )
    .await;
    assert_eq!(code, Code::ResourceExhausted, "{words}");
    assert!(
        words.starts_with("grpc: received message larger than max"),
        "{words}"
    );
}

#[tokio::test]
async fn ranges_that_are_refused() {
    let served = Served::start().await;
    for value in ["1", "2", "3"] {
        served.put("a", value).await;
    }
    let compaction = CompactionRequest {
        revision: 3,
        physical: false,
    };
    served.kv().compact(compaction).await.expect("a compaction");
    let range = |key: &str| RangeRequest {
        key: bytes(key),
        ..RangeRequest::default()
    };
    let table = [
        (range(""), EtcdError::EmptyKey),
        (
            RangeRequest {
                sort_order: 9,
                ..range("a")
            },
            EtcdError::InvalidSortOption,
        ),
        (
            RangeRequest {
                sort_target: 9,
                ..range("a")
            },
            EtcdError::InvalidSortOption,
        ),
        (
            RangeRequest {
                revision: 2,
                ..range("a")
            },
            EtcdError::Compacted,
        ),
        (
            RangeRequest {
                revision: 99,
                ..range("a")
            },
            EtcdError::FutureRev,
        ),
    ];
    for (request, error) in table {
        let answer = said(served.kv().range(request).await);
        assert_eq!(answer, (error.code(), error.words().to_owned()));
    }
    let table = [(2, EtcdError::Compacted), (99, EtcdError::FutureRev)];
    for (revision, error) in table {
        let answer = said(
            served
                .kv()
                .compact(CompactionRequest {
                    revision,
                    physical: false,
                })
                .await,
        );
        assert_eq!(answer, (error.code(), error.words().to_owned()));
    }
    let delete = said(
        served
            .kv()
            .delete_range(DeleteRangeRequest::default())
            .await,
    );
    assert_eq!(delete.1, EtcdError::EmptyKey.words());
}

#[tokio::test]
async fn transactions_that_are_refused() {
    let served = Served::start().await;
    let put = |key: &str| RequestOp {
        request: Some(request_op::Request::RequestPut(PutRequest {
            key: bytes(key),
            ..PutRequest::default()
        })),
    };
    let delete = |key: &str, end: &str| RequestOp {
        request: Some(request_op::Request::RequestDeleteRange(
            DeleteRangeRequest {
                key: bytes(key),
                range_end: bytes(end),
                prev_kv: false,
            },
        )),
    };
    let nested = |ops: Vec<RequestOp>| RequestOp {
        request: Some(request_op::Request::RequestTxn(TxnRequest {
            success: ops,
            ..TxnRequest::default()
        })),
    };
    let many = |count: usize| (0..count).map(|n| put(&n.to_string())).collect::<Vec<_>>();
    let table = [
        (many(129), EtcdError::TooManyOps),
        (vec![nested(many(128))], EtcdError::TooManyOps),
        (vec![put("a"), put("a")], EtcdError::DuplicateKey),
        (vec![put("b"), delete("a", "c")], EtcdError::DuplicateKey),
        (
            vec![put("a"), nested(vec![put("a")])],
            EtcdError::DuplicateKey,
        ),
        (vec![put("")], EtcdError::EmptyKey),
        (vec![RequestOp::default()], EtcdError::KeyNotFound),
    ];
    for (success, error) in table {
        let request = TxnRequest {
            success,
            ..TxnRequest::default()
        };
        let answer = said(served.kv().txn(request).await);
        assert_eq!(answer, (error.code(), error.words().to_owned()));
    }
    let request = TxnRequest {
        compare: vec![Compare::default()],
        ..TxnRequest::default()
    };
    assert_eq!(
        said(served.kv().txn(request).await).1,
        EtcdError::EmptyKey.words()
    );
    let fits = TxnRequest {
        success: many(128),
        ..TxnRequest::default()
    };
    served
        .kv()
        .txn(fits)
        .await
        .expect("a transaction of the largest size");
}

#[tokio::test]
async fn leases_that_are_refused() {
    let served = Served::start().await;
    let mut lease = LeaseClient::new(served.channel());
    let grant = LeaseGrantRequest { ttl: 10, id: 5 };
    lease.lease_grant(grant).await.expect("a lease");
    let table = [
        (LeaseGrantRequest { ttl: 10, id: 5 }, EtcdError::LeaseExist),
        (
            LeaseGrantRequest {
                ttl: 9_000_000_001,
                id: 6,
            },
            EtcdError::LeaseTtlTooLarge,
        ),
    ];
    for (request, error) in table {
        let answer = said(lease.lease_grant(request).await);
        assert_eq!(answer, (error.code(), error.words().to_owned()));
    }
    let answer = said(lease.lease_revoke(LeaseRevokeRequest { id: 99 }).await);
    assert_eq!(answer.1, EtcdError::LeaseNotFound.words());
}

#[tokio::test]
async fn what_the_driver_refuses() {
    let served = Served::start().await;
    let refusals = [
        Refusal::NoLeader,
        Refusal::TimedOut,
        Refusal::Overloaded,
        Refusal::Stopped,
        Refusal::TooLarge,
        Refusal::LeaderChanged,
    ];
    for refusal in refusals {
        served.solo.refuse(Some(refusal));
        let error = refused(refusal);
        let expected = (error.code(), error.words().to_owned());
        let put = PutRequest {
            key: bytes("a"),
            ..PutRequest::default()
        };
        assert_eq!(said(served.kv().put(put).await), expected);
        let range = RangeRequest {
            key: bytes("a"),
            ..RangeRequest::default()
        };
        assert_eq!(said(served.kv().range(range.clone()).await), expected);
        let stale = RangeRequest {
            serializable: true,
            ..range
        };
        served
            .kv()
            .range(stale)
            .await
            .expect("a stale read needs nobody");
    }
}

#[tokio::test]
async fn leaders_and_learners() {
    let served = Served::start().await;
    let range = RangeRequest {
        key: bytes("a"),
        ..RangeRequest::default()
    };
    let mut wanting = Request::new(range.clone());
    let yes = MetadataValue::from_static("true");
    wanting.metadata_mut().insert("hasleader", yes);
    served.kv().range(wanting).await.expect("there is a leader");
    served.solo.become_role(Role::Follower, None);
    let mut wanting = Request::new(range.clone());
    let yes = MetadataValue::from_static("true");
    wanting.metadata_mut().insert("hasleader", yes);
    let answer = said(served.kv().range(wanting).await);
    assert_eq!(
        answer,
        (Code::Unavailable, EtcdError::NoLeader.words().to_owned())
    );
    served.solo.become_role(Role::Learner, Some(2));
    let learner = (
        Code::FailedPrecondition,
        EtcdError::NotSupportedForLearner.words().to_owned(),
    );
    assert_eq!(said(served.kv().range(range.clone()).await), learner);
    let put = PutRequest {
        key: bytes("a"),
        ..PutRequest::default()
    };
    assert_eq!(said(served.kv().put(put).await), learner);
    let stale = RangeRequest {
        serializable: true,
        ..range
    };
    served
        .kv()
        .range(stale)
        .await
        .expect("a learner answers stale reads");
}

/// The Go client ends a watch, or takes a lease for lost, at any other code.
#[tokio::test]
async fn a_learner_sends_streams_elsewhere() {
    let served = Served::start().await;
    served.solo.become_role(Role::Learner, Some(2));
    let elsewhere = (
        Code::Unavailable,
        EtcdError::NotSupportedForLearner.words().to_owned(),
    );
    let mut watch = WatchClient::new(served.channel());
    let watched = watch.watch(futures::stream::empty()).await;
    assert_eq!(said(watched), elsewhere);
    let mut lease = LeaseClient::new(served.channel());
    let kept = lease.lease_keep_alive(futures::stream::empty()).await;
    assert_eq!(said(kept), elsewhere);
}

#[tokio::test]
async fn bounds_are_settings() {
    let settings = Settings {
        request_bytes_max: 1000,
        txn_ops_max: 1,
        ..Settings::default()
    };
    let served = Served::with(settings).await;
    let put = PutRequest {
        key: bytes("a"),
        value: vec![0; 1000].into(),
        ..PutRequest::default()
    };
    assert_eq!(
        put_error(&served, put).await.1,
        EtcdError::RequestTooLarge.words()
    );
    let request = TxnRequest {
        success: vec![RequestOp::default(); 2],
        ..TxnRequest::default()
    };
    assert_eq!(
        said(KvClient::new(served.channel()).txn(request).await).1,
        EtcdError::KeyNotFound.words()
    );
}

#[tokio::test]
async fn clients_are_met_when_a_leader_is_known() {
    let solo = Solo::start();
    solo.become_role(Role::Follower, None);
    let settings = Settings {
        no_leader_grace: Duration::from_secs(600),
        ..Settings::default()
    };
    let served = Served::over(solo, settings).await;
    let mut early = pin!(served.get("a"));
    for _ in 0..100 {
        assert!(poll!(early.as_mut()).is_pending());
        tokio::task::yield_now().await;
    }
    served.solo.become_role(Role::Follower, Some(2));
    assert_eq!(early.await, None);
}
