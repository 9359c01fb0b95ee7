//! Answers, as plain values; the front end turns them into the wire's.

use crate::command::Alarm;
use crate::error::Error;
use crate::version::KeyValue;

/// The answer to a range read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeResponse {
    /// The keys, in the asked order.
    pub kvs: Vec<KeyValue>,
    /// Whether the limit left some out.
    pub more: bool,
    /// Keys in the range; limit and revision filters do not change it.
    pub count: i64,
    /// The store's revision when it was read.
    pub revision: i64,
}

/// The answer to a put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutResponse {
    /// What the key was before, if asked for and if it existed.
    pub prev_kv: Option<KeyValue>,
    /// The revision of the write.
    pub revision: i64,
}

/// The answer to a delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteRangeResponse {
    /// How many keys were deleted.
    pub deleted: i64,
    /// What they were, if asked for.
    pub prev_kvs: Vec<KeyValue>,
    /// The revision of the delete; the store's if nothing was deleted.
    pub revision: i64,
}

/// The answer to one operation of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpResponse {
    /// To a range read.
    Range(RangeResponse),
    /// To a put.
    Put(PutResponse),
    /// To a delete.
    DeleteRange(DeleteRangeResponse),
    /// To a nested transaction.
    Txn(TxnResponse),
}

/// The answer to a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxnResponse {
    /// Whether all compares held.
    pub succeeded: bool,
    /// One answer for each operation of the branch that ran.
    pub responses: Vec<OpResponse>,
}

/// What a command was answered, if it was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To `Put`.
    Put(PutResponse),
    /// To `DeleteRange`.
    DeleteRange(DeleteRangeResponse),
    /// To `Txn`.
    Txn(TxnResponse),
    /// To `Compact`.
    Compact,
    /// To `LeaseGrant`: the time to live in seconds that was granted.
    LeaseGrant {
        /// The lease's id.
        id: i64,
        /// Its time to live in seconds.
        ttl: i64,
    },
    /// To `LeaseRevoke`, and to an effective `LeaseExpire`.
    LeaseRevoke {
        /// How many keys were deleted with it.
        deleted: i64,
    },
    /// To a `LeaseExpire` that came from an old leader or for a lease that is gone.
    LeaseExpireIgnored,
    /// To the alarm commands: what was raised or disarmed by it.
    Alarm(Vec<Alarm>),
    /// To `Configure`.
    Configure,
    /// To `Reclaim`.
    Reclaim,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The store's revision after the command: the header's revision.
    pub revision: i64,
    /// The reply, or why it was refused.
    pub result: Result<Reply, Error>,
}
