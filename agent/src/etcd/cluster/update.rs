//! `MemberUpdate`.

use synod_paxos::Change;
use synod_proto::etcdserverpb::{MemberUpdateRequest, MemberUpdateResponse};
use synod_replica::MemberContext;
use tonic::Status;

use super::super::Front;
use super::super::errors::EtcdError;
use super::members::{change_refused, context, refuse_taken};
use super::urls;

/// Gives a member other peer URLs; the first is where it is dialled from now on.
pub(crate) async fn execute(
    front: &Front,
    request: MemberUpdateRequest,
) -> Result<MemberUpdateResponse, Status> {
    front.linearize().await?;
    let configuration = front.engine.configuration();
    let found = front
        .node_of(&configuration, request.id)
        .and_then(|node| Some((node, configuration.members.get(&node)?)));
    let (node, member) = found.ok_or(EtcdError::MemberNotFound)?;
    let (peer_urls, peer_address) = urls::parse(&request.peer_ur_ls)?;
    refuse_taken(&configuration, &peer_urls, Some(node))?;
    let context = MemberContext {
        peer_address,
        peer_urls,
        ..context(member)
    };
    let context = context.encode();
    front
        .change(Change::Update { node, context })
        .await
        .map_err(|refusal| change_refused(&refusal))?;
    Ok(MemberUpdateResponse {
        header: front.header(0),
        members: front.shown_members(),
    })
}
