//! The two listeners for machines: health and metrics (plain), and the admin API (mutual TLS).
//!
//! Promises: liveness depends on this process alone, readiness on having caught up and heard of a leader; only the operator
//! and members of this group are let into the admin API; every refusal is an [`ApiError`](synod_agent_api::ApiError).
//! Knows nothing of what is stored.

mod api;
mod drain;
mod errors;
mod health;
mod server;

pub use drain::hand_over;
pub use errors::Refused;
pub use health::{Extra, Health, health_routes};
pub use server::{Guard, serve};

pub use api::{Further, admin_routes, step};

use synod_replica::StateMachine;

/// A machine whose requests and answers may cross threads: all there are.
pub trait Machine:
    StateMachine<Response: Send, Soft: Send, SoftResponse: Send> + Send + 'static
{
}

impl<S> Machine for S where
    S: StateMachine<Response: Send, Soft: Send, SoftResponse: Send> + Send + 'static
{
}
