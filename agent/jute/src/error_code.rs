//! Codes of replies.

use std::fmt;

use bytes::BytesMut;

use crate::DecodeError;
use crate::wire::{Reader, Wire};

macro_rules! codes {
    ($($(#[$about:meta])* $variant:ident = $number:literal $name:literal,)+) => {
        /// Whether a request succeeded, and why not; the numbers are those of ZooKeeper's `KeeperException.Code`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$about])* $variant,)+
            /// A number that has no name here.
            Other(i32),
        }

        impl ErrorCode {
            /// All that have a name.
            pub const NAMED: &'static [Self] = &[$(Self::$variant),+];

            /// What a number stands for.
            #[must_use]
            pub const fn of_number(number: i32) -> Self {
                match number {
                    $($number => Self::$variant,)+
                    other => Self::Other(other),
                }
            }

            /// Its number.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)+
                    Self::Other(number) => number,
                }
            }

            /// ZooKeeper's name of it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(_) => "OTHER",
                }
            }
        }
    };
}

codes! {
    /// It succeeded.
    Ok = 0 "OK",
    /// Some error of the server; not sent by itself.
    SystemError = -1 "SYSTEMERROR",
    /// In a transaction's results: not tried, since an operation before it failed.
    RuntimeInconsistency = -2 "RUNTIMEINCONSISTENCY",
    /// Data are not consistent.
    DataInconsistency = -3 "DATAINCONSISTENCY",
    /// Made in clients: the connection broke.
    ConnectionLoss = -4 "CONNECTIONLOSS",
    /// The request cannot be read, or makes the server fail in a way that it did not foresee.
    MarshallingError = -5 "MARSHALLINGERROR",
    /// No such operation here.
    Unimplemented = -6 "UNIMPLEMENTED",
    /// It took too long.
    OperationTimeout = -7 "OPERATIONTIMEOUT",
    /// A path or flags that are not allowed.
    BadArguments = -8 "BADARGUMENTS",
    /// No such session.
    UnknownSession = -12 "UNKNOWNSESSION",
    /// The new members have no quorum that is connected and has all data.
    NewConfigNoQuorum = -13 "NEWCONFIGNOQUORUM",
    /// Another change of members is under way.
    ReconfigInProgress = -14 "RECONFIGINPROGRESS",
    /// The bound of the errors that are the caller's; not sent by itself.
    ApiError = -100 "APIERROR",
    /// No such node.
    NoNode = -101 "NONODE",
    /// Not allowed for these credentials.
    NoAuth = -102 "NOAUTH",
    /// Another version than the expected one.
    BadVersion = -103 "BADVERSION",
    /// The parent is ephemeral.
    NoChildrenForEphemerals = -108 "NOCHILDRENFOREPHEMERALS",
    /// There is such a node.
    NodeExists = -110 "NODEEXISTS",
    /// The node has children.
    NotEmpty = -111 "NOTEMPTY",
    /// The session is over.
    SessionExpired = -112 "SESSIONEXPIRED",
    /// Made in clients.
    InvalidCallback = -113 "INVALIDCALLBACK",
    /// An access list that is empty or says nothing sensible.
    InvalidAcl = -114 "INVALIDACL",
    /// The credentials were refused; the connection is closed.
    AuthFailed = -115 "AUTHFAILED",
    /// The session is at another member. ZooKeeper closes the connection instead of sending it.
    SessionMoved = -118 "SESSIONMOVED",
    /// A write at a member that only reads.
    NotReadOnly = -119 "NOTREADONLY",
    /// An ephemeral node in a session that only one member knows.
    EphemeralOnLocalSession = -120 "EPHEMERALONLOCALSESSION",
    /// No such watch.
    NoWatcher = -121 "NOWATCHER",
    /// Made in clients: the reply did not come in time.
    RequestTimeout = -122 "REQUESTTIMEOUT",
    /// Changes of members are switched off.
    ReconfigDisabled = -123 "RECONFIGDISABLED",
    /// Credentials by SASL are demanded; the connection is closed.
    SessionClosedRequireSaslAuth = -124 "SESSIONCLOSEDREQUIRESASLAUTH",
    /// More nodes or bytes than the quota allows.
    QuotaExceeded = -125 "QUOTAEXCEEDED",
    /// The server has too much to do.
    ThrottledOp = -127 "THROTTLEDOP",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(number) => write!(f, "OTHER({number})"),
            named => f.write_str(named.name()),
        }
    }
}

impl Wire for ErrorCode {
    const BYTES_MIN: usize = 4;

    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        i32::read(input, field).map(Self::of_number)
    }

    fn write(&self, out: &mut BytesMut) {
        self.number().write(out);
    }
}
