//! The store's answers as answers of the wire. Keys and values share the store's memory until they are written out.

use synod_kv::{
    DeleteRangeResponse, KeyValue, OpResponse, PutResponse, RangeResponse, TxnResponse,
};
use synod_proto::etcdserverpb::{self as pb, ResponseHeader, response_op};
use synod_proto::mvccpb;

use super::header::inner;

/// A key as it is shown.
pub(crate) fn key_value(kv: &KeyValue) -> mvccpb::KeyValue {
    mvccpb::KeyValue {
        key: kv.key(),
        create_revision: kv.create_revision(),
        mod_revision: kv.mod_revision(),
        version: kv.version(),
        value: kv.value(),
        lease: kv.lease(),
    }
}

/// The answer to a range.
pub(crate) fn range(header: Option<ResponseHeader>, response: RangeResponse) -> pb::RangeResponse {
    pb::RangeResponse {
        header,
        kvs: response.kvs.iter().map(key_value).collect(),
        more: response.more,
        count: response.count,
    }
}

/// The answer to a put.
pub(crate) fn put(header: Option<ResponseHeader>, response: PutResponse) -> pb::PutResponse {
    pb::PutResponse {
        header,
        prev_kv: response.prev_kv.as_ref().map(key_value),
    }
}

/// The answer to a deletion.
pub(crate) fn delete(
    header: Option<ResponseHeader>,
    response: DeleteRangeResponse,
) -> pb::DeleteRangeResponse {
    pb::DeleteRangeResponse {
        header,
        deleted: response.deleted,
        prev_kvs: response.prev_kvs.iter().map(key_value).collect(),
    }
}

/// The answer to a transaction.
pub(crate) fn txn(header: Option<ResponseHeader>, response: TxnResponse) -> pb::TxnResponse {
    pb::TxnResponse {
        header,
        succeeded: response.succeeded,
        responses: response.responses.into_iter().map(op).collect(),
    }
}

fn op(response: OpResponse) -> pb::ResponseOp {
    use response_op::Response;
    let response = match response {
        OpResponse::Range(r) => Response::ResponseRange(range(inner(r.revision), r)),
        OpResponse::Put(r) => Response::ResponsePut(put(inner(r.revision), r)),
        OpResponse::DeleteRange(r) => Response::ResponseDeleteRange(delete(inner(r.revision), r)),
        OpResponse::Txn(r) => Response::ResponseTxn(txn(inner(0), r)),
    };
    pb::ResponseOp {
        response: Some(response),
    }
}
