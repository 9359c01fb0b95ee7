//! What clients see of a server, through its socket.

mod client;
mod clients;
mod connections;
mod script;
mod users;
mod waiting;
