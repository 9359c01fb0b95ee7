use synod_proto::etcdserverpb::compare::{CompareResult, CompareTarget, TargetUnion};
use synod_proto::etcdserverpb::range_request::{SortOrder, SortTarget};
use synod_proto::etcdserverpb::{
    CompactionRequest, Compare, DeleteRangeRequest, PutRequest, RangeRequest, RequestOp,
    TxnRequest, request_op, response_op,
};

use super::{Served, bytes, said};
use crate::etcd::ids::member_id;
use crate::etcd::tests::solo::CLUSTER;
use tonic::Code;

fn op(request: request_op::Request) -> RequestOp {
    RequestOp {
        request: Some(request),
    }
}

fn put(key: &str, value: &str) -> RequestOp {
    op(request_op::Request::RequestPut(PutRequest {
        key: bytes(key),
        value: bytes(value),
        ..PutRequest::default()
    }))
}

#[tokio::test]
async fn headers_show_who_answered_and_when() {
    let served = Served::start().await;
    let request = PutRequest {
        key: bytes("a"),
        ..PutRequest::default()
    };
    let answer = served.kv().put(request).await.expect("a put").into_inner();
    let header = answer.header.expect("a header");
    assert_eq!(header.cluster_id, 0x1122_3344_5566_7788);
    assert_eq!(header.member_id, member_id(CLUSTER, 1));
    assert_eq!((header.revision, header.raft_term), (2, 7));
}

#[tokio::test]
async fn puts_ranges_and_deletes() {
    let served = Served::start().await;
    let mut kv = served.kv();
    served.put("a", "1").await;
    let again = PutRequest {
        key: bytes("a"),
        value: bytes("2"),
        prev_kv: true,
        ..PutRequest::default()
    };
    let again = kv.put(again).await.expect("a put").into_inner();
    assert_eq!(again.prev_kv.expect("the key before").value, "1");
    for key in ["b", "c", "d"] {
        served.put(key, key).await;
    }
    let all = RangeRequest {
        key: bytes("a"),
        range_end: bytes("\0"),
        limit: 2,
        sort_order: SortOrder::Descend.into(),
        sort_target: SortTarget::Mod.into(),
        ..RangeRequest::default()
    };
    let all = kv.range(all).await.expect("a range").into_inner();
    let keys: Vec<_> = all.kvs.iter().map(|kv| kv.key.clone()).collect();
    assert_eq!(
        (keys, all.more, all.count),
        (vec![bytes("d"), bytes("c")], true, 4)
    );
    let past = RangeRequest {
        key: bytes("a"),
        revision: 2,
        ..RangeRequest::default()
    };
    let past = kv.range(past).await.expect("a range").into_inner();
    assert_eq!(past.kvs[0].value, "1");
    assert_eq!(past.header.expect("a header").revision, 6);
    let delete = DeleteRangeRequest {
        key: bytes("b"),
        range_end: bytes("d"),
        prev_kv: true,
    };
    let deleted = kv
        .delete_range(delete)
        .await
        .expect("a delete")
        .into_inner();
    assert_eq!((deleted.deleted, deleted.prev_kvs.len()), (2, 2));
    assert_eq!(served.get("b").await, None);
}

#[tokio::test]
async fn large_ranges_are_read_whole() {
    let served = Served::start().await;
    for group in 0..10 {
        let success = (0..100)
            .map(|n| put(&format!("k{group}{n:02}"), "v"))
            .collect();
        let request = TxnRequest {
            success,
            ..TxnRequest::default()
        };
        served.kv().txn(request).await.expect("a transaction");
    }
    for serializable in [false, true] {
        let request = RangeRequest {
            key: bytes("k"),
            range_end: bytes("l"),
            serializable,
            ..RangeRequest::default()
        };
        let answer = served
            .kv()
            .range(request)
            .await
            .expect("a range")
            .into_inner();
        assert_eq!((answer.count, answer.kvs.len()), (1000, 1000));
    }
    let all = RangeRequest {
        key: bytes("k"),
        range_end: bytes("l"),
        ..RangeRequest::default()
    };
    let reading = TxnRequest {
        success: vec![op(request_op::Request::RequestRange(all))],
        ..TxnRequest::default()
    };
    let read = served.kv().txn(reading).await;
    let read = read.expect("a transaction").into_inner();
    let Some(response_op::Response::ResponseRange(seen)) = &read.responses[0].response else {
        panic!("no range: {read:?}");
    };
    assert_eq!(seen.kvs.len(), 1000);
    assert_eq!(read.header.expect("a header").revision, 11);
}

