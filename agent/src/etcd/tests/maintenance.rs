use synod_proto::etcdserverpb::alarm_request::AlarmAction;
use synod_proto::etcdserverpb::auth_client::AuthClient;
use synod_proto::etcdserverpb::downgrade_request::DowngradeAction;
use synod_proto::etcdserverpb::maintenance_client::MaintenanceClient;
use synod_proto::etcdserverpb::{
    AlarmRequest, AlarmType, AuthEnableRequest, AuthStatusRequest, AuthUserAddRequest,
    AuthenticateRequest, DefragmentRequest, DowngradeRequest, HashKvRequest, HashRequest,
    MoveLeaderRequest, PutRequest, SnapshotRequest, StatusRequest,
};
use synod_proto::health::HealthCheckRequest;
use synod_proto::health::health_check_response::ServingStatus;
use synod_proto::health::health_client::HealthClient;
use tonic::Code;
use tonic::transport::Channel;

use super::{Served, bytes, said};
use crate::etcd::EtcdError;
use crate::etcd::ids::member_id;
use crate::etcd::tests::solo::CLUSTER;

fn client(served: &Served) -> MaintenanceClient<Channel> {
    MaintenanceClient::new(served.channel())
}

#[tokio::test]
async fn status() {
    let served = Served::start().await;
    served.put("a", "1").await;
    let status = client(&served)
        .status(StatusRequest {})
        .await
        .expect("a status")
        .into_inner();
    assert_eq!(status.version, "3.6.8");
    assert_eq!(status.storage_version, "3.6.0");
    assert_eq!(status.leader, member_id(CLUSTER, 1));
    assert_eq!(
        (
            status.raft_term,
            status.raft_index,
            status.raft_applied_index
        ),
        (7, 1, 1)
    );
    assert!(status.db_size > 0 && status.db_size_in_use <= status.db_size);
    assert_eq!(status.db_size_quota, 2 << 30);
    assert!(status.errors.is_empty() && !status.is_learner);
    served
        .solo
        .become_role(synod_agent_api::Role::Follower, None);
    let alone = client(&served)
        .status(StatusRequest {})
        .await
        .expect("a status")
        .into_inner();
    assert_eq!(
        (alone.leader, alone.errors),
        (0, vec!["etcdserver: no leader".to_owned()])
    );
}

#[tokio::test]
async fn hashes_follow_the_content() {
    let served = Served::start().await;
    served.put("a", "1").await;
    let first = client(&served)
        .hash_kv(HashKvRequest { revision: 0 })
        .await
        .expect("a hash")
        .into_inner();
    served.put("a", "2").await;
    let second = client(&served)
        .hash_kv(HashKvRequest { revision: 0 })
        .await
        .expect("a hash")
        .into_inner();
    let again = client(&served)
        .hash_kv(HashKvRequest { revision: 2 })
        .await
        .expect("a hash")
        .into_inner();
    assert_ne!(first.hash, second.hash);
    assert_eq!(
        (first.hash, first.hash_revision),
        (again.hash, again.hash_revision)
    );
    assert_eq!((second.compact_revision, second.hash_revision), (-1, 3));
    let whole = client(&served)
        .hash(HashRequest {})
        .await
        .expect("a hash")
        .into_inner();
    assert_ne!(whole.hash, 0);
    let future = said(client(&served).hash_kv(HashKvRequest { revision: 9 }).await);
    assert_eq!(future.1, EtcdError::FutureRev.words());
}

