//! `MemberRemove`.

use synod_paxos::Change;
use synod_proto::etcdserverpb::{MemberRemoveRequest, MemberRemoveResponse};
use tonic::Status;

use super::super::Front;
use super::super::errors::EtcdError;
use super::members::change_refused;

/// Removes a member.
pub(crate) async fn execute(
    front: &Front,
    request: MemberRemoveRequest,
) -> Result<MemberRemoveResponse, Status> {
    front.linearize().await?;
    let configuration = front.engine.configuration();
    let node = front
        .node_of(&configuration, request.id)
        .ok_or(EtcdError::MemberNotFound)?;
    front
        .change(Change::Remove { node })
        .await
        .map_err(|refusal| change_refused(&refusal))?;
    Ok(MemberRemoveResponse {
        header: front.header(0),
        members: front.shown_members(),
    })
}
