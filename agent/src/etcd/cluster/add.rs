//! `MemberAdd`.

use synod_paxos::{Change, Member, MemberRole, Node};
use synod_proto::etcdserverpb::{self, MemberAddRequest, MemberAddResponse};
use synod_replica::{ChangeRefusal, MemberContext};
use tonic::Status;

use super::super::Front;
use super::members::{change_refused, refuse_taken};
use super::urls;

/// Times that another number is tried because somebody else took the last one.
const ATTEMPTS_MAX: usize = 4;

/// Adds a member. Its number is one above all that ever were. One that is to vote is shown as a learner until it has
/// caught up; the leader then promotes it by itself.
pub(crate) async fn execute(
    front: &Front,
    request: MemberAddRequest,
) -> Result<MemberAddResponse, Status> {
    let (peer_urls, peer_address) = urls::parse(&request.peer_ur_ls)?;
    let role = if request.is_learner {
        MemberRole::Learner
    } else {
        MemberRole::Joining
    };
    front.linearize().await?;
    for attempt in 1.. {
        let configuration = front.engine.configuration();
        refuse_taken(&configuration, &peer_urls, None)?;
        let node = Node(configuration.highest.0 + 1);
        let context = MemberContext {
            peer_address: peer_address.clone(),
            peer_urls: peer_urls.clone(),
            ..MemberContext::default()
        };
        let context = context.encode();
        let member = Member { role, context };
        match front.change(Change::Add { node, member }).await {
            Ok(()) => return Ok(added(front, node, peer_urls, request.is_learner)),
            Err(ChangeRefusal::NumberTaken) if attempt < ATTEMPTS_MAX => front.linearize().await?,
            Err(refusal) => return Err(change_refused(&refusal)),
        }
    }
    unreachable!("the last attempt returns")
}

fn added(
    front: &Front,
    node: Node,
    peer_ur_ls: Vec<String>,
    is_learner: bool,
) -> MemberAddResponse {
    let member = etcdserverpb::Member {
        id: front.id_of(node),
        peer_ur_ls,
        is_learner,
        ..etcdserverpb::Member::default()
    };
    MemberAddResponse {
        header: front.header(0),
        member: Some(member),
        members: front.shown_members(),
    }
}
