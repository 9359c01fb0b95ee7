//! Members as etcd's API shows them, and steps from one configuration to the next.

use synod_paxos::{Change, Configuration, Member, MemberRole, Node};
use synod_proto::etcdserverpb;
use synod_replica::{ChangeRefusal, MemberContext};
use tonic::Status;

use super::super::Front;
use super::super::errors::{EtcdError, refused};
use crate::engine::MembershipStep;
use crate::etcd::ids::member_id;

impl Front {
    /// The members of the configuration in force here, as the API shows them.
    pub(crate) fn shown_members(&self) -> Vec<etcdserverpb::Member> {
        let configuration = self.engine.configuration();
        let members = configuration.members.iter();
        members
            .map(|(node, member)| self.shown(*node, member))
            .collect()
    }

    /// One member. A joining member is shown as a learner: it does not vote yet.
    fn shown(&self, node: Node, member: &Member) -> etcdserverpb::Member {
        let context = context(member);
        etcdserverpb::Member {
            id: self.id_of(node),
            name: context.name,
            peer_ur_ls: context.peer_urls,
            client_ur_ls: context.client_urls,
            is_learner: member.role != MemberRole::Voter,
        }
    }

    /// etcd's id of a member.
    pub(crate) fn id_of(&self, node: Node) -> u64 {
        member_id(self.cluster, node.0)
    }

    /// The member that an id of the API names.
    pub(crate) fn node_of(&self, configuration: &Configuration, id: u64) -> Option<Node> {
        let mut nodes = configuration.members.keys().copied();
        nodes.find(|node| self.id_of(*node) == id)
    }

    /// Takes one step, whatever configuration holds.
    pub(crate) async fn change(&self, change: Change) -> Result<(), ChangeRefusal> {
        let expected = None;
        let step = MembershipStep { expected, change };
        self.engine.change(step).await.map(|_| ())
    }
}

/// What is known of a member; nothing if its context is of a newer format.
pub(crate) fn context(member: &Member) -> MemberContext {
    MemberContext::decode(&member.context).unwrap_or_default()
}

/// Refuses URLs that another member has.
pub(crate) fn refuse_taken(
    configuration: &Configuration,
    urls: &[String],
    except: Option<Node>,
) -> Result<(), Status> {
    let others = configuration
        .members
        .iter()
        .filter(|(node, _)| Some(**node) != except);
    for (_, member) in others {
        let theirs = context(member).peer_urls;
        if urls.iter().any(|url| theirs.contains(url)) {
            return Err(EtcdError::PeerUrlExist.into());
        }
    }
    Ok(())
}

/// The wire error of a refused step.
pub(crate) fn change_refused(refusal: &ChangeRefusal) -> Status {
    match refusal {
        ChangeRefusal::UnknownMember => EtcdError::MemberNotFound.into(),
        ChangeRefusal::NumberTaken => EtcdError::MemberExist.into(),
        ChangeRefusal::NotCaughtUp => EtcdError::LearnerNotReady.into(),
        ChangeRefusal::Busy | ChangeRefusal::Conflict { .. } => EtcdError::Unhealthy.into(),
        ChangeRefusal::NotAllowed(_) => EtcdError::MemberNotEnoughStarted.into(),
        ChangeRefusal::Refused(refusal) => refused(*refusal).into(),
    }
}
