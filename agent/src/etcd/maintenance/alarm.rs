//! `Alarm`.

use synod_kv::{Alarm, AlarmKind, Command, Reply};
use synod_proto::etcdserverpb::alarm_request::AlarmAction;
use synod_proto::etcdserverpb::{AlarmMember, AlarmRequest, AlarmResponse, AlarmType};
use tonic::Status;

use super::super::Front;
use super::super::errors::refused;

/// Lists, raises or disarms alarms.
pub(crate) async fn execute(front: &Front, request: AlarmRequest) -> Result<AlarmResponse, Status> {
    let action = AlarmAction::try_from(request.action)
        .map_err(|_| Status::unknown("etcdserver: unknown method"))?;
    let kind = kind(request.alarm);
    let member = request.member_id;
    let (revision, alarms) = match (action, kind) {
        (AlarmAction::Get, kind) => list(front, kind).await?,
        (_, None) => (front.revision().await?, Vec::new()),
        (AlarmAction::Activate, Some(kind)) => {
            let alarm = Alarm { member, kind };
            change(front, Command::AlarmActivate(alarm)).await?
        }
        (AlarmAction::Deactivate, Some(kind)) => {
            let alarm = Alarm { member, kind };
            change(front, Command::AlarmDeactivate(alarm)).await?
        }
    };
    Ok(AlarmResponse {
        header: front.header(revision),
        alarms: alarms
            .into_iter()
            .map(|alarm| shown(front, alarm))
            .collect(),
    })
}

async fn list(front: &Front, wanted: Option<AlarmKind>) -> Result<(i64, Vec<Alarm>), Status> {
    let read = front
        .engine
        .read(|store| (store.revision(), store.alarms().collect()));
    let (revision, mut alarms): (i64, Vec<Alarm>) = read.await.map_err(refused)?;
    alarms.retain(|alarm| wanted.is_none_or(|kind| alarm.kind == kind));
    Ok((revision, alarms))
}

async fn change(front: &Front, command: Command) -> Result<(i64, Vec<Alarm>), Status> {
    match front.propose(command).await? {
        (revision, Reply::Alarm(alarms)) => Ok((revision, alarms)),
        _ => Err(Front::answered_wrongly()),
    }
}

fn kind(alarm: i32) -> Option<AlarmKind> {
    match AlarmType::try_from(alarm) {
        Ok(AlarmType::Nospace) => Some(AlarmKind::NoSpace),
        Ok(AlarmType::Corrupt) => Some(AlarmKind::Corrupt),
        Ok(AlarmType::None) | Err(_) => None,
    }
}

/// The wire's name of a kind.
pub(crate) const fn wire_kind(kind: AlarmKind) -> AlarmType {
    match kind {
        AlarmKind::NoSpace => AlarmType::Nospace,
        AlarmKind::Corrupt => AlarmType::Corrupt,
    }
}

/// An alarm as it is shown: the group's own one as this member's.
pub(crate) fn shown(front: &Front, alarm: Alarm) -> AlarmMember {
    let member_id = match alarm.member {
        0 => front.member_id,
        member => member,
    };
    AlarmMember {
        member_id,
        alarm: wire_kind(alarm.kind).into(),
    }
}

impl Front {
    /// The kinds of alarms that stand, as this member knows them; none if it cannot be asked.
    pub(crate) async fn alarm_kinds(&self) -> Vec<AlarmType> {
        let alarms = self.engine.inspect(|store| store.alarms().collect()).await;
        let alarms: Vec<Alarm> = alarms.unwrap_or_default();
        let kinds = alarms.into_iter();
        kinds.map(|alarm| wire_kind(alarm.kind)).collect()
    }
}
