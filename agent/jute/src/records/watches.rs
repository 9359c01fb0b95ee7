//! What sets and takes away watches.

use crate::declare::record;
use crate::{AddWatchMode, ErrorCode, Text, WatcherType, Zxid};

record! {
    /// Of addWatch.
    pub struct AddWatchRequest {
        /// The node, which need not be there.
        pub path: Text,
        /// What is watched.
        pub mode: AddWatchMode,
    }
}

record! {
    /// To addWatch (`ErrorResponse`).
    pub struct AddWatchResponse {
        /// Always OK.
        pub error: ErrorCode,
    }
}

record! {
    /// Of checkWatches and removeWatches; their replies are headers alone, with NOWATCHER if there is none. ZooKeeper 3.8.0
    /// says of checkWatches that there is one if any connection has it, and NOWATCHER below a recursive one.
    pub struct WatchesRequest {
        /// The node.
        pub path: Text,
        /// Which watches.
        pub kind: WatcherType,
    }
}

record! {
    /// Of setWatches; its reply is a header alone, after the events of what was missed.
    pub struct SetWatchesRequest {
        /// What the client saw last; what changed later is told at once.
        pub relative_zxid: Zxid,
        /// Nodes whose data are watched.
        pub data_watches: Vec<Text>,
        /// Nodes that were not there and whose coming is watched.
        pub exist_watches: Vec<Text>,
        /// Nodes whose children are watched.
        pub child_watches: Vec<Text>,
    }
}

record! {
    /// Of setWatches2; its reply is a header alone, after the events of what was missed. Persistent watches are set without
    /// a look at what was missed.
    pub struct SetWatches2Request {
        /// What the client saw last; what changed later is told at once.
        pub relative_zxid: Zxid,
        /// Nodes whose data are watched.
        pub data_watches: Vec<Text>,
        /// Nodes that were not there and whose coming is watched.
        pub exist_watches: Vec<Text>,
        /// Nodes whose children are watched.
        pub child_watches: Vec<Text>,
        /// Nodes with persistent watches.
        pub persistent_watches: Vec<Text>,
        /// Nodes with persistent recursive watches.
        pub persistent_recursive_watches: Vec<Text>,
    }
}

impl From<SetWatchesRequest> for SetWatches2Request {
    /// As one without persistent watches.
    fn from(set: SetWatchesRequest) -> Self {
        Self {
            relative_zxid: set.relative_zxid,
            data_watches: set.data_watches,
            exist_watches: set.exist_watches,
            child_watches: set.child_watches,
            persistent_watches: Vec::new(),
            persistent_recursive_watches: Vec::new(),
        }
    }
}
