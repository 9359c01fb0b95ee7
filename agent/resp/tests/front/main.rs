//! What clients see of a server, through its socket.

mod client;
mod commands;
mod config;
mod memory;
mod persistence;
mod server;
mod waiting;
