//! Carries out operations on the files of a directory.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use hashbrown::HashMap;
use rustix::fs::{FallocateFlags, fallocate};
use synod_replica::{DiskError, DiskOp};

use crate::DataDirectory;

/// Files kept open; beyond it all are closed and opened again when needed.
const HANDLES_MAX: usize = 64;

/// Slices of one `pwritev`; Linux's IOV_MAX.
const SLICES_MAX: usize = 1024;

/// The files of a directory, some of them open.
pub struct Files {
    directory: Arc<DataDirectory>,
    handles: HashMap<String, File>,
}

impl Files {
    /// Those of a directory.
    #[must_use]
    pub fn new(directory: Arc<DataDirectory>) -> Self {
        let handles = HashMap::new();
        Self { directory, handles }
    }

    /// Carries an operation out; how many bytes it wrote.
    ///
    /// # Errors
    /// As the system gives them.
    pub fn carry_out(&mut self, op: &DiskOp) -> Result<u64, DiskError> {
        self.perform(op).map_err(|error| {
            let (name, file) = describe(op);
            classify(name, file, &error)
        })
    }

    fn perform(&mut self, op: &DiskOp) -> io::Result<u64> {
        match op {
            DiskOp::Create { file, preallocate } => self.create(file, *preallocate),
            DiskOp::Write {
                file,
                offset,
                parts,
            } => return write(self.handle(file)?, *offset, parts),
            DiskOp::Sync { file } => self.handle(file)?.sync_data(),
            DiskOp::Truncate { file, length } => self.handle(file)?.set_len(*length),
            DiskOp::Rename { from, to } => self.rename(from, to),
            DiskOp::Remove { file } => self.remove(file),
            DiskOp::SyncDirectory => self.directory.sync(),
        }?;
        Ok(0)
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

/// Reads up to `length` bytes of a file from `offset` on; fewer only at its end.
///
/// # Errors
/// When there is no such file or it cannot be read.
pub fn read_file(
    directory: &DataDirectory,
    file: &str,
    offset: u64,
    length: usize,
) -> Result<Bytes, DiskError> {
    read(directory, file, offset, length).map_err(|error| classify("read", file, &error))
}

fn read(directory: &DataDirectory, file: &str, offset: u64, length: usize) -> io::Result<Bytes> {
    let opened = File::open(directory.path(file))?;
    let rest = opened.metadata()?.len().saturating_sub(offset);
    let wanted = length.min(usize::try_from(rest).unwrap_or(usize::MAX));
    let mut buffer = BytesMut::zeroed(wanted);
    let mut done = 0;
    while done < wanted {
        match opened.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(done);
    Ok(buffer.freeze())
}

/// The class of a system error, with its words and the operation it belongs to.
pub(crate) fn classify(operation: &str, file: &str, error: &io::Error) -> DiskError {
    match error.kind() {
        io::ErrorKind::NotFound => DiskError::NotFound,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DiskError::Full,
        _ => DiskError::Failed(format!("{operation} {file}: {error}")),
    }
}
