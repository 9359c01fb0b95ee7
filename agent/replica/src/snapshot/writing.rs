//! Writing a snapshot: a piece at a time, each when the last is written, so that the log's commits go between them.

use bytes::Bytes;
use synod_paxos::Slot;

use super::WRITING;
use super::format::{Encoder, Header, snapshot_file};
use crate::{Completion, Disk, DiskError, DiskOp, DiskTicket, SnapshotReader};

/// Written bytes after which they are synced, so that no sync has much to do.
const SYNC_BYTES: u64 = 1 << 20;

enum Stage<R> {
    /// Pieces are being written.
    Pieces {
        reader: R,
        encoder: Box<Encoder>,
    },
    /// The footer was written.
    Footer,
    Synced,
    Renamed,
    Done,
}

/// What a completion meant for a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It was not the snapshot's.
    Unrelated,
    /// More is to come.
    Pending,
    /// The snapshot is durable under its name.
    Done { slot: Slot, hash: u64 },
    /// It cannot be written.
    Failed(DiskError),
}

/// A snapshot that is being written.
pub(crate) struct Writing<R> {
    slot: Slot,
    stage: Stage<R>,
    offset: u64,
    unsynced: u64,
    hash: u64,
    piece_bytes: usize,
    /// The first blocks, until the file is there.
    first: Option<Vec<Bytes>>,
    ticket: DiskTicket,
}

impl<R: SnapshotReader> Writing<R> {
    /// Begins a snapshot of what `reader` has pinned.
    pub(crate) fn start<D: Disk>(
        header: &Header,
        shared: Bytes,
        reader: R,
        piece_bytes: usize,
        disk: &mut D,
    ) -> Self {
        let mut encoder = Encoder::new();
        let first = encoder.begin(header, shared);
        let ticket = disk.submit(DiskOp::Create {
            file: WRITING.to_owned(),
            preallocate: 0,
        });
        Self {
            slot: header.base.slot,
            stage: Stage::Pieces {
                reader,
                encoder: Box::new(encoder),
            },
            offset: 0,
            unsynced: 0,
            hash: 0,
            piece_bytes,
            first: Some(first),
            ticket,
        }
    }

    pub(crate) fn complete<D: Disk>(&mut self, completion: &Completion, disk: &mut D) -> Written {
        if completion.ticket != self.ticket {
            return Written::Unrelated;
        }
        if let Err(error) = &completion.result {
            return Written::Failed(error.clone());
        }
        match self.next_op() {
            Some(op) => {
                self.ticket = disk.submit(op);
                Written::Pending
            }
            None => Written::Done {
                slot: self.slot,
                hash: self.hash,
            },
        }
    }

    fn next_op(&mut self) -> Option<DiskOp> {
        if let Some(first) = self.first.take() {
            return Some(self.write(first));
        }
        if self.unsynced >= SYNC_BYTES {
            self.unsynced = 0;
            return Some(DiskOp::Sync {
                file: WRITING.to_owned(),
            });
        }
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Pieces {
                mut reader,
                mut encoder,
            } => {
                let parts = if let Some(piece) = reader.next(self.piece_bytes) {
                    let parts = encoder.piece(piece);
                    self.stage = Stage::Pieces { reader, encoder };
                    parts
                } else {
                    let (parts, hash) = encoder.end();
                    self.hash = hash;
                    self.stage = Stage::Footer;
                    parts
                };
                Some(self.write(parts))
            }
            Stage::Footer => {
                self.stage = Stage::Synced;
                Some(DiskOp::Sync {
                    file: WRITING.to_owned(),
                })
            }
            Stage::Synced => {
                self.stage = Stage::Renamed;
                Some(DiskOp::Rename {
                    from: WRITING.to_owned(),
                    to: snapshot_file(self.slot),
                })
            }
            Stage::Renamed => Some(DiskOp::SyncDirectory),
            Stage::Done => None,
        }
    }

    fn write(&mut self, parts: Vec<Bytes>) -> DiskOp {
        let offset = self.offset;
        let bytes: u64 = parts.iter().map(|part| part.len() as u64).sum();
        self.offset += bytes;
        self.unsynced += bytes;
        DiskOp::Write {
            file: WRITING.to_owned(),
            offset,
            parts,
        }
    }
}
