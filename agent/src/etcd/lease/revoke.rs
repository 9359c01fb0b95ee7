//! `LeaseRevoke`.

use synod_kv::{Command, Reply};
use synod_proto::etcdserverpb::{LeaseRevokeRequest, LeaseRevokeResponse};
use tonic::Status;

use super::super::Front;

/// Revokes a lease and deletes its keys.
pub(crate) async fn execute(
    front: &Front,
    request: LeaseRevokeRequest,
) -> Result<LeaseRevokeResponse, Status> {
    let id = request.id;
    match front.propose(Command::LeaseRevoke { id }).await? {
        (revision, Reply::LeaseRevoke { .. }) => Ok(LeaseRevokeResponse {
            header: front.header(revision),
        }),
        _ => Err(Front::answered_wrongly()),
    }
}
