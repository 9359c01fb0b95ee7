//! `Hash`.

use synod_proto::etcdserverpb::{HashRequest, HashResponse};
use synod_replica::StateMachine;
use tonic::Status;

use super::super::Front;
use super::super::errors::refused;

/// A hash of all that the store holds: kept up to date with every change, so it costs nothing.
pub(crate) async fn execute(front: &Front, _: HashRequest) -> Result<HashResponse, Status> {
    let read = front
        .engine
        .inspect(|store| (store.revision(), store.digest()));
    let (revision, digest) = read.await.map_err(refused)?;
    Ok(HashResponse {
        header: front.header(revision),
        hash: fold(digest),
    })
}

/// 64 bits in 32.
pub(crate) const fn fold(hash: u64) -> u32 {
    ((hash >> 32) ^ hash) as u32
}
