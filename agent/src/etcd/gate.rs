//! What every call passes first: the metadata that clients send along, and what a learner may answer.

use http::HeaderMap;
use tonic::Status;

use super::Front;
use super::calls::Call;
use super::errors::EtcdError;

/// Set to `true` by clients that would rather hear an error than talk to a member without a leader.
const HAS_LEADER: &str = "hasleader";
const CLIENT_VERSION: &str = "client-api-version";

/// Refuses a call that may not be carried out here and now.
pub(crate) fn pass(front: &Front, call: Call, headers: &HeaderMap) -> Result<(), Status> {
    if front.is_learner() && !learner_answers(call) {
        return Err(refused_by_learner(call));
    }
    if let Some(version) = headers.get(CLIENT_VERSION)
        && std::str::from_utf8(version.as_bytes()).is_err()
    {
        return Err(EtcdError::InvalidClientApiVersion.into());
    }
    if wants_leader(headers) && front.engine.live().leader().is_none() {
        return Err(EtcdError::NoLeader.into());
    }
    Ok(())
}

/// Whether the client asked for a leader.
pub(crate) fn wants_leader(headers: &HeaderMap) -> bool {
    headers.get(HAS_LEADER).is_some_and(|v| v == "true")
}

/// Clients ask another member when a single call is refused so. A stream they give up, and with it a watch or a lease,
/// unless they are told that the member cannot serve it for now: then they open it elsewhere.
fn refused_by_learner(call: Call) -> Status {
    let refused = Status::from(EtcdError::NotSupportedForLearner);
    match call {
        Call::Watch | Call::LeaseKeepAlive | Call::Observe => {
            Status::unavailable(refused.message())
        }
        _ => refused,
    }
}

/// A learner answers its status, and ranges that may be stale (`range` looks at that).
fn learner_answers(call: Call) -> bool {
    matches!(
        call,
        Call::Status | Call::Range | Call::Snapshot | Call::HealthCheck
    )
}
