//! Requests of the wire as the store's requests.
//!
//! What only the wire can get wrong is refused here (an order that does not exist, an operation without content); the
//! rest is refused by the store's own checks. Buffers are shared, not copied.

use bytes::Bytes;
use synod_kv::{
    Compare, CompareResult, CompareTarget, DeleteRange, KeyRange, Op, Put, Range, SortOrder,
    SortTarget, Txn,
};
use synod_proto::etcdserverpb as pb;

use super::errors::EtcdError;

/// A range.
pub(crate) fn range(request: pb::RangeRequest) -> Result<Range, EtcdError> {
    if request.key.is_empty() {
        return Err(EtcdError::EmptyKey);
    }
    Ok(Range {
        order: order(request.sort_order)?,
        target: target(request.sort_target)?,
        range: KeyRange::new(request.key, request.range_end),
        limit: request.limit,
        revision: request.revision,
        keys_only: request.keys_only,
        count_only: request.count_only,
        mod_revision_min: request.min_mod_revision,
        mod_revision_max: request.max_mod_revision,
        create_revision_min: request.min_create_revision,
        create_revision_max: request.max_create_revision,
    })
}

fn order(order: i32) -> Result<SortOrder, EtcdError> {
    use pb::range_request::SortOrder as Wire;
    match Wire::try_from(order) {
        Ok(Wire::None) => Ok(SortOrder::None),
        Ok(Wire::Ascend) => Ok(SortOrder::Ascend),
        Ok(Wire::Descend) => Ok(SortOrder::Descend),
        Err(_) => Err(EtcdError::InvalidSortOption),
    }
}

fn target(target: i32) -> Result<SortTarget, EtcdError> {
    use pb::range_request::SortTarget as Wire;
    match Wire::try_from(target) {
        Ok(Wire::Key) => Ok(SortTarget::Key),
        Ok(Wire::Version) => Ok(SortTarget::Version),
        Ok(Wire::Create) => Ok(SortTarget::Create),
        Ok(Wire::Mod) => Ok(SortTarget::Mod),
        Ok(Wire::Value) => Ok(SortTarget::Value),
        Err(_) => Err(EtcdError::InvalidSortOption),
    }
}

/// A put.
pub(crate) fn put(request: pb::PutRequest) -> Put {
    Put {
        key: request.key,
        value: request.value,
        lease: request.lease,
        prev_kv: request.prev_kv,
        ignore_value: request.ignore_value,
        ignore_lease: request.ignore_lease,
    }
}

/// A deletion.
pub(crate) fn delete(request: pb::DeleteRangeRequest) -> DeleteRange {
    DeleteRange {
        range: KeyRange::new(request.key, request.range_end),
        prev_kv: request.prev_kv,
    }
}

/// A transaction. Its depth is bounded by the depth to which messages are decoded.
pub(crate) fn txn(request: pb::TxnRequest) -> Result<Txn, EtcdError> {
    let ops = |ops: Vec<pb::RequestOp>| ops.into_iter().map(op).collect::<Result<_, _>>();
    Ok(Txn {
        compare: request.compare.into_iter().map(compare).collect(),
        success: ops(request.success)?,
        failure: ops(request.failure)?,
    })
}

fn op(op: pb::RequestOp) -> Result<Op, EtcdError> {
    use pb::request_op::Request;
    Ok(match op.request {
        Some(Request::RequestRange(request)) => Op::Range(range(request)?),
        Some(Request::RequestPut(request)) => Op::Put(put(request)),
        Some(Request::RequestDeleteRange(request)) => Op::DeleteRange(delete(request)),
        Some(Request::RequestTxn(request)) => Op::Txn(txn(request)?),
        None => return Err(EtcdError::KeyNotFound),
    })
}

/// A comparison. Like etcd it reads the side that belongs to the target, and takes zero or the empty value if another
/// one, or none, was sent; targets and results that do not exist are the first ones.
fn compare(compare: pb::Compare) -> Compare {
    Compare {
        result: result(compare.result),
        target: compared(compare.target, compare.target_union),
        range: KeyRange::new(compare.key, compare.range_end),
    }
}

fn result(result: i32) -> CompareResult {
    use pb::compare::CompareResult as Wire;
    match Wire::try_from(result) {
        Ok(Wire::Equal) | Err(_) => CompareResult::Equal,
        Ok(Wire::Greater) => CompareResult::Greater,
        Ok(Wire::Less) => CompareResult::Less,
        Ok(Wire::NotEqual) => CompareResult::NotEqual,
    }
}

fn compared(target: i32, given: Option<pb::compare::TargetUnion>) -> CompareTarget {
    use pb::compare::{CompareTarget as Wire, TargetUnion as Given};
    match (Wire::try_from(target), given) {
        (Ok(Wire::Version) | Err(_), Some(Given::Version(n))) => CompareTarget::Version(n),
        (Ok(Wire::Create), Some(Given::CreateRevision(n))) => CompareTarget::Create(n),
        (Ok(Wire::Mod), Some(Given::ModRevision(n))) => CompareTarget::Mod(n),
        (Ok(Wire::Value), Some(Given::Value(value))) => CompareTarget::Value(value),
        (Ok(Wire::Lease), Some(Given::Lease(n))) => CompareTarget::Lease(n),
        (Ok(Wire::Version) | Err(_), _) => CompareTarget::Version(0),
        (Ok(Wire::Create), _) => CompareTarget::Create(0),
        (Ok(Wire::Mod), _) => CompareTarget::Mod(0),
        (Ok(Wire::Value), _) => CompareTarget::Value(Bytes::new()),
        (Ok(Wire::Lease), _) => CompareTarget::Lease(0),
    }
}
