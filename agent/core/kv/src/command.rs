//! What can be asked of the store: commands, which are decided in the log, and the range read that transactions and
//! queries share. Builders and types only; the bytes are in `command/wire.rs`, the meaning of each command in a file
//! of its own under `apply/`.

mod check;
mod wire;

use bytes::Bytes;
use synod_paxos::Ballot;

use crate::key_range::KeyRange;

/// Transactions nest at most this deep. etcd bounds nesting by the operations a client may send (128 by default), of
/// which every level takes at least one.
pub const TXN_DEPTH_MAX: usize = 129;

/// Operations on one level of a transaction, etcd's default.
pub const TXN_OPS_MAX: usize = 128;

/// The longest time to live of a lease, in seconds: etcd's bound.
pub const LEASE_TTL_MAX_S: i64 = 9_000_000_000;

/// What a sorted range is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortTarget {
    /// The key.
    #[default]
    Key,
    /// The version.
    Version,
    /// The create revision.
    Create,
    /// The mod revision.
    Mod,
    /// The value.
    Value,
}

/// How a range is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortOrder {
    /// As etcd does it: by key; with another target ascending, but after the limit cut the range in key order.
    #[default]
    None,
    /// Smallest first.
    Ascend,
    /// Greatest first.
    Descend,
}

/// A range read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Which keys.
    pub range: KeyRange,
    /// At most this many keys; 0 or less is no limit.
    pub limit: i64,
    /// As of this revision; 0 or less is the newest.
    pub revision: i64,
    /// The order of the answer.
    pub order: SortOrder,
    /// What it is ordered by.
    pub target: SortTarget,
    /// Leave the values out.
    pub keys_only: bool,
    /// Only count.
    pub count_only: bool,
    /// Only keys modified at or after this revision; 0 does not filter. The three below likewise.
    pub mod_revision_min: i64,
    /// Only keys modified at or before this revision.
    pub mod_revision_max: i64,
    /// Only keys created at or after this revision.
    pub create_revision_min: i64,
    /// Only keys created at or before this revision.
    pub create_revision_max: i64,
}

impl Range {
    /// A plain read of `range` at the newest revision.
    #[must_use]
    pub const fn new(range: KeyRange) -> Self {
        Self {
            range,
            limit: 0,
            revision: 0,
            order: SortOrder::None,
            target: SortTarget::Key,
            keys_only: false,
            count_only: false,
            mod_revision_min: 0,
            mod_revision_max: 0,
            create_revision_min: 0,
            create_revision_max: 0,
        }
    }
}

/// Writes one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// The key; not empty.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
    /// The lease the key is attached to, or 0.
    pub lease: i64,
    /// Answer with what the key was before.
    pub prev_kv: bool,
    /// Keep the key's value; it must exist.
    pub ignore_value: bool,
    /// Keep the key's lease; it must exist.
    pub ignore_lease: bool,
}

/// Deletes a range of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteRange {
    /// Which keys.
    pub range: KeyRange,
    /// Answer with what the keys were before.
    pub prev_kv: bool,
}

/// How a compare's sides must stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareResult {
    /// The stored side equals the given one.
    Equal,
    /// The stored side is greater.
    Greater,
    /// The stored side is less.
    Less,
    /// The stored side differs.
    NotEqual,
}

/// What is compared, with the given side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareTarget {
    /// The version; 0 for a key that does not exist. The others likewise.
    Version(i64),
    /// The create revision.
    Create(i64),
    /// The mod revision.
    Mod(i64),
    /// The value; never true for a key that does not exist.
    Value(Bytes),
    /// The lease.
    Lease(i64),
}

/// One condition of a transaction: it must hold for every key of the range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compare {
    /// Which keys.
    pub range: KeyRange,
    /// How the sides must stand.
    pub result: CompareResult,
    /// What is compared.
    pub target: CompareTarget,
}

/// One operation of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A read.
    Range(Range),
    /// A write.
    Put(Put),
    /// A delete.
    DeleteRange(DeleteRange),
    /// A transaction within.
    Txn(Txn),
}

/// A transaction: if all compares hold, the operations of `success` run, otherwise those of `failure`. All compares,
/// nested ones too, see the state before the transaction; reads see the writes before them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Txn {
    /// The conditions.
    pub compare: Vec<Compare>,
    /// What runs if they hold.
    pub success: Vec<Op>,
    /// What runs otherwise.
    pub failure: Vec<Op>,
}

/// What an alarm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmKind {
    /// The state reached its quota: what would grow it is refused.
    NoSpace,
    /// A member's state differs: nothing is served.
    Corrupt,
}

/// An active alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alarm {
    /// Whose alarm it is (a member id as the front end knows it). 0 is the group's own NoSpace alarm: it is raised by
    /// the store itself and disarms itself when space is back; disarming any NoSpace alarm disarms it too.
    pub member: u64,
    /// What it says.
    pub kind: AlarmKind,
}

/// Limits that all members must apply alike, so they are part of the replicated state. A leader whose
/// [`Settings`](crate::Settings) differ proposes its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of state, as [`Sizes::bytes`](crate::Sizes) counts them, that nothing may grow over.
    pub quota_bytes: u64,
    /// The shortest time to live of a lease, in seconds; shorter ones are lengthened.
    pub lease_ttl_min_s: i64,
}

impl Default for Limits {
    /// 2 GiB as in etcd; 2 s, what etcd's default timing gives.
    fn default() -> Self {
        Self {
            quota_bytes: 2 << 30,
            lease_ttl_min_s: 2,
        }
    }
}

/// A command, as it is decided in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Writes one key.
    Put(Put),
    /// Deletes a range.
    DeleteRange(DeleteRange),
    /// Runs a transaction.
    Txn(Txn),
    /// Forgets what only revisions before this one show.
    Compact {
        /// The oldest revision that stays readable.
        revision: i64,
    },
    /// Grants a lease.
    LeaseGrant {
        /// Its id, chosen by the client or at random by the front end; never 0.
        id: i64,
        /// Its time to live in seconds.
        ttl: i64,
    },
    /// Revokes a lease and deletes its keys.
    LeaseRevoke {
        /// Its id.
        id: i64,
    },
    /// As revoke, proposed by a leader when a lease ran out. Ignored unless that leader's ballot is the newest so far
    /// and the lease is the very one that ran out.
    LeaseExpire {
        /// Its id.
        id: i64,
        /// The slot in which it was granted: an id may be granted again.
        granted: u64,
        /// The ballot of the leader whose clock it is.
        ballot: Ballot,
    },
    /// Raises an alarm.
    AlarmActivate(Alarm),
    /// Disarms an alarm.
    AlarmDeactivate(Alarm),
    /// Sets the limits.
    Configure(Limits),
    /// Does a larger step of pending reclamation; proposed by a leader while nothing else is.
    Reclaim,
}

impl From<Put> for Command {
    fn from(put: Put) -> Self {
        Self::Put(put)
    }
}

impl From<DeleteRange> for Command {
    fn from(delete: DeleteRange) -> Self {
        Self::DeleteRange(delete)
    }
}

impl From<Txn> for Command {
    fn from(txn: Txn) -> Self {
        Self::Txn(txn)
    }
}

impl Txn {
    /// Whether no branch writes: such a transaction need not go through the log, [`Store::read_txn`](crate::Store)
    /// answers it.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.success.iter().chain(&self.failure).all(|op| match op {
            Op::Range(_) => true,
            Op::Put(_) | Op::DeleteRange(_) => false,
            Op::Txn(txn) => txn.is_read_only(),
        })
    }
}
