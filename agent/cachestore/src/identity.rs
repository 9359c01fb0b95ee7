//! Whose a directory is, and what was settled when it was made.

use bytes::Bytes;
use synod_replica::framing::{Node, Owner};
use synod_replica::{ClusterUid, DiskOp};

/// Its file.
pub(crate) const FILE: &str = "identity";
const NEW: &str = "identity.new";
const MAGIC: &[u8; 8] = b"SYNODCCH";
const VERSION: u32 = 1;
const BYTES: usize = 60;

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) owner: Owner,
    pub(crate) partitions: u32,
}

/// Why a file says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Damaged,
    Newer(u32),
}

impl Identity {
    /// What writes it.
    pub(crate) fn write(&self) -> [DiskOp; 5] {
        let (file, from, to) = (NEW.to_owned(), NEW.to_owned(), FILE.to_owned());
        [
            DiskOp::Create {
                file: file.clone(),
                preallocate: 0,
            },
            DiskOp::Write {
                file: file.clone(),
                offset: 0,
                parts: vec![self.encode()],
            },
            DiskOp::Sync { file },
            DiskOp::Rename { from, to },
            DiskOp::SyncDirectory,
        ]
    }

    fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.partitions.to_le_bytes());
        bytes.extend_from_slice(&self.owner.cluster.0);
        bytes.extend_from_slice(&self.owner.node.0.to_le_bytes());
        bytes.extend_from_slice(&self.owner.disk_id.to_le_bytes());
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes.into()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let Some((summed, crc)) = bytes.split_last_chunk::<4>() else {
            return Err(Fault::Damaged);
        };
        let mut rest = summed;
        let is_whole = bytes.len() == BYTES
            && take::<8>(&mut rest) == *MAGIC
            && u32::from_le_bytes(*crc) == crc32c::crc32c(summed);
        if !is_whole {
            return Err(Fault::Damaged);
        }
        let version = u32::from_le_bytes(take(&mut rest));
        if version > VERSION {
            return Err(Fault::Newer(version));
        }
        let partitions = u32::from_le_bytes(take(&mut rest));
        let owner = Owner {
            cluster: ClusterUid(take(&mut rest)),
            node: Node(u64::from_le_bytes(take(&mut rest))),
            disk_id: u128::from_le_bytes(take(&mut rest)),
        };
        Ok(Self { owner, partitions })
    }
}

/// The next bytes, which are there.
fn take<const N: usize>(from: &mut &[u8]) -> [u8; N] {
    let (first, rest) = from.split_first_chunk().expect("its length was looked at");
    *from = rest;
    *first
}
