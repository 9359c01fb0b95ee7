//! How much watches may take.

/// What a watch takes besides its path's bytes, at most: places in two maps, and a map of its own for who watches the path.
pub(super) const WATCH_OVERHEAD_BYTES: u64 = 256;

/// The bounds on watches of one member. One watch is one path of one connection, in whichever modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchBounds {
    /// Bytes of those of one connection.
    pub connection_bytes_max: u64,
    /// Bytes of all.
    pub bytes_max: u64,
}

impl WatchBounds {
    /// None.
    pub const NONE: Self = Self {
        connection_bytes_max: u64::MAX,
        bytes_max: u64::MAX,
    };
}

impl Default for WatchBounds {
    fn default() -> Self {
        Self::NONE
    }
}

/// A watch is beyond a bound, and was not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchesFull {
    /// The connection has as many as it may.
    Connection,
    /// All connections together have.
    Member,
}
