//! `Txn`.

use synod_kv::{Command, Reply, Store, Txn};
use synod_proto::etcdserverpb::{TxnRequest, TxnResponse};
use tonic::Status;

use super::errors::{refused, store_refused};
use super::{Front, decode, encode};

/// Runs a transaction. One that only reads is a read: it is not replicated, and if all its ranges are serializable it is
/// answered from this member's own state.
pub(crate) async fn execute(front: &Front, request: TxnRequest) -> Result<TxnResponse, Status> {
    let serializable = is_serializable(&request);
    let txn = decode::txn(request)?;
    txn.check(front.settings.txn_ops_max)
        .map_err(store_refused)?;
    let (revision, response) = if txn.is_read_only() {
        read(front, txn, serializable).await?
    } else {
        write(front, txn).await?
    };
    Ok(encode::txn(front.header(revision), response))
}

async fn write(front: &Front, txn: Txn) -> Result<(i64, synod_kv::TxnResponse), Status> {
    let (revision, reply) = front.propose(Command::Txn(txn)).await?;
    match reply {
        Reply::Txn(response) => Ok((revision, response)),
        _ => Err(Front::answered_wrongly()),
    }
}

async fn read(
    front: &Front,
    txn: Txn,
    serializable: bool,
) -> Result<(i64, synod_kv::TxnResponse), Status> {
    let answer = move |store: &mut Store| (store.revision(), store.read_txn(&txn));
    let answered = if serializable {
        front.engine.inspect(answer).await
    } else {
        front.engine.read(answer).await
    };
    let (revision, response) = answered.map_err(refused)?;
    Ok((revision, response.map_err(store_refused)?))
}

/// Whether every operation is a range that may be stale. Nested transactions count as they do for etcd: they are none.
fn is_serializable(request: &TxnRequest) -> bool {
    use synod_proto::etcdserverpb::request_op::Request;
    let mut ops = request.success.iter().chain(&request.failure);
    ops.all(|op| matches!(&op.request, Some(Request::RequestRange(range)) if range.serializable))
}
