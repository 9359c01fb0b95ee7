//! The first thing said on a connection: which group, who, to whom.

use std::io;

use synod_agent_api::{ClusterUid, Identity};
use synod_paxos::Node;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::tls::Stream;

const MAGIC: [u8; 4] = *b"SYND";

/// The newest format of what follows on a connection. Each side says its newest; the older of the two is spoken.
const VERSION: u16 = 1;

/// Magic 4, version 2, reserved 2, cluster 16, from 8, to 8, incarnation 8, CRC-32C 4; little endian.
const HELLO_BYTES: usize = 52;

/// What a side says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) cluster: ClusterUid,
    pub(super) from: Node,
    /// Whom the sender means to talk to.
    pub(super) to: Node,
    /// Random in each process.
    pub(super) incarnation: u64,
}

/// Why a connection was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No handshake in time.
    #[error("no handshake in time")]
    TooSlow,
    /// The socket or TLS failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The bytes are no hello.
    #[error("this is no member: its first bytes are no hello")]
    NoHello,
    /// A certificate of the CA, but not a member's.
    #[error("the certificate names no member")]
    NoMember,
    /// Another group.
    #[error("belongs to another group ({0})")]
    OtherCluster(String),
    /// It is not whom its certificate names.
    #[error("says it is {said}, but its certificate is {certified}'s")]
    NotItself {
        /// What it said.
        said: Node,
        /// What it showed.
        certified: Node,
    },
    /// It wanted somebody else, or somebody else answered.
    #[error("meant for {wanted}, reached {reached}; an address is outdated")]
    Misdirected {
        /// Who was wanted.
        wanted: Node,
        /// Who was reached.
        reached: Node,
    },
}

impl Refused {
    /// A word for metrics.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::TooSlow => "too_slow",
            Self::Io(_) => "io",
            Self::NoHello => "no_hello",
            Self::NoMember => "no_member",
            Self::OtherCluster(_) => "other_cluster",
            Self::NotItself { .. } => "not_itself",
            Self::Misdirected { .. } => "misdirected",
        }
    }

    /// Whether somebody should look at it: not what scanners and restarts cause.
    pub(super) const fn is_alarming(&self) -> bool {
        matches!(
            self,
            Self::NoMember | Self::OtherCluster(_) | Self::NotItself { .. }
        )
    }
}

impl Hello {
    pub(super) const fn of(identity: &Identity, to: Node, incarnation: u64) -> Self {
        Self {
            cluster: identity.cluster,
            from: Node(identity.number),
            to,
            incarnation,
        }
    }

    pub(super) async fn send(&self, stream: &mut Stream) -> Result<(), Refused> {
        stream.write_all(&self.encode()).await?;
        stream.flush().await?;
        Ok(())
    }

    /// Reads the other side's hello and checks that it is of this group and meant for `own`.
    pub(super) async fn receive(stream: &mut Stream, own: &Identity) -> Result<Self, Refused> {
        let mut bytes = [0; HELLO_BYTES];
        // The magic first, so that a stranger need not send a whole hello to be sent away.
        stream.read_exact(&mut bytes[..4]).await?;
        if bytes[..4] != MAGIC {
            return Err(Refused::NoHello);
        }
        stream.read_exact(&mut bytes[4..]).await?;
        let hello = Self::decode(&bytes).ok_or(Refused::NoHello)?;
        if hello.cluster != own.cluster {
            return Err(Refused::OtherCluster(hello.cluster.to_string()));
        }
        if hello.to != Node(own.number) || hello.from == hello.to {
            return Err(Refused::Misdirected {
                wanted: hello.to,
                reached: Node(own.number),
            });
        }
        Ok(hello)
    }

    fn encode(&self) -> [u8; HELLO_BYTES] {
        let mut bytes = [0; HELLO_BYTES];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        bytes[8..24].copy_from_slice(&self.cluster.0.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.from.0.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.to.0.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.incarnation.to_le_bytes());
        let sum = crc32c::crc32c(&bytes[..48]);
        bytes[48..52].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; HELLO_BYTES]) -> Option<Self> {
        let u64_at = |at: usize| {
            let field = bytes[at..at + 8].try_into().ok()?;
            Some(u64::from_le_bytes(field))
        };
        let sum = u32::from_le_bytes(bytes[48..52].try_into().ok()?);
        let version = u16::from_le_bytes(bytes[4..6].try_into().ok()?);
        let whole = bytes[..4] == MAGIC && version >= 1 && sum == crc32c::crc32c(&bytes[..48]);
        let hello = Self {
            cluster: ClusterUid(u128::from_le_bytes(bytes[8..24].try_into().ok()?)),
            from: Node(u64_at(24)?),
            to: Node(u64_at(32)?),
            incarnation: u64_at(40)?,
        };
        (whole && hello.from.0 != 0).then_some(hello)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        let hello = Hello {
            cluster: ClusterUid(7 << 70),
            from: Node(3),
            to: Node(1),
            incarnation: u64::MAX,
        };
        let bytes = hello.encode();
        assert_eq!(Hello::decode(&bytes), Some(hello));
        for at in 0..HELLO_BYTES {
            let mut damaged = bytes;
            damaged[at] ^= 0x10;
            assert_eq!(Hello::decode(&damaged), None, "byte {at}");
        }
    }
}
