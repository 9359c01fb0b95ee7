//! `LeaseTimeToLive`.

use synod_kv::{SoftRequest, SoftResponse};
use synod_proto::etcdserverpb::{LeaseTimeToLiveRequest, LeaseTimeToLiveResponse};
use tonic::Status;

use super::super::Front;
use super::super::errors::{EtcdError, refused};

/// What etcd shows for a lease that does not exist.
const GONE: i64 = -1;

/// Tells what time a lease has left, which only the leader knows, and its keys if they are asked for.
pub(crate) async fn execute(
    front: &Front,
    request: LeaseTimeToLiveRequest,
) -> Result<LeaseTimeToLiveResponse, Status> {
    let id = request.id;
    let soft = front.engine.soft(SoftRequest::TimeToLive { id });
    let (ttl, granted_ttl) = match soft.await.map_err(refused)? {
        SoftResponse::TimeToLive { remaining, granted } => (remaining, granted),
        SoftResponse::LeaseNotFound => (GONE, 0),
        SoftResponse::Corrupt => return Err(EtcdError::Corrupt.into()),
        SoftResponse::NotLeading => return Err(EtcdError::LeaderChanged.into()),
        SoftResponse::KeptAlive { .. } => return Err(Front::answered_wrongly()),
    };
    let (revision, keys) = if request.keys && ttl != GONE {
        let read = front
            .engine
            .read(move |store| (store.revision(), store.lease_keys(id)));
        read.await.map_err(refused)?
    } else {
        (front.revision().await?, Vec::new())
    };
    Ok(LeaseTimeToLiveResponse {
        header: front.header(revision),
        id,
        ttl,
        granted_ttl,
        keys,
    })
}
