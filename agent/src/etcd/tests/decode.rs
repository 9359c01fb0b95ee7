use synod_kv::{CompareResult, CompareTarget, End, KeyRange, Op, SortOrder, SortTarget};
use synod_proto::etcdserverpb as pb;
use synod_proto::etcdserverpb::compare::TargetUnion;

use super::bytes;
use crate::etcd::decode;
use crate::etcd::errors::EtcdError;

#[test]
fn ranges() {
    let wire = pb::RangeRequest {
        key: bytes("a"),
        range_end: bytes("c"),
        limit: 1,
        revision: 2,
        sort_order: 2,
        sort_target: 4,
        serializable: true,
        keys_only: true,
        count_only: true,
        min_mod_revision: 3,
        max_mod_revision: 4,
        min_create_revision: 5,
        max_create_revision: 6,
    };
    let range = decode::range(wire).expect("a range");
    assert_eq!(range.range, KeyRange::new(bytes("a"), bytes("c")));
    assert_eq!((range.limit, range.revision), (1, 2));
    assert_eq!(
        (range.order, range.target),
        (SortOrder::Descend, SortTarget::Value)
    );
    assert!(range.keys_only && range.count_only);
    assert_eq!((range.mod_revision_min, range.mod_revision_max), (3, 4));
    assert_eq!(
        (range.create_revision_min, range.create_revision_max),
        (5, 6)
    );
}

#[test]
fn orders_and_targets() {
    let ask = |sort_order, sort_target| {
        let key = bytes("a");
        let request = pb::RangeRequest {
            key,
            sort_order,
            sort_target,
            ..Default::default()
        };
        decode::range(request).map(|range| (range.order, range.target))
    };
    let orders = [SortOrder::None, SortOrder::Ascend, SortOrder::Descend];
    for (number, order) in (0..).zip(orders) {
        assert_eq!(ask(number, 0), Ok((order, SortTarget::Key)));
    }
    let targets = [
        SortTarget::Key,
        SortTarget::Version,
        SortTarget::Create,
        SortTarget::Mod,
        SortTarget::Value,
    ];
    for (number, target) in (0..).zip(targets) {
        assert_eq!(ask(0, number), Ok((SortOrder::None, target)));
    }
    for (order, target) in [(3, 0), (-1, 0), (0, 5), (0, -1)] {
        assert_eq!(ask(order, target), Err(EtcdError::InvalidSortOption));
    }
}

#[test]
fn ends_of_ranges() {
    for (end, expected) in [
        ("", End::Point),
        ("\0", End::Unbounded),
        ("b", End::Before(bytes("b"))),
    ] {
        let range_end = bytes(end);
        let wire = pb::DeleteRangeRequest {
            key: bytes("a"),
            range_end,
            prev_kv: true,
        };
        let delete = decode::delete(wire);
        assert_eq!((delete.range.end, delete.prev_kv), (expected, true));
    }
}

#[test]
fn puts() {
    let wire = pb::PutRequest {
        key: bytes("k"),
        value: bytes("v"),
        lease: 7,
        prev_kv: true,
        ignore_value: true,
        ignore_lease: true,
    };
    let put = decode::put(wire);
    assert_eq!((put.key, put.value, put.lease), (bytes("k"), bytes("v"), 7));
    assert!(put.prev_kv && put.ignore_value && put.ignore_lease);
}

#[test]
fn compares() {
    let ask = |target, given, result| {
        let compare = pb::Compare {
            result,
            target,
            key: bytes("a"),
            target_union: given,
            range_end: bytes("b"),
        };
        let wire = pb::TxnRequest {
            compare: vec![compare],
            ..Default::default()
        };
        let mut txn = decode::txn(wire).expect("a transaction");
        let compare = txn.compare.remove(0);
        assert_eq!(compare.range.end, End::Before(bytes("b")));
        (compare.target, compare.result)
    };
    let table = [
        (0, Some(TargetUnion::Version(1)), CompareTarget::Version(1)),
        (
            1,
            Some(TargetUnion::CreateRevision(2)),
            CompareTarget::Create(2),
        ),
        (2, Some(TargetUnion::ModRevision(3)), CompareTarget::Mod(3)),
        (
            3,
            Some(TargetUnion::Value(bytes("v"))),
            CompareTarget::Value(bytes("v")),
        ),
        (4, Some(TargetUnion::Lease(5)), CompareTarget::Lease(5)),
        // Nothing given, or the side of another target: zero or the empty value.
        (0, None, CompareTarget::Version(0)),
        (1, Some(TargetUnion::Version(1)), CompareTarget::Create(0)),
        (2, Some(TargetUnion::Lease(1)), CompareTarget::Mod(0)),
        (3, None, CompareTarget::Value(bytes(""))),
        (
            4,
            Some(TargetUnion::ModRevision(1)),
            CompareTarget::Lease(0),
        ),
    ];
    for (target, given, expected) in table {
        assert_eq!(ask(target, given, 0), (expected, CompareResult::Equal));
    }
    let results = [
        CompareResult::Equal,
        CompareResult::Greater,
        CompareResult::Less,
        CompareResult::NotEqual,
    ];
    for (number, result) in (0..).zip(results) {
        assert_eq!(ask(0, None, number).1, result);
    }
}

#[test]
fn operations_of_transactions() {
    use pb::request_op::Request;
    let key = || bytes("a");
    let ops = [
        Request::RequestRange(pb::RangeRequest {
            key: key(),
            ..Default::default()
        }),
        Request::RequestPut(pb::PutRequest {
            key: key(),
            ..Default::default()
        }),
        Request::RequestDeleteRange(pb::DeleteRangeRequest {
            key: key(),
            ..Default::default()
        }),
        Request::RequestTxn(pb::TxnRequest::default()),
    ];
    let ops: Vec<_> = ops
        .into_iter()
        .map(|r| pb::RequestOp { request: Some(r) })
        .collect();
    let wire = pb::TxnRequest {
        compare: Vec::new(),
        success: ops,
        failure: Vec::new(),
    };
    let txn = decode::txn(wire).expect("a transaction");
    assert!(matches!(
        &txn.success[..],
        [Op::Range(_), Op::Put(_), Op::DeleteRange(_), Op::Txn(_)]
    ));
}
