//! What keeps a node: nobody but itself, a session, its children, or time. Written in `ephemeralOwner` as ZooKeeper's
//! `EphemeralType` does.

use crate::error::Error;
use crate::session::SessionId;

/// The longest time to live of a node in milliseconds: five bytes of `ephemeralOwner`.
pub const TTL_MAX_MS: u64 = 0xff_ffff_ffff;

const CONTAINER: i64 = i64::MIN;
const EXTENDED: u64 = 0xff << 56;

/// What keeps a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It stays until it is deleted.
    Persistent,
    /// It goes with its session.
    Ephemeral(SessionId),
    /// It goes some time after its last child.
    Container,
    /// It goes when it has no children and was not written for this many milliseconds.
    Ttl(u64),
}

impl Kind {
    /// As in `ephemeralOwner`.
    #[must_use]
    pub const fn owner(self) -> i64 {
        match self {
            Self::Persistent => 0,
            Self::Ephemeral(session) => session.0,
            Self::Container => CONTAINER,
            Self::Ttl(ms) => (EXTENDED | ms) as i64,
        }
    }

    /// What a stat says of it: sessions alone, as ZooKeeper's own conversion of a stat does.
    #[must_use]
    pub const fn shown_owner(self) -> i64 {
        match self {
            Self::Ephemeral(session) => session.0,
            Self::Persistent | Self::Container | Self::Ttl(_) => 0,
        }
    }

    /// What an `ephemeralOwner` says.
    #[must_use]
    pub const fn of_owner(owner: i64) -> Self {
        match owner {
            0 => Self::Persistent,
            CONTAINER => Self::Container,
            _ if owner as u64 & EXTENDED == EXTENDED => Self::Ttl(owner as u64 & TTL_MAX_MS),
            _ => Self::Ephemeral(SessionId(owner)),
        }
    }

    /// The session, of an ephemeral node.
    #[must_use]
    pub const fn session(self) -> Option<SessionId> {
        match self {
            Self::Ephemeral(session) => Some(session),
            _ => None,
        }
    }

    /// Whether the service itself deletes it some day, without a session's end.
    pub(crate) const fn is_reaped(self) -> bool {
        matches!(self, Self::Container | Self::Ttl(_))
    }
}

/// How a node is created: `CreateMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateMode {
    /// Stays.
    Persistent,
    /// Goes with the session.
    Ephemeral,
    /// Stays; its name gets a number.
    PersistentSequential,
    /// Goes with the session; its name gets a number.
    EphemeralSequential,
    /// Goes some time after its last child.
    Container,
    /// Goes some time after its last change. Milliseconds.
    PersistentWithTtl(u64),
    /// As that; its name gets a number.
    PersistentSequentialWithTtl(u64),
}

impl CreateMode {
    /// By the wire's flag; `ttl` is looked at only where the flag wants one.
    ///
    /// # Errors
    /// `BadArguments` for another flag, or a time to live that is not from 1 to [`TTL_MAX_MS`].
    pub fn from_flag(flag: i32, ttl: i64) -> Result<Self, Error> {
        let ms = || {
            u64::try_from(ttl)
                .ok()
                .filter(|ms| (1..=TTL_MAX_MS).contains(ms))
                .ok_or(Error::BadArguments)
        };
        match flag {
            0 => Ok(Self::Persistent),
            1 => Ok(Self::Ephemeral),
            2 => Ok(Self::PersistentSequential),
            3 => Ok(Self::EphemeralSequential),
            4 => Ok(Self::Container),
            5 => Ok(Self::PersistentWithTtl(ms()?)),
            6 => Ok(Self::PersistentSequentialWithTtl(ms()?)),
            _ => Err(Error::BadArguments),
        }
    }

    /// The wire's flag, and the time to live, 0 where there is none.
    #[must_use]
    pub const fn flag(self) -> (i32, u64) {
        match self {
            Self::Persistent => (0, 0),
            Self::Ephemeral => (1, 0),
            Self::PersistentSequential => (2, 0),
            Self::EphemeralSequential => (3, 0),
            Self::Container => (4, 0),
            Self::PersistentWithTtl(ms) => (5, ms),
            Self::PersistentSequentialWithTtl(ms) => (6, ms),
        }
    }

    /// Whether the name gets a number.
    #[must_use]
    pub const fn is_sequential(self) -> bool {
        matches!(
            self,
            Self::PersistentSequential
                | Self::EphemeralSequential
                | Self::PersistentSequentialWithTtl(_)
        )
    }

    pub(crate) const fn kind(self, session: SessionId) -> Kind {
        match self {
            Self::Persistent | Self::PersistentSequential => Kind::Persistent,
            Self::Ephemeral | Self::EphemeralSequential => Kind::Ephemeral(session),
            Self::Container => Kind::Container,
            Self::PersistentWithTtl(ms) | Self::PersistentSequentialWithTtl(ms) => Kind::Ttl(ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_say_what_they_were_made_of() {
        let kinds = [
            Kind::Persistent,
            Kind::Container,
            Kind::Ephemeral(SessionId(1)),
            Kind::Ephemeral(SessionId(0x0100_0000_0000_0001)),
            Kind::Ttl(1),
            Kind::Ttl(TTL_MAX_MS),
        ];
        for kind in kinds {
            assert_eq!(Kind::of_owner(kind.owner()), kind);
        }
        assert_eq!(Kind::Ttl(0x10).owner() as u64, 0xff00_0000_0000_0010);
        for flag in 0..7 {
            let mode = CreateMode::from_flag(flag, 7).expect("a flag");
            assert_eq!(mode.flag().0, flag);
        }
        for (flag, ttl) in [(-1, 1), (7, 1), (5, 0), (5, -1), (6, TTL_MAX_MS as i64 + 1)] {
            assert_eq!(CreateMode::from_flag(flag, ttl), Err(Error::BadArguments));
        }
    }
}
