//! The real disk under a driver: one directory, one thread.
//!
//! Promises: operations are carried out in the order of submission, each answered by exactly one completion; a `Sync`
//! is an `fdatasync`, a `SyncDirectory` an `fsync` of the directory; the directory belongs to one process at a time.
//! Knows nothing of what the files hold.

mod directory;
mod worker;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use bytes::{Bytes, BytesMut};
use synod_replica::{Completion, Disk, DiskError, DiskOp, DiskTicket};

pub use directory::{DataDirectory, DirectoryError};

use crate::metrics::DiskMetrics;

/// Where completions go, those of a write with that of its sync: called on the disk's thread, must not block.
pub type Completed = Box<dyn Fn(Vec<Completion>) + Send>;

/// The real [`Disk`]. Dropping it carries out what was submitted, then ends the thread.
///
/// Bound: none of its own; the driver bounds what it has submitted and not seen completed.
pub struct RealDisk {
    directory: Arc<DataDirectory>,
    operations: Option<mpsc::Sender<(DiskTicket, DiskOp)>>,
    last: DiskTicket,
    thread: Option<JoinHandle<()>>,
}

impl RealDisk {
    /// Starts the disk's thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(
        directory: DataDirectory,
        metrics: DiskMetrics,
        completed: Completed,
    ) -> io::Result<Self> {
        let directory = Arc::new(directory);
        let (operations, queue) = mpsc::channel();
        let worker = worker::Worker::new(Arc::clone(&directory), metrics, completed);
        let thread = std::thread::Builder::new()
            .name("disk".to_owned())
            .spawn(move || worker.run(&queue))?;
        Ok(Self {
            directory,
            operations: Some(operations),
            last: DiskTicket(0),
            thread: Some(thread),
        })
    }
}

impl Disk for RealDisk {
    fn submit(&mut self, op: DiskOp) -> DiskTicket {
        self.last = DiskTicket(self.last.0 + 1);
        let queue = self.operations.as_ref().expect("open until dropped");
        queue
            .send((self.last, op))
            .expect("the disk's thread ends only after its queue");
        self.last
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
        read(&self.directory, file, offset, length).map_err(|e| classify("read", file, &e))
    }
}

impl Drop for RealDisk {
    fn drop(&mut self) {
        self.operations = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
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
fn classify(operation: &str, file: &str, error: &io::Error) -> DiskError {
    match error.kind() {
        io::ErrorKind::NotFound => DiskError::NotFound,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DiskError::Full,
        _ => DiskError::Failed(format!("{operation} {file}: {error}")),
    }
}
