//! The process runner with small programs instead of agents.

mod pods;
mod processes;
mod services;
#[path = "../../../tests/strangers.rs"]
mod strangers;
mod volumes;
mod world;