#[tokio::test]
async fn transactions() {
    let served = Served::start().await;
    served.put("a", "1").await;
    let compare = Compare {
        result: CompareResult::Equal.into(),
        target: CompareTarget::Value.into(),
        key: bytes("a"),
        target_union: Some(TargetUnion::Value(bytes("1"))),
        ..Compare::default()
    };
    let range = |key: &str| {
        op(request_op::Request::RequestRange(RangeRequest {
            key: bytes(key),
            ..RangeRequest::default()
        }))
    };
    let request = TxnRequest {
        compare: vec![compare],
        success: vec![put("a", "2"), range("a")],
        failure: vec![put("a", "3")],
    };
    let first = served
        .kv()
        .txn(request.clone())
        .await
        .expect("a transaction")
        .into_inner();
    assert!(first.succeeded);
    assert_eq!(first.header.expect("a header").revision, 3);
    let Some(response_op::Response::ResponseRange(seen)) = &first.responses[1].response else {
        panic!("no range: {first:?}");
    };
    assert_eq!(seen.kvs[0].value, "2");
    let inner = seen.header.as_ref().expect("a header");
    assert_eq!((inner.revision, inner.cluster_id), (3, 0));
    let second = served
        .kv()
        .txn(request)
        .await
        .expect("a transaction")
        .into_inner();
    assert!(!second.succeeded);
    let reading = TxnRequest {
        success: vec![range("a"), range("nothing")],
        ..TxnRequest::default()
    };
    let read = served
        .kv()
        .txn(reading)
        .await
        .expect("a transaction")
        .into_inner();
    assert_eq!(
        (
            read.header.expect("a header").revision,
            read.responses.len()
        ),
        (4, 2)
    );
}

/// Whoever is refused by a fence is told with which token, and by which.
#[tokio::test]
async fn fences() {
    let served = Served::start().await;
    let fenced = |token: u128, value: &str| {
        let fence = PutRequest {
            key: bytes("synod.dev/fence/locks/a"),
            value: token.to_be_bytes().to_vec().into(),
            ..PutRequest::default()
        };
        TxnRequest {
            success: vec![op(request_op::Request::RequestPut(fence)), put("a", value)],
            ..TxnRequest::default()
        }
    };
    let mut kv = served.kv();
    kv.txn(fenced(1, "one")).await.expect("the first holder");
    kv.txn(fenced(0x12, "two"))
        .await
        .expect("the second holder");
    let late = said(kv.txn(fenced(1, "three")).await);
    let words = "synod: the token 00000000000000000000000000000001 is older than \
                 00000000000000000000000000000012, which the fence holds";
    assert_eq!(late, (Code::FailedPrecondition, words.to_owned()));
    assert_eq!(served.get("a").await.as_deref(), Some("two"));
    let no_token = PutRequest {
        key: bytes("synod.dev/fence/locks/a"),
        value: bytes("token"),
        ..PutRequest::default()
    };
    let words = "synod: a fence holds a token of 16 bytes; the value has 5";
    let refused = said(kv.put(no_token).await);
    assert_eq!(refused, (Code::InvalidArgument, words.to_owned()));
}

#[tokio::test]
async fn compaction() {
    let served = Served::start().await;
    for value in ["1", "2", "3"] {
        served.put("a", value).await;
    }
    let request = CompactionRequest {
        revision: 3,
        physical: true,
    };
    let answer = served
        .kv()
        .compact(request)
        .await
        .expect("a compaction")
        .into_inner();
    assert_eq!(answer.header.expect("a header").revision, 4);
    assert_eq!(served.get("a").await.as_deref(), Some("3"));
}
