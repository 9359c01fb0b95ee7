//! Bodies of requests and replies, in the fields and the order of ZooKeeper's definition.

mod acl;
mod connect;
mod multi;
mod nodes;
mod reads;
mod session;
mod stat;
mod watches;

pub use acl::{Acl, Id, permissions};
pub use connect::{ConnectRequest, ConnectResponse};
pub use multi::{MultiOp, MultiRequest, MultiResponse, OpResult};
pub use nodes::{
    CheckVersionRequest, Create2Response, CreateRequest, CreateResponse, CreateTtlRequest,
    DeleteRequest, ReconfigRequest, SetAclRequest, SetDataRequest,
};
pub use reads::{
    GetAclResponse, GetChildren2Response, GetChildrenResponse, GetDataResponse,
    GetEphemeralsRequest, GetEphemeralsResponse, PathRequest, ReadRequest, SyncRequest,
    SyncResponse,
};
pub use session::{AuthRequest, ClientInfo, SaslRequest, SaslResponse, WhoAmIResponse};
pub use stat::Stat;
pub use watches::{
    AddWatchRequest, AddWatchResponse, SetWatches2Request, SetWatchesRequest, WatchesRequest,
};
