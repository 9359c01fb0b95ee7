//! `MemberPromote`.

use synod_paxos::{Change, MemberRole};
use synod_proto::etcdserverpb::{MemberPromoteRequest, MemberPromoteResponse};
use tonic::Status;

use super::super::Front;
use super::super::errors::EtcdError;
use super::members::change_refused;

/// Makes a learner that has caught up a voter.
pub(crate) async fn execute(
    front: &Front,
    request: MemberPromoteRequest,
) -> Result<MemberPromoteResponse, Status> {
    front.linearize().await?;
    let configuration = front.engine.configuration();
    let found = front
        .node_of(&configuration, request.id)
        .and_then(|node| Some((node, configuration.members.get(&node)?)));
    let (node, member) = found.ok_or(EtcdError::MemberNotFound)?;
    if member.role == MemberRole::Voter {
        return Err(EtcdError::MemberNotLearner.into());
    }
    front
        .change(Change::Promote { node })
        .await
        .map_err(|refusal| change_refused(&refusal))?;
    Ok(MemberPromoteResponse {
        header: front.header(0),
        members: front.shown_members(),
    })
}
