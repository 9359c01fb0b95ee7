//! What clients see of a server, through its socket.

mod client;
mod clients;
mod commands;
mod config;
mod connections;
mod memory;
mod persistence;
mod script;
mod scripting;
mod server;
mod users;
mod waiting;
