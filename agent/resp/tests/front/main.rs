//! What clients see of a server, through its socket.

mod client;
mod commands;
mod config;
mod invalidations;
mod memory;
mod messages;
mod monitors;
mod notices;
mod server;
mod slow;
mod stage;
mod waiting;
