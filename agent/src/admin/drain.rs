//! Giving leadership away before a member stops.

use std::time::Duration;

use synod_agent_api::{MemberRole, Role, Status};
use tokio::time::timeout;

use super::Machine;
use crate::engine::Engine;

/// How long a hand-over may take before it is given up: another would be elected by then anyway.
const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(3);

/// Makes the member unready and hands leadership over, if it leads and another can. Tells whether it leads all the same.
pub async fn hand_over<S: Machine>(engine: &Engine<S>) -> bool {
    engine.unready().await;
    let mut status = engine.watch_status();
    if status.borrow().role != Role::Leader {
        return false;
    }
    if is_only_voter(&status.borrow()) {
        // There is nobody to hand over to, and nobody to tell.
        return true;
    }
    if let Err(refusal) = engine.transfer(None).await {
        tracing::info!(?refusal, "leadership could not be handed over");
        return true;
    }
    let given = status.wait_for(|status| status.role != Role::Leader);
    !matches!(timeout(HAND_OVER_TIMEOUT, given).await, Ok(Ok(_)))
}

fn is_only_voter(status: &Status) -> bool {
    let members = &status.configuration.members;
    let voters = members.iter().filter(|m| m.role == MemberRole::Voter);
    voters.count() == 1
}
