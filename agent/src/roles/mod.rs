//! The roles an agent can have: wiring, nothing else.

mod announce;
mod consensus_group;
mod grounds;
mod settings;
mod start_error;

pub use consensus_group::Agent;
pub use grounds::Addresses;
pub use settings::driver as driver_settings;
pub use start_error::StartError;
