//! What reads nodes.

use bytes::Bytes;

use super::{Acl, Stat};
use crate::Text;
use crate::declare::record;

record! {
    /// Of exists, getData, getChildren and getChildren2.
    pub struct ReadRequest {
        /// The node.
        pub path: Text,
        /// Whether to set a watch. exists sets it where there is no node, too. A multiRead sets none whatever this says.
        pub watch: bool,
    }
}

record! {
    /// Of getACL and getAllChildrenNumber.
    pub struct PathRequest {
        /// The node.
        pub path: Text,
    }
}

record! {
    /// Of sync.
    pub struct SyncRequest {
        /// A node, of which nothing is looked at; the reply has it again.
        pub path: Option<Text>,
    }
}

record! {
    /// To sync.
    pub struct SyncResponse {
        /// The request's.
        pub path: Option<Text>,
    }
}

record! {
    /// Of getEphemerals.
    pub struct GetEphemeralsRequest {
        /// What the paths begin with; null, empty and `/` take all.
        pub prefix: Option<Text>,
    }
}

record! {
    /// To getEphemerals.
    pub struct GetEphemeralsResponse {
        /// The paths, in no order.
        pub ephemerals: Vec<Text>,
    }
}

record! {
    /// To getData.
    pub struct GetDataResponse {
        /// The data; null of a node that was made with null.
        pub data: Option<Bytes>,
        /// The stat.
        pub stat: Stat,
    }
}

record! {
    /// To getACL.
    pub struct GetAclResponse {
        /// The access list. Who has no right of administration sees `x` for the digest in ids of the scheme `digest`.
        pub acl: Vec<Acl>,
        /// The stat.
        pub stat: Stat,
    }
}

record! {
    /// To getChildren.
    pub struct GetChildrenResponse {
        /// The children's names, in no order.
        pub children: Vec<Text>,
    }
}

record! {
    /// To getChildren2.
    pub struct GetChildren2Response {
        /// The children's names, in no order.
        pub children: Vec<Text>,
        /// The parent's stat.
        pub stat: Stat,
    }
}
