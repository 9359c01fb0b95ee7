//! Numbers that must not be taken for one another.

use std::fmt;

use bytes::BytesMut;

use crate::DecodeError;
use crate::wire::{Reader, Wire};

/// A position in the service's history: every write has one, and a write that fails has one too. Shown in hexadecimal,
/// as ZooKeeper does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Zxid(pub i64);

/// A session; 0 is none. Shown in hexadecimal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub i64);

/// A client's own number of a request; the reply carries it again. Negative ones are special.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Xid(pub i32);

impl Zxid {
    /// What the header of an event carries instead of a position, and the reply to an unknown operation. (Releases from
    /// 3.9 give events the position of what happened; no client looks at it.)
    pub const NONE: Self = Self(-1);
}

impl Xid {
    /// Of an event, which answers no request.
    pub const EVENT: Self = Self(-1);
    /// Of pings. A server answers a ping with it whatever the request carried.
    pub const PING: Self = Self(-2);
    /// Of what a client sends to add credentials.
    pub const AUTH: Self = Self(-4);
    /// Of what a client sends to set its watches again.
    pub const SET_WATCHES: Self = Self(-8);
}

macro_rules! number {
    ($name:ident, $inner:ty, $pattern:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $pattern, self.0)
            }
        }

        impl Wire for $name {
            const BYTES_MIN: usize = <$inner>::BYTES_MIN;

            fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
                <$inner>::read(input, field).map(Self)
            }

            fn write(&self, out: &mut BytesMut) {
                self.0.write(out);
            }
        }
    };
}

number!(Zxid, i64, "0x{:x}");
number!(SessionId, i64, "0x{:x}");
number!(Xid, i32, "{}");
