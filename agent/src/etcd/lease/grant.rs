//! `LeaseGrant`.

use synod_kv::{Command, Reply};
use synod_proto::etcdserverpb::{LeaseGrantRequest, LeaseGrantResponse};
use tonic::Status;

use super::super::Front;

/// Grants a lease; without an id, a positive one is drawn.
pub(crate) async fn execute(
    front: &Front,
    request: LeaseGrantRequest,
) -> Result<LeaseGrantResponse, Status> {
    let id = match request.id {
        0 => drawn()?,
        id => id,
    };
    let ttl = request.ttl;
    match front.propose(Command::LeaseGrant { id, ttl }).await? {
        (revision, Reply::LeaseGrant { id, ttl }) => Ok(LeaseGrantResponse {
            header: front.header(revision),
            id,
            ttl,
            error: String::new(),
        }),
        _ => Err(Front::answered_wrongly()),
    }
}

/// A positive number of 63 bits.
fn drawn() -> Result<i64, Status> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Status::internal(format!("synod: no random numbers: {error}")))?;
    Ok((i64::from_be_bytes(bytes) & i64::MAX).max(1))
}
