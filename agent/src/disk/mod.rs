//! The real disk under a driver: one directory, one thread.
//!
//! A small write to a disk that has been quick all along is carried out by the caller instead, once nothing else waits for it: that
//! spares two changes of thread, on each member for each put of a client that comes alone.
//!
//! Promises: operations are carried out in the order of submission, each answered by exactly one completion; a `Sync`
//! is an `fdatasync`, a `SyncDirectory` an `fsync` of the directory; the directory belongs to one process at a time.
//! Knows nothing of what the files hold.

mod worker;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::thread::JoinHandle;

use bytes::Bytes;
use synod_disk::DirectDisk;
use synod_replica::{Completion, Disk, DiskError, DiskOp, DiskTicket};

pub use synod_disk::{DataDirectory, DirectoryError};
use worker::{Operation, Worker};

use crate::metrics::DiskMetrics;

/// Where completions go, those of a write with that of its sync: called where they are carried out, must not block.
pub type Completed = Box<dyn Fn(Vec<Completion>) + Send>;

/// The most that is written without the thread.
const SMALL_BYTES_MAX: usize = 64 << 10;

/// The real [`Disk`]. Dropping it carries out what was submitted, then ends the thread.
///
/// Bound: none of its own; the driver bounds what it has submitted and not seen completed.
pub struct RealDisk {
    reading: DirectDisk,
    worker: Arc<Mutex<Worker>>,
    /// Of this turn.
    submitted: Vec<Operation>,
    /// It waits to be released.
    held: bool,
    batches: Option<mpsc::Sender<Vec<Operation>>>,
    /// Batches that the thread was given and has not finished.
    unfinished: Arc<AtomicUsize>,
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
        let (batches, queue) = mpsc::channel::<Vec<Operation>>();
        let worker = Worker::new(Arc::clone(&directory), metrics, completed);
        let worker = Arc::new(Mutex::new(worker));
        let unfinished = Arc::new(AtomicUsize::new(0));
        let (hired, left) = (Arc::clone(&worker), Arc::clone(&unfinished));
        let thread = std::thread::Builder::new()
            .name("disk".to_owned())
            .spawn(move || {
                for batch in queue {
                    lock(&hired).work(batch);
                    left.fetch_sub(1, Ordering::Release);
                }
            })?;
        Ok(Self {
            reading: DirectDisk::new(directory),
            worker,
            submitted: Vec::new(),
            held: false,
            batches: Some(batches),
            unfinished,
            last: DiskTicket(0),
            thread: Some(thread),
        })
    }

    /// Gives what was submitted to the thread.
    fn hand_over(&mut self) {
        self.held = false;
        if self.submitted.is_empty() {
            return;
        }
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        let queue = self.batches.as_ref().expect("open until dropped");
        queue
            .send(std::mem::take(&mut self.submitted))
            .expect("the disk's thread ends only after its queue");
    }

    /// Whether what was submitted may be carried out here and now: a commit of the log, one small write and its sync. What a
    /// sync of its own would have to write nobody knows.
    fn is_soon_done(&self) -> bool {
        let [
            (_, DiskOp::Write { file, parts, .. }),
            (_, DiskOp::Sync { file: synced }),
        ] = self.submitted.as_slice()
        else {
            return false;
        };
        file == synced
            && parts.iter().map(Bytes::len).sum::<usize>() <= SMALL_BYTES_MAX
            && self.unfinished.load(Ordering::Acquire) == 0
            && lock(&self.worker).is_quick()
    }
}

impl Disk for RealDisk {
    fn submit(&mut self, op: DiskOp) -> DiskTicket {
        self.last = DiskTicket(self.last.0 + 1);
        self.submitted.push((self.last, op));
        self.last
    }

    fn begin(&mut self, idle: bool) {
        if self.is_soon_done() {
            self.held = true;
            if idle {
                self.release(true);
            }
            return;
        }
        self.hand_over();
    }

    fn holds(&self) -> bool {
        self.held
    }

    fn release(&mut self, idle: bool) {
        if !self.held {
            return;
        }
        if !idle {
            self.hand_over();
            return;
        }
        self.held = false;
        lock(&self.worker).work(self.submitted.drain(..));
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        self.reading.list()
    }

    fn length(&self, file: &str) -> Result<u64, DiskError> {
        self.reading.length(file)
    }

    fn read(&self, file: &str, offset: u64, length: usize) -> Result<Bytes, DiskError> {
        self.reading.read(file, offset, length)
    }
}

impl Drop for RealDisk {
    fn drop(&mut self) {
        self.hand_over();
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(worker: &Mutex<Worker>) -> MutexGuard<'_, Worker> {
    worker.lock().expect("nothing panics while it works")
}
