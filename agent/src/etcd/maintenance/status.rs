//! `Status`.

use synod_kv::{Alarm, Sizes};
use synod_paxos::Node;
use synod_proto::etcdserverpb::{AlarmType, DowngradeInfo, StatusRequest, StatusResponse};
use tonic::Status;

use super::super::errors::{EtcdError, refused};
use super::super::{Front, version};
use super::alarm::shown;

/// What this member knows of itself, without asking others.
pub(crate) async fn execute(front: &Front, _: StatusRequest) -> Result<StatusResponse, Status> {
    let read = front
        .engine
        .inspect(|store| (store.revision(), store.sizes(), store.alarms().collect()));
    let (revision, sizes, alarms): (i64, Sizes, Vec<Alarm>) = read.await.map_err(refused)?;
    let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let live = front.engine.live();
    let leader = live.leader();
    let mut errors = Vec::new();
    if leader.is_none() {
        errors.push(EtcdError::NoLeader.words().to_owned());
    }
    for alarm in alarms {
        let alarm = shown(front, alarm);
        let kind = AlarmType::try_from(alarm.alarm).unwrap_or_default();
        // As Go prints the message, down to the space at the end.
        errors.push(format!(
            "memberID:{} alarm:{} ",
            alarm.member_id,
            kind.as_str_name()
        ));
    }
    Ok(StatusResponse {
        header: front.header(revision),
        version: version::SERVER.to_owned(),
        // etcd's is never 0, and etcdctl divides by it.
        db_size: bytes(sizes.bytes.max(1)),
        leader: leader.map_or(0, |node| front.id_of(Node(node))),
        raft_index: live.decided(),
        raft_term: live.round(),
        raft_applied_index: live.applied(),
        errors,
        db_size_in_use: bytes(sizes.bytes_in_use),
        is_learner: front.is_learner(),
        storage_version: version::CLUSTER.to_owned(),
        db_size_quota: bytes(sizes.quota_bytes),
        downgrade_info: Some(DowngradeInfo::default()),
    })
}
