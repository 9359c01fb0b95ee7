//! `MoveLeader`.

use std::time::Duration;

use synod_agent_api::Role;
use synod_paxos::MemberRole;
use synod_proto::etcdserverpb::{MoveLeaderRequest, MoveLeaderResponse};
use tokio::time::timeout;
use tonic::Status;

use super::super::Front;
use super::super::errors::{EtcdError, refused};

/// Time for the wanted leader to take over: etcd's request timeout with its default timing.
const TAKEOVER_TIMEOUT: Duration = Duration::from_secs(7);

/// Hands leadership over and answers when it has changed hands.
pub(crate) async fn execute(
    front: &Front,
    request: MoveLeaderRequest,
) -> Result<MoveLeaderResponse, Status> {
    let mut statuses = front.engine.watch_status();
    if statuses.borrow_and_update().role != Role::Leader {
        return Err(EtcdError::NotLeader.into());
    }
    let configuration = front.engine.configuration();
    let target = front
        .node_of(&configuration, request.target_id)
        .filter(|node| configuration.members[node].role == MemberRole::Voter)
        .ok_or(EtcdError::BadLeaderTransferee)?;
    if front.id_of(target) != front.member_id {
        front.engine.transfer(Some(target)).await.map_err(refused)?;
    }
    let taken = statuses.wait_for(|status| status.leader == Some(target.0));
    match timeout(TAKEOVER_TIMEOUT, taken).await {
        Ok(Ok(_)) => Ok(MoveLeaderResponse { header: None }),
        Ok(Err(_)) => Err(EtcdError::Stopped.into()),
        Err(_) => Err(EtcdError::TimeoutLeaderTransfer.into()),
    }
}
