//! A disk for a thread that has nothing to do meanwhile.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use synod_replica::{Completion, Disk, DiskError, DiskOp, DiskTicket};

use crate::files::classify;
use crate::{DataDirectory, Files, read_file};

/// Carries out each operation when it is submitted, in the thread that submits it.
pub struct DirectDisk {
    directory: Arc<DataDirectory>,
    files: Files,
    last: DiskTicket,
    done: VecDeque<Completion>,
}

impl DirectDisk {
    /// Of a directory, which others may have, too, if each writes to other files.
    #[must_use]
    pub fn new(directory: Arc<DataDirectory>) -> Self {
        Self {
            files: Files::new(Arc::clone(&directory)),
            directory,
            last: DiskTicket(0),
            done: VecDeque::new(),
        }
    }

    /// The next operation that is done and was not told.
    pub fn completed(&mut self) -> Option<Completion> {
        self.done.pop_front()
    }
}

impl Disk for DirectDisk {
    fn submit(&mut self, op: DiskOp) -> DiskTicket {
        self.last = DiskTicket(self.last.0 + 1);
        let (ticket, result) = (self.last, self.files.carry_out(&op).map(drop));
        self.done.push_back(Completion { ticket, result });
        ticket
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        self.directory.list().map_err(|e| classify("list", ".", &e))
    }

    fn length(&self, file: &str) -> Result<u64, DiskError> {
        std::fs::metadata(self.directory.path(file))
            .map(|metadata| metadata.len())
            .map_err(|e| classify("stat", file, &e))
    }

    fn read(&self, file: &str, offset: u64, length: usize) -> Result<Bytes, DiskError> {
        read_file(&self.directory, file, offset, length)
    }
}
