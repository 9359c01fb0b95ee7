//! `LeaseLeases`.

use synod_proto::etcdserverpb::{LeaseLeasesRequest, LeaseLeasesResponse, LeaseStatus};
use tonic::Status;

use super::super::Front;
use super::super::errors::refused;

/// Lists the leases that this member knows.
pub(crate) async fn execute(
    front: &Front,
    _: LeaseLeasesRequest,
) -> Result<LeaseLeasesResponse, Status> {
    let read = front.engine.inspect(|store| {
        let leases = store.leases().map(|lease| LeaseStatus { id: lease.id });
        (store.revision(), leases.collect())
    });
    let (revision, leases) = read.await.map_err(refused)?;
    Ok(LeaseLeasesResponse {
        header: front.header(revision),
        leases,
    })
}
