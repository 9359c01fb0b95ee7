//! Multi-Paxos as a pure state machine.
//!
//! This crate is the replication core of Synod: ballots, acceptor, proposer, leader, log, quorums, leases and
//! membership. It promises that no two replicas ever decide different entries for one slot, whatever is lost,
//! repeated, reordered or restarted, as long as what [`Ready::persist`] holds is kept.
//!
//! It knows nothing of sockets, disks, clocks, entropy or threads: time is handed in as [`Now`], randomness as a
//! seed, and everything it wants done comes out as a [`Ready`]. It does not look into commands either.
//!
//! The protocol is Multi-Paxos with a stable leader (Lamport, "Paxos Made Simple", 2001) in which acceptors accept
//! only contiguous prefixes within a ballot (as in Sequence Paxos: Haridi, Kroll, Carbone, "Lecture Notes on
//! Leader-based Sequence Paxos", 2020), elections are won by quorum-connected nodes (as in Omni-Paxos: Ng, Haridi,
//! Carbone, EuroSys 2023), and configurations are decided in the log itself.

mod acceptor;
mod election;
mod feeding;
mod following;
mod heartbeat;
mod leader;
mod log;
mod membership;
mod message;
pub mod mutation;
mod progress;
mod reads;
mod ready;
mod replica;
mod settings;
mod standing;
mod status;
mod storage;
mod types;

pub use leader::ProposeError;
pub use membership::{ChangeError, TransferError};
pub use message::{Body, Message};
pub use reads::ReadError;
pub use ready::{Outbound, ReadDone, Ready, Record};
pub use replica::Replica;
pub use settings::{Base, Bounds, Lease, Settings, Timing};
pub use standing::Standing;
pub use status::{MemberProgress, RoleName, Status};
pub use types::{
    Ballot, Change, ConfigId, Configuration, Entry, Member, MemberRole, Node, Now, Payload,
    Quorums, Slot, Span,
};
