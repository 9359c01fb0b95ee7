//! The identity file: whose disk this is, and whether it still has all that its member ever promised.
//!
//! Written to a temporary file that is synced, then renamed: it is there as a whole or not at all. It is the last file
//! that formatting creates, so a disk without one was never used, or has lost it.

use std::collections::BTreeMap;

use bytes::Bytes;
use synod_paxos::{Configuration, Node};

use crate::codec::{DecodeError, Reader, Writer, configuration, put_configuration};
use crate::{ClusterUid, MemberContext};

/// The newest version of the file.
pub(crate) const VERSION: u32 = 3;
/// The newest version that knows no recoveries: what has none is written so that an older build reads it.
const BEFORE_RECOVERIES: u32 = 2;
pub(crate) const FILE: &str = "identity";
pub(crate) const TEMPORARY: &str = "identity.tmp";
const MAGIC: &[u8; 8] = b"SYNODISK";

/// Whether the disk has all that its member ever promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiskStanding {
    /// It has.
    Whole,
    /// It was formatted for a founder, and not every other founder has noted it: the member does not vote.
    Founding,
    /// Every other founder has noted it; not all of them are known to be that far. The member does not vote yet.
    Noted,
    /// It was formatted for a member that joins; the member votes only after the group was told of the disk.
    Joining,
    /// It was formatted anew after a loss; the member votes only after the group was told.
    Amnesiac,
    /// What is on it must not be used: it is set aside at the next start, and the disk formatted anew.
    Lost,
    /// A group that lost its quorum for good goes on with it: the newest snapshot is the beginning of the new group, and what
    /// the one before it left is being removed. The member takes no part until that is done.
    Recovering,
}

/// What the identity file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) cluster: ClusterUid,
    pub(crate) node: Node,
    pub(crate) group: u32,
    pub(crate) disk_id: u128,
    pub(crate) standing: DiskStanding,
    /// The configuration that this member founded the group with, if it is a founder and never lost its promises; or the one
    /// in which the group goes on with this member alone, if it was recovered from this disk.
    pub(crate) initial: Option<Configuration>,
    /// The disks of the other founders, as noted here.
    pub(crate) founders: BTreeMap<Node, u128>,
}

impl Identity {
    /// True if the disk has all that its member ever promised: by its own word, or because the group knows the member by this
    /// disk in `decided` (it may have voted since, though that was not noted yet).
    pub(crate) fn is_whole(&self, decided: &Configuration) -> bool {
        let known = decided.members.get(&self.node);
        match self.standing {
            DiskStanding::Whole => true,
            DiskStanding::Amnesiac | DiskStanding::Joining => known
                .and_then(|known| MemberContext::decode(&known.context).ok())
                .is_some_and(|known| known.disk_id == self.disk_id),
            DiskStanding::Founding
            | DiskStanding::Noted
            | DiskStanding::Lost
            | DiskStanding::Recovering => false,
        }
    }

    fn version(&self) -> u32 {
        if self.standing == DiskStanding::Recovering {
            VERSION
        } else {
            BEFORE_RECOVERIES
        }
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut w = Writer::with_capacity(256);
        w.raw(MAGIC);
        w.u32_fixed(self.version());
        w.raw(&self.cluster.0);
        w.u64_fixed(self.node.0);
        w.u128_fixed(self.disk_id);
        w.u32_fixed(self.group);
        w.u8(match self.standing {
            DiskStanding::Whole => 0,
            DiskStanding::Amnesiac => 1,
            DiskStanding::Lost => 2,
            DiskStanding::Founding => 3,
            DiskStanding::Noted => 4,
            DiskStanding::Joining => 5,
            DiskStanding::Recovering => 6,
        });
        w.bool(self.initial.is_some());
        if let Some(initial) = &self.initial {
            put_configuration(&mut w, initial);
        }
        w.varint(self.founders.len() as u64);
        for (node, disk_id) in &self.founders {
            w.varint(node.0);
            w.u128_fixed(*disk_id);
        }
        let fields = w.whole();
        let mut w = Writer::with_capacity(fields.len() + 4);
        w.raw(&fields);
        w.u32_fixed(crc32c::crc32c(&fields));
        w.whole()
    }

    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, DecodeError> {
        let length = bytes.len().checked_sub(4).ok_or(DecodeError::Short)?;
        let mut crc = Reader::new(bytes.slice(length..));
        if crc.u32_fixed()? != crc32c::crc32c(&bytes[..length]) {
            return Err(DecodeError::Invalid("the identity's checksum"));
        }
        let mut r = Reader::new(bytes.slice(..length));
        if r.raw(MAGIC.len())? != MAGIC[..] {
            return Err(DecodeError::Invalid("the identity's magic"));
        }
        let version = r.u32_fixed()?;
        if version > VERSION {
            return Err(DecodeError::Newer {
                found: version,
                known: VERSION,
            });
        }
        let mut identity = Self {
            cluster: ClusterUid(r.uid()?),
            node: Node(r.u64_fixed()?),
            disk_id: r.u128_fixed()?,
            group: r.u32_fixed()?,
            standing: match r.u8()? {
                0 => DiskStanding::Whole,
                1 => DiskStanding::Amnesiac,
                2 => DiskStanding::Lost,
                3 => DiskStanding::Founding,
                4 => DiskStanding::Noted,
                5 => DiskStanding::Joining,
                6 => DiskStanding::Recovering,
                _ => return Err(DecodeError::Invalid("the disk's standing")),
            },
            initial: None,
            founders: BTreeMap::new(),
        };
        if r.bool()? {
            identity.initial = Some(configuration(&mut r)?);
        }
        if version >= 2 {
            /// Bytes of a founder at least: its number and its disk's identity.
            const FOUNDER_BYTES: usize = 17;
            for _ in 0..r.count(FOUNDER_BYTES)? {
                let node = Node(r.varint()?);
                identity.founders.insert(node, r.u128_fixed()?);
            }
        }
        r.end()?;
        Ok(identity)
    }
}
