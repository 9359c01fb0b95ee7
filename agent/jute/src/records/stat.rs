//! What is known of a node besides its data.

use crate::declare::record;
use crate::{SessionId, Zxid};

record! {
    /// A node's stat (`org.apache.zookeeper.data.Stat`), 68 bytes.
    #[derive(Copy, Default)]
    pub struct Stat {
        /// When it was created.
        pub czxid: Zxid,
        /// When its data were set last.
        pub mzxid: Zxid,
        /// When it was created, in milliseconds since 1970.
        pub ctime_ms: i64,
        /// When its data were set last, in milliseconds since 1970.
        pub mtime_ms: i64,
        /// How often its data were set.
        pub version: i32,
        /// How often its children changed. ZooKeeper counts their creations, which is the number that sequential names
        /// get, and tells twice that less the children there are: -1 of a root that has `/zookeeper` alone.
        pub cversion: i32,
        /// How often its access list was set.
        pub aversion: i32,
        /// The session that it goes with; 0 for none. Containers and nodes with a time to live have special values here.
        pub ephemeral_owner: SessionId,
        /// Bytes of its data.
        pub data_length: i32,
        /// Its children.
        pub num_children: i32,
        /// When its children changed last.
        pub pzxid: Zxid,
    }
}
