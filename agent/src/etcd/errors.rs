//! Every answer of the front end that is not a success: etcd's code and etcd's words, since clients match both.
//!
//! The one place where the errors of the layers below become wire errors. Source: etcd's `api/v3rpc/rpctypes`.

use synod_replica::Refusal;
use tonic::{Code, Status};

macro_rules! table {
    ($($(#[doc = $what:literal])+ $name:ident: $code:ident, $words:literal;)+) => {
        /// A wire error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EtcdError {
            $($(#[doc = $what])+ $name,)+
        }

        impl EtcdError {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The gRPC code.
            #[must_use]
            pub const fn code(self) -> Code {
                match self {
                    $(Self::$name => Code::$code,)+
                }
            }

            /// The words, as etcd sends them.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)+
                }
            }
        }
    };
}

table! {
    /// A request names no key.
    EmptyKey: InvalidArgument, "etcdserver: key is not provided";
    /// `ignore_value` or `ignore_lease` on a key that does not exist, or an empty operation in a transaction.
    KeyNotFound: InvalidArgument, "etcdserver: key not found";
    /// A value together with `ignore_value`.
    ValueProvided: InvalidArgument, "etcdserver: value is provided";
    /// A lease together with `ignore_lease`.
    LeaseProvided: InvalidArgument, "etcdserver: lease is provided";
    /// A transaction with more operations than the bound.
    TooManyOps: InvalidArgument, "etcdserver: too many operations in txn request";
    /// A transaction that writes a key twice.
    DuplicateKey: InvalidArgument, "etcdserver: duplicate key given in txn request";
    /// The client's version metadata is not text.
    InvalidClientApiVersion: InvalidArgument, "etcdserver: invalid client api version";
    /// A sort order or target that does not exist.
    InvalidSortOption: InvalidArgument, "etcdserver: invalid sort option";
    /// The revision asked for is gone.
    Compacted: OutOfRange, "etcdserver: mvcc: required revision has been compacted";
    /// The revision asked for is not there yet.
    FutureRev: OutOfRange, "etcdserver: mvcc: required revision is a future revision";
    /// The quota is used up: only reads, deletions and compactions are taken.
    NoSpace: ResourceExhausted, "etcdserver: mvcc: database space exceeded";
    /// There is no such lease.
    LeaseNotFound: NotFound, "etcdserver: requested lease not found";
    /// A grant with the number of a living lease.
    LeaseExist: FailedPrecondition, "etcdserver: lease already exists";
    /// A grant for more than 9,000,000,000 s.
    LeaseTtlTooLarge: OutOfRange, "etcdserver: too large lease TTL";
    /// The stream was cancelled.
    WatchCanceled: Cancelled, "etcdserver: watch canceled";
    /// A member of that number exists.
    MemberExist: FailedPrecondition, "etcdserver: member ID already exist";
    /// Another member has one of the peer URLs.
    PeerUrlExist: FailedPrecondition, "etcdserver: Peer URLs already exists";
    /// The step would leave too few running voters.
    MemberNotEnoughStarted: FailedPrecondition, "etcdserver: re-configuration failed due to not enough started members";
    /// Peer URLs that are none.
    MemberBadUrls: InvalidArgument, "etcdserver: given member URLs are invalid";
    /// There is no such member.
    MemberNotFound: NotFound, "etcdserver: member not found";
    /// The member to promote votes already.
    MemberNotLearner: FailedPrecondition, "etcdserver: can only promote a learner member";
    /// The member to promote has not caught up.
    LearnerNotReady: FailedPrecondition, "etcdserver: can only promote a learner member which is in sync with leader";
    /// A request of more bytes than the bound.
    RequestTooLarge: InvalidArgument, "etcdserver: request is too large";
    /// Too much is in flight on this member: try again.
    TooManyRequests: ResourceExhausted, "etcdserver: too many requests";
    /// Authentication cannot be enabled yet.
    RootUserNotExist: FailedPrecondition, "etcdserver: root user does not exist";
    /// There is no such user.
    UserNotFound: FailedPrecondition, "etcdserver: user name not found";
    /// There is no such role.
    RoleNotFound: FailedPrecondition, "etcdserver: role name not found";
    /// A token was asked for while authentication is off.
    AuthNotEnabled: FailedPrecondition, "etcdserver: authentication is not enabled";
    /// No leader is known.
    NoLeader: Unavailable, "etcdserver: no leader";
    /// Only the leader answers this.
    NotLeader: FailedPrecondition, "etcdserver: not leader";
    /// Leadership was lost while the request was under way.
    LeaderChanged: Unavailable, "etcdserver: leader changed";
    /// This member stops, or has stopped itself.
    Stopped: Unavailable, "etcdserver: server stopped";
    /// Not answered in time; a write may still happen.
    Timeout: Unavailable, "etcdserver: request timed out";
    /// Too few members are reachable for the step.
    Unhealthy: Unavailable, "etcdserver: unhealthy cluster";
    /// A CORRUPT alarm stands: nothing is read or written.
    Corrupt: DataLoss, "etcdserver: corrupt cluster";
    /// A learner answers only stale reads and its status.
    NotSupportedForLearner: FailedPrecondition, "etcdserver: rpc not supported for learner";
    /// The wanted leader is no voter.
    BadLeaderTransferee: FailedPrecondition, "etcdserver: bad leader transferee";
    /// The wanted leader did not take over in time.
    TimeoutLeaderTransfer: Unknown, "etcdserver: request timed out, leader transfer took too long";
    /// A downgrade target that is no version.
    WrongDowngradeVersionFormat: InvalidArgument, "etcdserver: wrong downgrade target version format";
    /// A downgrade to a version that is not one below.
    InvalidDowngradeTargetVersion: InvalidArgument, "etcdserver: invalid downgrade target version";
    /// Something on a fence that is no token, or that would expire. etcd knows no fences.
    NotAFence: InvalidArgument, "synod: what is put on a fence is a token of 16 bytes without a lease";
    /// An older token than the one that a fence holds: whoever sent it has lost the lock.
    OlderToken: FailedPrecondition, "synod: the token is older than the one that the fence holds";
}

impl From<EtcdError> for Status {
    fn from(error: EtcdError) -> Self {
        Self::new(error.code(), error.words())
    }
}

impl From<synod_kv::Error> for EtcdError {
    fn from(error: synod_kv::Error) -> Self {
        use synod_kv::Error;
        match error {
            Error::Compacted => Self::Compacted,
            Error::FutureRevision => Self::FutureRev,
            Error::NoSpace => Self::NoSpace,
            Error::Corrupt => Self::Corrupt,
            Error::KeyNotFound => Self::KeyNotFound,
            Error::LeaseNotFound => Self::LeaseNotFound,
            Error::LeaseExists => Self::LeaseExist,
            Error::LeaseTtlTooLarge => Self::LeaseTtlTooLarge,
            Error::EmptyKey => Self::EmptyKey,
            Error::ValueProvided => Self::ValueProvided,
            Error::LeaseProvided => Self::LeaseProvided,
            Error::TooManyOps | Error::TooDeep => Self::TooManyOps,
            Error::DuplicateKey => Self::DuplicateKey,
            Error::FenceLength { .. } | Error::FenceLeased => Self::NotAFence,
            Error::FenceOlder { .. } => Self::OlderToken,
        }
    }
}

/// The wire error of a request that the driver did not carry out.
pub(crate) const fn refused(refusal: Refusal) -> EtcdError {
    match refusal {
        Refusal::NoLeader => EtcdError::NoLeader,
        Refusal::TimedOut => EtcdError::Timeout,
        Refusal::Overloaded => EtcdError::TooManyRequests,
        Refusal::Stopped => EtcdError::Stopped,
        Refusal::TooLarge => EtcdError::RequestTooLarge,
        Refusal::LeaderChanged => EtcdError::LeaderChanged,
    }
}

/// The wire error of a request that the store refused. What is said of fences is not etcd's, so no client matches it, and it
/// can say more: which tokens.
pub(crate) fn store_refused(error: synod_kv::Error) -> Status {
    let wire = EtcdError::from(error);
    match wire {
        EtcdError::NotAFence | EtcdError::OlderToken => {
            Status::new(wire.code(), format!("synod: {error}"))
        }
        _ => wire.into(),
    }
}
