use synod_proto::etcdserverpb::cluster_client::ClusterClient;
use synod_proto::etcdserverpb::{
    MemberAddRequest, MemberListRequest, MemberPromoteRequest, MemberRemoveRequest,
    MemberUpdateRequest,
};
use synod_replica::{ChangeRefusal, Refusal};
use tonic::transport::Channel;

use super::{Served, said};
use crate::etcd::EtcdError;
use crate::etcd::ids::member_id;
use crate::etcd::tests::solo::CLUSTER;

fn client(served: &Served) -> ClusterClient<Channel> {
    ClusterClient::new(served.channel())
}

fn add(url: &str, is_learner: bool) -> MemberAddRequest {
    MemberAddRequest {
        peer_ur_ls: vec![url.to_owned()],
        is_learner,
    }
}

#[tokio::test]
async fn members_come_and_go() {
    let served = Served::start().await;
    let list = MemberListRequest { linearizable: true };
    let listed = client(&served)
        .member_list(list)
        .await
        .expect("members")
        .into_inner();
    assert_eq!(listed.header.expect("a header").revision, 0);
    let one = &listed.members[0];
    assert_eq!((one.id, one.name.as_str()), (member_id(CLUSTER, 1), "one"));
    assert_eq!(one.peer_ur_ls, ["http://127.0.0.1:2380"]);
    assert_eq!(one.client_ur_ls, ["http://127.0.0.1:2379"]);

    let added = client(&served)
        .member_add(add("http://127.0.0.2:2380", true))
        .await;
    let added = added.expect("a member").into_inner();
    let two = added.member.expect("it");
    assert_eq!((two.id, two.is_learner), (member_id(CLUSTER, 2), true));
    assert_eq!(added.members.len(), 2);

    let id = two.id;
    let urls = vec!["http://127.0.0.3:2380".to_owned()];
    let update = MemberUpdateRequest {
        id,
        peer_ur_ls: urls.clone(),
    };
    let updated = client(&served)
        .member_update(update)
        .await
        .expect("an update")
        .into_inner();
    assert_eq!(updated.members[1].peer_ur_ls, urls);

    let promoted = client(&served)
        .member_promote(MemberPromoteRequest { id })
        .await;
    assert!(!promoted.expect("a promotion").into_inner().members[1].is_learner);
    let again = said(
        client(&served)
            .member_promote(MemberPromoteRequest { id })
            .await,
    );
    assert_eq!(again.1, EtcdError::MemberNotLearner.words());

    let removed = client(&served)
        .member_remove(MemberRemoveRequest { id })
        .await;
    assert_eq!(removed.expect("a removal").into_inner().members.len(), 1);
    let next = client(&served)
        .member_add(add("http://127.0.0.2:2380", false))
        .await;
    let next = next.expect("a member").into_inner().member.expect("it");
    assert_eq!(next.id, member_id(CLUSTER, 3), "numbers never recur");
}

#[tokio::test]
async fn changes_that_are_refused() {
    let served = Served::start().await;
    let taken = said(
        client(&served)
            .member_add(add("http://127.0.0.1:2380", false))
            .await,
    );
    assert_eq!(taken.1, EtcdError::PeerUrlExist.words());
    let bad = said(client(&served).member_add(add("127.0.0.1", false)).await);
    assert_eq!(bad.1, EtcdError::MemberBadUrls.words());
    let gone = said(
        client(&served)
            .member_remove(MemberRemoveRequest { id: 9 })
            .await,
    );
    assert_eq!(gone.1, EtcdError::MemberNotFound.words());
    let refusals = [
        (ChangeRefusal::Busy, EtcdError::Unhealthy),
        (ChangeRefusal::UnknownMember, EtcdError::MemberNotFound),
        (ChangeRefusal::NumberTaken, EtcdError::MemberExist),
        (
            ChangeRefusal::NotAllowed("words"),
            EtcdError::MemberNotEnoughStarted,
        ),
        (ChangeRefusal::NotCaughtUp, EtcdError::LearnerNotReady),
        (
            ChangeRefusal::Refused(Refusal::NoLeader),
            EtcdError::NoLeader,
        ),
    ];
    for (refusal, error) in refusals {
        served.solo.refuse_changes(refusal);
        let answer = said(
            client(&served)
                .member_add(add("http://127.0.0.2:2380", false))
                .await,
        );
        assert_eq!(answer, (error.code(), error.words().to_owned()));
    }
}
