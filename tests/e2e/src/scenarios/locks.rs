//! A LockService, and a group that keeps what its lock protects: clients pass the lock on and write with their tokens, whatever
//! becomes of the service.

use serde_json::json;
use synod_conformance::workload::Workload;

use super::rolling::roll;
use super::small;
use crate::group::Kind;
use crate::stage::LOCK_PASSED;
use crate::{Failure, Group, Namespace, Stage};

/// How often the leader's pod is deleted.
const KILLS: usize = 5;

/// Scaled, its leader killed, rolled. The clients judge that never two held the lock and no older token was taken.
pub(super) fn passed_on(stage: &Stage) -> Result<(), Failure> {
    let namespace = Namespace::create(stage, "e2e-locks")?;
    let store = Group::create(&namespace, "store", &small(3))?;
    let locks = Group::create_of(&namespace, Kind::LockService, "locks", &small(3))?;
    namespace.start_client(&[&store.base(), &locks.base()])?;
    let mut holders = Workload::run(&mut namespace.holders(&locks.base(), &store.base())?)?;
    for members in [5, 3] {
        locks.patch(&json!({ "members": members }))?;
        locks.ready()?;
        holders.gap()?;
    }
    for _ in 0..KILLS {
        let leader = locks.leader()?;
        let before = locks.life(&leader)?;
        locks.delete_by_force(&leader)?;
        stage.measured(LOCK_PASSED, holders.gap()?);
        locks.is_back(&leader, &before)?;
    }
    let limits = json!({ "memory": "600Mi" });
    roll(&locks, &json!({ "resources": { "limits": limits } }))?;
    holders.gap()?;
    let verdicts = holders
        .judge()
        .map_err(|bad| format!("the verdicts of those who held the lock:\n{bad}"))?;
    print!("{verdicts}");
    namespace.delete()
}
