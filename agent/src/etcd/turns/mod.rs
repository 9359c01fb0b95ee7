//! Taking turns: the lock and election services of etcd, made of keys, leases and watches like any client would.
//!
//! Whoever wants a turn creates a key under the name's prefix, bound to a lease. Turns go by creation revision: it is
//! one's turn when no older key is left. What must not be left behind is cleaned up even when the client goes away while
//! it waits.

mod claim;
pub(crate) mod election;
pub(crate) mod lock;
mod vacancy;
