//! Taking a snapshot, in a thread that may wait.

use bytes::Bytes;
use synod_cache::Pinned;
use synod_replica::framing::Owner;
use synod_replica::{DiskError, DiskOp};

use super::format::{FOOTER, Footer, HEADER, PIECE, block, header, piece, snapshot_file};
use crate::mutation::mutated;

/// A snapshot's pieces have about so many bytes.
const PIECE_BYTES: usize = 256 << 10;
/// After so many bytes they are synced, so that the last sync is no long one.
const SYNC_BYTES: u64 = 32 << 20;

/// A segment of the log before which nothing is needed once the snapshot is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Its number.
    pub segment: u64,
    /// The number of its first group commit.
    pub first_commit: u64,
}

/// Whoever waited is to wait no more: the process ends, or the log failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// What a snapshot needs of whoever has the partitions, the log and the disk.
pub trait Host {
    /// Has the log begin a new segment, and waits until it did.
    ///
    /// # Errors
    /// If it is to end.
    fn cut(&mut self) -> Result<Cut, Stopped>;
    /// Appends a partition's effects to the log, and pins it before anything else is done to it; with the number of its last effects.
    ///
    /// # Errors
    /// If it is to end.
    fn pin(&mut self, partition: u32) -> Result<(Pinned, u64), Stopped>;
    /// Waits until all that was appended to the log is synced; the last number of a transaction, and the epoch.
    ///
    /// # Errors
    /// If it is to end.
    fn settle(&mut self) -> Result<(u64, u64), Stopped>;
    /// Carries an operation out, and waits until it is done.
    ///
    /// # Errors
    /// As the disk has it.
    fn carry_out(&mut self, op: DiskOp) -> Result<(), DiskError>;
    /// The segments of the log before this one, and the snapshots before the one with this number, are needed no more.
    fn forget(&mut self, before: u64);
}

/// Why no snapshot was taken. What there was before is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// It was to end.
    #[error("the server stops, or its log has failed")]
    Stopped,
    /// The disk could not.
    #[error("the disk has no space")]
    Full,
    /// What is under a key cannot be written in parts, and is too long to be written as a whole.
    #[error("a value has an element, or a group of consumers, of 4 GiB or more")]
    TooLong,
    /// The disk failed.
    #[error("the disk failed: {0}")]
    Failed(String),
}

impl From<Stopped> for TakeError {
    fn from(Stopped: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<DiskError> for TakeError {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::Full => Self::Full,
            DiskError::NotFound => Self::Failed("the snapshot's file vanished".to_owned()),
            DiskError::Failed(why) => Self::Failed(why),
        }
    }
}

/// A snapshot that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The first segment of the log that is needed beside it.
    pub cut: Cut,
    /// How many keys are in it.
    pub keys: usize,
    /// How long it is, in bytes.
    pub bytes: u64,
}

/// Takes a snapshot of so many partitions.
///
/// # Errors
/// If it cannot be taken. Its file is removed, or else at the next start.
pub fn take(host: &mut impl Host, owner: &Owner, partitions: u32) -> Result<Taken, TakeError> {
    let cut = host.cut()?;
    if mutated("cachestore-segments-deleted-early") {
        host.forget(cut.segment);
    }
    let mut file = File::begin(host, cut)?;
    let taken = file.fill(host, owner, partitions);
    if taken.is_err() {
        let file = file.name;
        // It may fail as well; the next start removes it.
        drop(host.carry_out(DiskOp::Remove { file }));
    } else {
        host.forget(cut.segment);
    }
    taken
}

/// The name of a file that is not whole.
fn unfinished(number: u64) -> String {
    format!("{}.new", snapshot_file(number))
}

struct File {
    name: String,
    cut: Cut,
    offset: u64,
    unsynced: u64,
    pieces: u64,
    keys: usize,
}

impl File {
    fn begin(host: &mut impl Host, cut: Cut) -> Result<Self, TakeError> {
        let name = unfinished(cut.segment);
        let (file, preallocate) = (name.clone(), 0);
        host.carry_out(DiskOp::Create { file, preallocate })?;
        Ok(Self {
            name,
            cut,
            offset: 0,
            unsynced: 0,
            pieces: 0,
            keys: 0,
        })
    }

    fn fill(
        &mut self,
        host: &mut impl Host,
        owner: &Owner,
        partitions: u32,
    ) -> Result<Taken, TakeError> {
        self.block(host, HEADER, header(owner, partitions))?;
        let mut sequences = Vec::new();
        for partition in 0..partitions {
            let (pinned, sequence) = host.pin(partition)?;
            sequences.push(sequence);
            if partition + 1 == partitions && mutated("cachestore-cut-forgets-partition") {
                continue;
            }
            self.keys += pinned.keys();
            pinned.pieces(PIECE_BYTES, |effects| {
                self.pieces += 1;
                self.block(host, PIECE, piece(partition, effects))
            })?;
        }
        let (transaction, epoch) = if mutated("cachestore-cut-unsettled") {
            (0, 0)
        } else {
            host.settle()?
        };
        let footer = Footer {
            first_commit: self.cut.first_commit,
            transaction,
            epoch,
            sequences,
            pieces: self.pieces,
        };
        self.block(host, FOOTER, footer.encode())?;
        let (from, to) = (self.name.clone(), snapshot_file(self.cut.segment));
        host.carry_out(DiskOp::Sync { file: from.clone() })?;
        host.carry_out(DiskOp::Rename { from, to })?;
        host.carry_out(DiskOp::SyncDirectory)?;
        Ok(Taken {
            cut: self.cut,
            keys: self.keys,
            bytes: self.offset,
        })
    }

    fn block(&mut self, host: &mut impl Host, kind: u8, contents: Bytes) -> Result<(), TakeError> {
        let (file, offset) = (self.name.clone(), self.offset);
        let parts = block(kind, contents).ok_or(TakeError::TooLong)?.to_vec();
        let bytes = parts.iter().map(|part| part.len() as u64).sum::<u64>();
        host.carry_out(DiskOp::Write {
            file,
            offset,
            parts,
        })?;
        self.offset += bytes;
        self.unsynced += bytes;
        if self.unsynced >= SYNC_BYTES {
            let file = self.name.clone();
            host.carry_out(DiskOp::Sync { file })?;
            self.unsynced = 0;
        }
        Ok(())
    }
}
