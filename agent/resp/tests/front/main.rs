//! What clients see of a server, through its socket.

mod client;
mod memcached;
mod waiting;
