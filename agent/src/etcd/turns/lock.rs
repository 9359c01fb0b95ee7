//! `v3lockpb.Lock`.

use std::sync::Arc;

use synod_kv::{Command, DeleteRange, KeyRange, Reply};
use synod_proto::v3lockpb::{LockRequest, LockResponse, UnlockRequest, UnlockResponse};
use tonic::Status;

use super::super::Front;
use super::claim::Claim;

/// Waits for the lock and takes it. The key is the proof: it exists as long as the lock is held.
pub(crate) async fn lock(front: &Arc<Front>, request: LockRequest) -> Result<LockResponse, Status> {
    let value = bytes::Bytes::new();
    let mut claim = Claim::stake(front, &request.name, request.lease, value).await?;
    claim.turn().await?;
    if !claim.stands().await? {
        return Err(Status::unknown("mutex: session is expired"));
    }
    claim.keep();
    Ok(LockResponse {
        header: front.header(claim.revision),
        key: claim.key.clone(),
    })
}

/// Gives the lock back.
pub(crate) async fn unlock(
    front: &Arc<Front>,
    request: UnlockRequest,
) -> Result<UnlockResponse, Status> {
    let delete = DeleteRange {
        range: KeyRange::point(request.key),
        prev_kv: false,
    };
    delete
        .check()
        .map_err(super::super::errors::store_refused)?;
    match front.propose(Command::DeleteRange(delete)).await? {
        (revision, Reply::DeleteRange(_)) => Ok(UnlockResponse {
            header: front.header(revision),
        }),
        _ => Err(Front::answered_wrongly()),
    }
}
