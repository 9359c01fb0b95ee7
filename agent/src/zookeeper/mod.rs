//! The ZooKeeper client protocol: wire to command and back.
//!
//! One task owns a connection's socket; what clients ask is done in the engine's loop, in each connection's order, and what is to be
//! sent is put into the connection's outbox there. So order needs no locks and no numbers: an event is in the outbox before the
//! reply that shows its cause, because the loop put it there before.
//!
//! | file | what it is |
//! |---|---|
//! | `server` | the listener |
//! | `opening` | the first bytes of a connection: a four-letter word, or a session |
//! | `connection` | the socket's task: frames in, the outbox out |
//! | `outbox` | what is to be sent |
//! | `budget` | the memory of all connections together |
//! | `desk` | what lives in the loop: watches, and the outboxes that they fill |
//! | `pipeline` | a connection's requests, one run of them after the other |
//! | `refusals` | what cannot be read, answered |
//! | `aside` | work that takes its time, done beside the loop |
//! | `resumed` | connections that go on once everybody is answered in a turn |
//! | `reads`, `writes`, `watches` | the requests themselves |
//! | `pulse` | which sessions were heard of, told to the leader; pings |
//! | `read_only` | clients that are served without a leader |
//! | `members` | who the members are, for `/zookeeper/config` |
//! | `credentials`, `sasl` | what a connection proved to be |
//! | `records`, `errors` | the core's words as the wire's |
//! | `words`, `commands` | four-letter words; the commands of ZooKeeper's AdminServer |
//! | `facts` | what both are answered from |
//! | `simulated` | all of this without sockets and timers, for the simulator |
//! | `lock_metrics` | the metrics of those locks that have some of their own |
//! | `locks` | the locks and their clients, for the admin API |
//!
//! It does not know: ballots, disks, peers.

mod aside;
mod budget;
mod commands;
mod connection;
mod credentials;
mod desk;
mod errors;
mod facts;
mod front;
mod lock_metrics;
mod locks;
mod members;
mod metrics;
mod opening;
mod outbox;
mod pipeline;
mod pulse;
mod read_only;
mod reads;
mod records;
mod refusals;
mod resumed;
mod sasl;
mod server;
#[cfg(feature = "simulation")]
pub mod simulated;
mod users;
mod watches;
mod words;
mod writes;

pub use commands::commands_routes;
pub use front::{Front, Reads, Settings};
pub use locks::locks_routes;
pub use pipeline::RUN_BYTES_MAX;
pub use server::serve;
pub use users::{UsersError, read_users};
