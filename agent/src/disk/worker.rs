//! Carries out disk operations, and knows how quick that is.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use hashbrown::HashMap;
use rustix::fs::{FallocateFlags, fallocate};
use synod_replica::{Completion, DiskOp, DiskTicket};

use super::{Completed, DataDirectory, classify};
use crate::metrics::DiskMetrics;

/// Files kept open; beyond it all are closed and opened again when needed.
const HANDLES_MAX: usize = 64;

/// Slices of one `pwritev`; Linux's IOV_MAX.
const SLICES_MAX: usize = 1024;

/// A sync that takes less costs about as much as waking a thread and being woken by it.
const QUICK: Duration = Duration::from_millis(1);

/// So many syncs in a row must have been quick before one is waited for.
const QUICK_SYNCS_MIN: u32 = 8;

/// An operation, and the ticket that its completion bears.
pub(super) type Operation = (DiskTicket, DiskOp);

pub(super) struct Worker {
    directory: Arc<DataDirectory>,
    metrics: DiskMetrics,
    completed: Completed,
    handles: HashMap<String, File>,
    /// Results not told yet: told together, since a write is of no use to anyone before its sync.
    untold: Vec<Completion>,
    /// Syncs in a row that took less than [`QUICK`].
    quick_syncs: u32,
}

impl Worker {
    pub(super) fn new(
        directory: Arc<DataDirectory>,
        metrics: DiskMetrics,
        completed: Completed,
    ) -> Self {
        Self {
            directory,
            metrics,
            completed,
            handles: HashMap::new(),
            untold: Vec::new(),
            quick_syncs: 0,
        }
    }

    /// Carries out operations in their order and tells of each.
    pub(super) fn work(&mut self, operations: impl IntoIterator<Item = Operation>) {
        for (ticket, op) in operations {
            self.carry_out(ticket, &op);
        }
        self.tell();
    }

    /// Whether the last syncs were all so quick that one more may be waited for.
    pub(super) const fn is_quick(&self) -> bool {
        self.quick_syncs >= QUICK_SYNCS_MIN
    }

    fn carry_out(&mut self, ticket: DiskTicket, op: &DiskOp) {
        let result = self.perform(op).map_err(|error| {
            let (name, file) = describe(op);
            classify(name, file, &error)
        });
        let ended = result.is_err() || matches!(op, DiskOp::Sync { .. } | DiskOp::SyncDirectory);
        self.untold.push(Completion { ticket, result });
        if ended {
            self.tell();
        }
    }

    fn tell(&mut self) {
        if !self.untold.is_empty() {
            (self.completed)(std::mem::take(&mut self.untold));
        }
    }

    fn perform(&mut self, op: &DiskOp) -> io::Result<()> {
        match op {
            DiskOp::Create { file, preallocate } => self.create(file, *preallocate),
            DiskOp::Write {
                file,
                offset,
                parts,
            } => {
                let written = write(self.handle(file)?, *offset, parts)?;
                self.metrics.written_bytes.inc_by(written);
                Ok(())
            }
            DiskOp::Sync { file } => self.sync(file),
            DiskOp::Truncate { file, length } => self.handle(file)?.set_len(*length),
            DiskOp::Rename { from, to } => self.rename(from, to),
            DiskOp::Remove { file } => self.remove(file),
            DiskOp::SyncDirectory => self.directory.sync(),
        }
    }

    fn create(&mut self, file: &str, preallocate: u64) -> io::Result<()> {
        self.handles.remove(file);
        let opened = OpenOptions::new()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(self.directory.path(file))?;
        if preallocate > 0 {
            reserve(&opened, preallocate)?;
        }
        self.keep(file, opened);
        Ok(())
    }

    fn sync(&mut self, file: &str) -> io::Result<()> {
        let begun = Instant::now();
        let synced = self.handle(file)?.sync_data();
        let took = begun.elapsed();
        self.quick_syncs = if took < QUICK {
            self.quick_syncs.saturating_add(1)
        } else {
            0
        };
        self.metrics.fsync_seconds.observe(took.as_secs_f64());
        synced
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.handles.remove(to);
        std::fs::rename(self.directory.path(from), self.directory.path(to))?;
        if let Some(opened) = self.handles.remove(from) {
            self.keep(to, opened);
        }
        Ok(())
    }

    fn remove(&mut self, file: &str) -> io::Result<()> {
        self.handles.remove(file);
        match std::fs::remove_file(self.directory.path(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn handle(&mut self, file: &str) -> io::Result<&File> {
        if !self.handles.contains_key(file) {
            let opened = OpenOptions::new()
                .read(true)
                .write(true)
                .open(self.directory.path(file))?;
            self.keep(file, opened);
        }
        Ok(&self.handles[file])
    }

    fn keep(&mut self, file: &str, opened: File) {
        if self.handles.len() >= HANDLES_MAX {
            self.handles.clear();
        }
        self.handles.insert(file.to_owned(), opened);
    }
}

/// Reserves space, so that later writes neither fail for want of it nor change the file's length. File systems without
/// `fallocate` get a sparse file.
fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => file.set_len(bytes),
        Err(error) => Err(error.into()),
    }
}

/// Writes all parts from `offset` on; tells how many bytes that were.
fn write(file: &File, offset: u64, parts: &[Bytes]) -> io::Result<u64> {
    let mut left: std::collections::VecDeque<Bytes> = parts
        .iter()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect();
    let mut at = offset;
    while !left.is_empty() {
        let slices: Vec<IoSlice<'_>> = left
            .iter()
            .take(SLICES_MAX)
            .map(|part| IoSlice::new(part))
            .collect();
        let mut written = match rustix::io::pwritev(file, &slices, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        at += written as u64;
        while let Some(first) = left.front_mut() {
            if first.len() > written {
                first.advance(written);
                break;
            }
            written -= first.len();
            left.pop_front();
        }
    }
    Ok(at - offset)
}

const fn describe(op: &DiskOp) -> (&'static str, &str) {
    match op {
        DiskOp::Create { file, .. } => ("create", file.as_str()),
        DiskOp::Write { file, .. } => ("write", file.as_str()),
        DiskOp::Sync { file } => ("fdatasync", file.as_str()),
        DiskOp::Truncate { file, .. } => ("truncate", file.as_str()),
        DiskOp::Rename { from, .. } => ("rename", from.as_str()),
        DiskOp::Remove { file } => ("remove", file.as_str()),
        DiskOp::SyncDirectory => ("fsync", "."),
    }
}
