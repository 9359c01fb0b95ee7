//! The roles an agent can have: wiring, nothing else.

mod consensus_group;
mod start_error;

pub use consensus_group::{Addresses, Agent};
pub use start_error::StartError;
