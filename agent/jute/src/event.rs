//! Events: what a watch sends.

use crate::Text;
use crate::declare::{numbered, record};

numbered! {
    /// What happened. A server sends the first four alone; the others are made in clients.
    pub enum EventType {
        /// A node came.
        NodeCreated = 1,
        /// A node went.
        NodeDeleted = 2,
        /// A node's data was set.
        NodeDataChanged = 3,
        /// A child came or went.
        NodeChildrenChanged = 4,
        /// A client's watch was taken away.
        DataWatchRemoved = 5,
        /// A client's watch was taken away.
        ChildWatchRemoved = 6,
        /// A client's watch was taken away.
        PersistentWatchRemoved = 7,
        /// Nothing of a node; the state changed.
        None = -1,
    }
}

numbered! {
    /// The connection's state in an event. A server sends [`KeeperState::SyncConnected`] alone.
    pub enum KeeperState {
        /// No connection.
        Disconnected = 0,
        /// Not used any more.
        NoSyncConnected = 1,
        /// Connected.
        SyncConnected = 3,
        /// Credentials were refused.
        AuthFailed = 4,
        /// Connected to a member that only reads.
        ConnectedReadOnly = 5,
        /// SASL succeeded.
        SaslAuthenticated = 6,
        /// The client was closed.
        Closed = 7,
        /// The session is over.
        Expired = -112,
        /// Not used any more.
        Unknown = -1,
    }
}

record! {
    /// An event, in a frame of its own whose header has [`Xid::EVENT`](crate::Xid::EVENT),
    /// [`Zxid::NONE`](crate::Zxid::NONE) and no error.
    pub struct WatcherEvent {
        /// What happened.
        pub kind: EventType,
        /// The connection's state.
        pub state: KeeperState,
        /// The node.
        pub path: Text,
    }
}
