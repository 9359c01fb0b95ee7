//! `MemberList`.

use synod_proto::etcdserverpb::{MemberListRequest, MemberListResponse};
use tonic::Status;

use super::super::Front;

/// Lists the members, on demand as of now rather than as this member knows them.
pub(crate) async fn execute(
    front: &Front,
    request: MemberListRequest,
) -> Result<MemberListResponse, Status> {
    if request.linearizable {
        front.linearize().await?;
    }
    Ok(MemberListResponse {
        header: front.header(0),
        members: front.shown_members(),
    })
}
