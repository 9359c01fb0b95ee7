//! Snapshots: all partitions as effects that make them anew, each as it was at a number of its sequence.

pub(crate) mod format;
pub(crate) mod reading;
mod taking;

pub(crate) use format::snapshot_number;
pub use taking::{Cut, Host, Stopped, TakeError, Taken, take};
