//! What changes nodes.

use bytes::Bytes;

use super::{Acl, Stat};
use crate::Text;
use crate::declare::record;

record! {
    /// Of create, create2 and createContainer.
    pub struct CreateRequest {
        /// The node; of a sequential one, what comes before the number.
        pub path: Text,
        /// Its data. Null is kept as null and read as null.
        pub data: Option<Bytes>,
        /// Its access list; null and empty are INVALIDACL.
        pub acl: Option<Vec<Acl>>,
        /// A [`CreateMode`](crate::CreateMode), or else BADARGUMENTS.
        pub flags: i32,
    }
}

record! {
    /// Of createTTL.
    pub struct CreateTtlRequest {
        /// The node; of a sequential one, what comes before the number.
        pub path: Text,
        /// Its data.
        pub data: Option<Bytes>,
        /// Its access list; null and empty are INVALIDACL.
        pub acl: Option<Vec<Acl>>,
        /// A [`CreateMode`](crate::CreateMode), or else BADARGUMENTS.
        pub flags: i32,
        /// How long it stays without a change, in milliseconds; from 1 to 2^40 - 1.
        pub ttl_ms: i64,
    }
}

record! {
    /// To create, and to createContainer and createTTL within a transaction of the oldest clients.
    pub struct CreateResponse {
        /// The node, with its number.
        pub path: Text,
    }
}

record! {
    /// To create2, createContainer and createTTL.
    pub struct Create2Response {
        /// The node, with its number.
        pub path: Text,
        /// Its stat.
        pub stat: Stat,
    }
}

record! {
    /// Of delete; its reply is a header alone.
    pub struct DeleteRequest {
        /// The node.
        pub path: Text,
        /// The version that it must have; -1 for any.
        pub version: i32,
    }
}

record! {
    /// Of check.
    ///
    /// Outside of a transaction ZooKeeper answers only if it fails: a check that succeeds has a reply that cannot be
    /// written, and so the client never hears of it (3.8), or its connection is closed (3.9).
    pub struct CheckVersionRequest {
        /// The node.
        pub path: Text,
        /// The version that it must have; -1 for any.
        pub version: i32,
    }
}

record! {
    /// Of setData; the reply is a [`Stat`].
    pub struct SetDataRequest {
        /// The node.
        pub path: Text,
        /// The new data.
        pub data: Option<Bytes>,
        /// The version that it must have; -1 for any.
        pub version: i32,
    }
}

record! {
    /// Of setACL; the reply is a [`Stat`].
    pub struct SetAclRequest {
        /// The node.
        pub path: Text,
        /// The new access list; null and empty are INVALIDACL.
        pub acl: Option<Vec<Acl>>,
        /// The version that the access list must have; -1 for any.
        pub version: i32,
    }
}

record! {
    /// Of reconfig; the reply is a [`GetDataResponse`](super::GetDataResponse) of the configuration.
    pub struct ReconfigRequest {
        /// Servers to add, separated by commas.
        pub joining_servers: Option<Text>,
        /// Ids of servers to remove, separated by commas.
        pub leaving_servers: Option<Text>,
        /// All servers, instead of the two above.
        pub new_members: Option<Text>,
        /// The version that the configuration must have; -1 for any.
        pub cur_config_id: i64,
    }
}
