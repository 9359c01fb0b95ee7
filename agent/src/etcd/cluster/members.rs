//! Members as etcd's API shows them, and steps from one configuration to the next.

use std::time::Duration;

use synod_paxos::{Change, Configuration, Member, MemberRole, Node};
use synod_proto::etcdserverpb;
use synod_replica::{ChangeRefusal, MemberContext};
use tokio::time::timeout;
use tonic::Status;

use super::super::Front;
use super::super::errors::{EtcdError, refused};
use crate::engine::MembershipStep;
use crate::etcd::ids::member_id;

/// Time for a configuration that is in force to be shown.
const SHOWN_TIMEOUT: Duration = Duration::from_secs(1);

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

    /// Takes one step, whatever configuration holds, and waits until its outcome is shown here.
    pub(crate) async fn change(&self, change: Change) -> Result<(), ChangeRefusal> {
        let expected = None;
        let mut statuses = self.engine.watch_status();
        let id = self
            .engine
            .change(MembershipStep { expected, change })
            .await?;
        let shown = async {
            while self.engine.configuration().id < id && statuses.changed().await.is_ok() {}
        };
        // It is in force in any case; the answer shows what is known.
        let _ = timeout(SHOWN_TIMEOUT, shown).await;
        Ok(())
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
