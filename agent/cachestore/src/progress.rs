//! When the log syncs, and how far it has come.

use synod_replica::{Now, Span};

/// When what is written is synced: the meanings of `appendfsync`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    /// Before the reply.
    Always,
    /// Each second.
    #[default]
    EverySecond,
    /// When the system does it by itself.
    Never,
}

/// With [`Fsync::EverySecond`], when the oldest of what is not synced has waited for so long, replies wait for the disk: as in Redis,
/// whose writes wait then.
pub const LAG_MAX: Span = Span::from_millis(2000);

/// How far the log has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Up to this place it is written: the process may die.
    pub written: u64,
    /// Up to this place it is synced: the machine may.
    pub synced: u64,
    /// Since when something written is not synced.
    pub unsynced_since: Option<Now>,
    /// How often a new segment was begun of those that were asked for.
    pub cuts: u64,
    /// The newest of these segments, and the number of its first group commit.
    pub cut: Option<(u64, u64)>,
    /// The disk has no space.
    pub is_full: bool,
    /// The log can be trusted no more; the system's words.
    pub failed: Option<String>,
}
