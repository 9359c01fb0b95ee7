//! Snapshots: written from a pinned view while the machine goes on, sent to members that lag too far, received,
//! verified and only then installed.

mod format;
mod receiving;
mod sending;
mod writing;

pub(crate) use format::{Header, LoadError, Loaded, Loading, Step, snapshot_file, snapshot_slot};
pub(crate) use receiving::{Received, Receiver};
pub(crate) use sending::{Pace, Sender, Sent};
pub(crate) use writing::{Writing, Written};

/// The file a snapshot is written to before it is whole.
pub(crate) const WRITING: &str = "snapshot.tmp";
/// The file a snapshot is received into before it is verified.
pub(crate) const RECEIVING: &str = "received.tmp";
