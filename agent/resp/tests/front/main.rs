//! What clients see of a server, through its socket.

mod client;
mod invalidations;
mod messages;
mod monitors;
mod notices;
mod slow;
mod stage;
mod waiting;
