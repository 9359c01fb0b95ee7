//! The engine: the one task that owns a driver, and the handle by which everything else speaks to it.
//!
//! Promises: what goes into a driver goes in here, in batches, one turn after the other; each request is answered
//! exactly once. A front end never waits for a lock and never sees a machine between two applies.
//! Knows nothing of wires, certificates or files.

mod handle;

pub use handle::{Engine, InspectThen, Live, MembershipStep, ReadThen, Request};
