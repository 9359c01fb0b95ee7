//! What clients see of a server, through its socket.

mod client;
mod clients;
mod commands;
mod config;
mod connections;
mod disk;
mod invalidations;
mod memcached;
mod memory;
mod messages;
mod monitors;
mod notices;
mod persistence;
mod script;
mod scripting;
mod server;
mod slow;
mod stage;
mod users;
mod waiting;
