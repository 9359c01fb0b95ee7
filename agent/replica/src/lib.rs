//! The driver of a replicated core: one event loop around `synod_paxos::Replica` and a state machine.
//!
//! It owns the write-ahead log, recovery, the peer protocol, timers, forwarding, deduplication and snapshots. It promises
//! that nothing is answered before it is decided and applied, and that nothing is promised to a peer before it is on
//! disk. It reaches the world only through the byte-level [`Disk`] and [`Net`] handed to it and the [`Now`] of each
//! call, so the simulator runs it unchanged. It knows nothing of etcd, TLS, tokio or files of the operating system.

mod codec;
mod driver;
mod envelope;
mod event;
mod identity;
mod io;
mod member;
pub mod mutation;
mod origins;
mod recovery;
mod replicated;
mod script;
mod settings;
mod snapshot;
mod status;
#[cfg(test)]
mod tests;
mod wal;
mod wire;

pub use codec::DecodeError;
pub use driver::Driver;
pub use event::{ChangeRefusal, Event, Output, Refusal, Request, Ticket};
pub use io::{Completion, Disk, DiskError, DiskOp, DiskTicket, Net, NetEvent};
pub use member::MemberContext;
pub use settings::{Bounds, ClusterUid, Settings, StartMode};
pub use status::{Counters, DiskState, DriverStatus, Glance, OpenError, Phase, Quarantine};
pub use synod_machine::{
    Applied, Command, Damaged, SnapshotReader, Stamp, StateMachine, UnknownCommand,
};
pub use synod_paxos::{Now, Span};
pub use wal::framing;
pub use wire::overhear;
