//! The engine: the one task that owns a driver, and the handle by which everything else speaks to it.
//!
//! Promises: what goes into a driver goes in here, in batches, one turn after the other; each request is answered
//! exactly once. A front end never waits for a lock and never sees a machine between two applies.
//! Knows nothing of wires, certificates or files.
//!
//! The loop and the tasks of connections are meant to share one thread: a request then crosses no thread, only the
//! disk's completions do.

mod attendance;
mod handle;
mod inbox;
mod pending;
mod report;
#[cfg(feature = "simulation")]
pub mod simulated;
mod turn;

pub use handle::{
    AfterTurn, Engine, Guest, InspectThen, Live, MembershipStep, ProposeThen, ReadThen, Report,
    Request,
};
pub use inbox::{Feeds, feeds};
pub use report::{Facts, status_of};
pub use turn::{Loop, start};