#[tokio::test]
async fn alarms_stop_writes_until_they_are_disarmed() {
    let served = Served::start().await;
    let me = member_id(CLUSTER, 1);
    let ask = |action: AlarmAction, alarm: AlarmType| AlarmRequest {
        action: action.into(),
        member_id: me,
        alarm: alarm.into(),
    };
    let raised = client(&served)
        .alarm(ask(AlarmAction::Activate, AlarmType::Nospace))
        .await;
    assert_eq!(raised.expect("an alarm").into_inner().alarms.len(), 1);
    let listed = client(&served)
        .alarm(ask(AlarmAction::Get, AlarmType::None))
        .await;
    let listed = listed.expect("alarms").into_inner().alarms;
    assert_eq!(
        (listed[0].member_id, listed[0].alarm()),
        (me, AlarmType::Nospace)
    );
    let put = PutRequest {
        key: bytes("a"),
        ..PutRequest::default()
    };
    let refused = said(served.kv().put(put).await);
    assert_eq!(
        refused,
        (
            Code::ResourceExhausted,
            EtcdError::NoSpace.words().to_owned()
        )
    );
    let status = client(&served)
        .status(StatusRequest {})
        .await
        .expect("a status")
        .into_inner();
    assert_eq!(status.errors, [format!("memberID:{me} alarm:NOSPACE ")]);
    let disarmed = client(&served)
        .alarm(ask(AlarmAction::Deactivate, AlarmType::Nospace))
        .await;
    assert_eq!(disarmed.expect("an alarm").into_inner().alarms.len(), 1);
    served.put("a", "1").await;
}

#[tokio::test]
async fn leadership_moves_to_voters_only() {
    let served = Served::start().await;
    let to = |target_id| MoveLeaderRequest { target_id };
    let me = member_id(CLUSTER, 1);
    client(&served)
        .move_leader(to(me))
        .await
        .expect("it leads already");
    let stranger = said(client(&served).move_leader(to(9)).await);
    assert_eq!(stranger.1, EtcdError::BadLeaderTransferee.words());
    served
        .solo
        .become_role(synod_agent_api::Role::Follower, Some(2));
    let follower = said(client(&served).move_leader(to(me)).await);
    assert_eq!(
        follower,
        (
            Code::FailedPrecondition,
            EtcdError::NotLeader.words().to_owned()
        )
    );
}

#[tokio::test]
async fn what_is_answered_without_being_done() {
    let served = Served::start().await;
    client(&served)
        .defragment(DefragmentRequest {})
        .await
        .expect("at once");
    let downgrade = |action: DowngradeAction, version: &str| DowngradeRequest {
        action: action.into(),
        version: version.to_owned(),
    };
    let valid = client(&served)
        .downgrade(downgrade(DowngradeAction::Validate, "3.5"))
        .await;
    assert_eq!(valid.expect("valid").into_inner().version, "3.6");
    for (version, error) in [
        ("x", EtcdError::WrongDowngradeVersionFormat),
        ("3.4", EtcdError::InvalidDowngradeTargetVersion),
    ] {
        let answer = said(
            client(&served)
                .downgrade(downgrade(DowngradeAction::Validate, version))
                .await,
        );
        assert_eq!(answer.1, error.words());
    }
    let enable = said(
        client(&served)
            .downgrade(downgrade(DowngradeAction::Enable, "3.5"))
            .await,
    );
    assert_eq!(enable.0, Code::Unimplemented);
    let snapshot = said(client(&served).snapshot(SnapshotRequest {}).await);
    assert_eq!(snapshot.0, Code::Unimplemented);
}

#[tokio::test]
async fn authentication_is_off() {
    let served = Served::start().await;
    let mut auth = AuthClient::new(served.channel());
    let status = auth
        .auth_status(AuthStatusRequest {})
        .await
        .expect("a status")
        .into_inner();
    assert_eq!((status.enabled, status.auth_revision), (false, 1));
    let enable = said(auth.auth_enable(AuthEnableRequest {}).await);
    assert_eq!(enable.1, EtcdError::RootUserNotExist.words());
    let token = said(auth.authenticate(AuthenticateRequest::default()).await);
    assert_eq!(token.1, EtcdError::AuthNotEnabled.words());
    let user = said(auth.user_add(AuthUserAddRequest::default()).await);
    assert_eq!(user.0, Code::Unimplemented);
}

#[tokio::test]
async fn grpcs_own_health_check() {
    let served = Served::start().await;
    let mut health = HealthClient::new(served.channel());
    let ask = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    let whole = health.check(ask("")).await.expect("an answer").into_inner();
    assert_eq!(whole.status(), ServingStatus::Serving);
    assert_eq!(said(health.check(ask("other")).await).0, Code::NotFound);
}
