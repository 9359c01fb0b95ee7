//! ZooKeeper's tree of nodes, with its sessions and watches, as a pure, deterministic state machine.
//!
//! [`Store`] applies decided [`Command`]s and answers [`Response`]s; it implements [`synod_machine::StateMachine`]. Reads are
//! methods of the store. A [`Hub`] turns what was applied into the events of watches. Locks that clients build of nodes are
//! recognized and told ([`Store::locks`]).
//!
//! It promises: equal commands in equal order give equal states, answers, sizes, digests and snapshots; one zxid per request,
//! never repeated; an ephemeral node goes with its session, in one step; a session that was acknowledged by the leader within its
//! time-out does not expire; a watch is told once, in the order of zxids, of what it asked for.
//!
//! It does not know: logs, peers, wires, passwords, clocks (time is handed in, and only the leader's soft state uses it).

mod acl;
mod acl_table;
mod apply;
mod change;
mod command;
mod derived;
mod error;
mod incarnation;
mod kind;
mod lead;
mod lock;
pub mod mutation;
mod node;
mod path;
mod quota;
mod read;
mod renewal;
mod response;
mod session;
mod snapshot;
mod soft;
mod state;
mod store;
mod watch;
mod work;
mod zxid;

pub use acl::{Acl, Id, Permissions, Readers};
pub use command::{Asker, Command, Limits, MULTI_OPS_MAX, Op, Write};
pub use error::Error;
pub use incarnation::{INCARNATION_LEVEL, INCARNATION_PATH};
pub use kind::{CreateMode, Kind, TTL_MAX_MS};
pub use lock::{Contender, Lock, LockPage, Mode, Release, Token};
pub use node::Stat;
pub use path::Path;
pub use read::{Below, DataAndStat, Sizes};
pub use response::{Answer, Done, MultiFailure, Outcome, Response};
pub use session::{Attachment, Password, Session, SessionId};
pub use snapshot::SnapshotReader;
pub use soft::{TOUCH_MAX, Touch, Touched};
pub use store::{Settings, Store};
pub use watch::{
    ConnectionId, EventKind, Hub, Notice, SetAgain, WatchBounds, WatchCounts, WatchMode,
    WatchesFull,
};
pub use zxid::Zxid;
