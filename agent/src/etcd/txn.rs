//! `Txn`.

use synod_kv::{Command, Op, Reply, Store, Txn, View};
use synod_proto::etcdserverpb::{TxnRequest, TxnResponse};
use tonic::Status;

use super::errors::{refused, store_refused};
use super::range::{self, off_the_loop};
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
    let begin = move |store: &mut Store| match is_large(store, &txn) {
        Err(refused) => Begun::Done(store.revision(), Err(refused)),
        Ok(false) => Begun::Done(store.revision(), store.read_txn(&txn)),
        Ok(true) => Begun::Pinned(Box::new((store.view(), txn))),
    };
    let begun = if serializable {
        front.engine.inspect(begin).await
    } else {
        front.engine.read(begin).await
    };
    let (revision, response) = match begun.map_err(refused)? {
        Begun::Done(revision, response) => (revision, response),
        Begun::Pinned(pinned) => {
            off_the_loop(move || (pinned.0.revision(), pinned.0.read_txn(&pinned.1))).await?
        }
    };
    Ok((revision, response.map_err(store_refused)?))
}

/// A transaction that was answered, or can be outside of the loop.
enum Begun {
    Done(i64, Result<synod_kv::TxnResponse, synod_kv::Error>),
    Pinned(Box<(View, Txn)>),
}

/// Whether one of the ranges, in whichever branch, would hold the loop up.
fn is_large(store: &Store, txn: &Txn) -> Result<bool, synod_kv::Error> {
    for op in txn.success.iter().chain(&txn.failure) {
        let large = match op {
            Op::Range(range) => range::is_large(store, range)?,
            Op::Txn(nested) => is_large(store, nested)?,
            Op::Put(_) | Op::DeleteRange(_) => false,
        };
        if large {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether every operation is a range that may be stale. Nested transactions count as they do for etcd: they are none.
fn is_serializable(request: &TxnRequest) -> bool {
    use synod_proto::etcdserverpb::request_op::Request;
    let mut ops = request.success.iter().chain(&request.failure);
    ops.all(|op| matches!(&op.request, Some(Request::RequestRange(range)) if range.serializable))
}
