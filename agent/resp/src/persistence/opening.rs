//! A data directory before the server starts.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use synod_cache::partition::Partition;
use synod_cachestore::journal::Journal;
use synod_cachestore::{Found, Fsync, Recovered, TakeError, open};
use synod_disk::{DataDirectory, DirectDisk, DirectoryError};
use synod_replica::{ClusterUid, Disk as _};

use super::Persistence;
use super::importing::{ImportError, import};
use super::snapshots::{Snapshots, save_now};
use crate::mailbox::Mailbox;
use crate::part::Part;

/// How keys are kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory.
    pub directory: PathBuf,
    /// When what is written is synced.
    pub fsync: Fsync,
    /// In how many partitions a new directory keeps keys. One that is there stays as it is.
    pub partitions: u32,
    /// Of what all that is random comes; none of it is to be guessed.
    pub seed: u64,
    /// By what a new directory is known: random.
    pub disk_id: u128,
    /// The cluster, and which of its shards.
    pub cluster: ClusterUid,
    /// See there.
    pub shard: u64,
    /// What an empty directory begins with: a file of `SAVE`, one of `appendonly`, or a directory of the latter, with its manifest.
    pub import: Option<PathBuf>,
}

impl Settings {
    /// Those of a cache that stands alone.
    #[must_use]
    pub fn alone(directory: &Path, fsync: Fsync, partitions: u32, seed: u64) -> Self {
        Self {
            directory: directory.to_owned(),
            fsync,
            partitions,
            seed,
            disk_id: u128::from(seed) << 64 | u128::from(now().unsigned_abs()),
            cluster: ClusterUid::default(),
            shard: 0,
            import: None,
        }
    }
}

/// How long a segment of the log is.
const SEGMENT_BYTES: u64 = 64 << 20;

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be had.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// What is in it cannot.
    #[error("data directory {}: {source}", path.display())]
    Contents {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: synod_cachestore::OpenError,
    },
    /// It cannot be written to.
    #[error("data directory {}: {why}", path.display())]
    Unwritable {
        /// The directory.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// What it is to begin with cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// What it is to begin with cannot be saved there.
    #[error("what was imported cannot be saved: {0}")]
    Save(#[from] TakeError),
}

/// What a directory holds, for a server.
pub struct Kept {
    recovered: Recovered,
    directory: Arc<DataDirectory>,
}

impl Kept {
    /// Opens a directory, or makes it.
    ///
    /// # Errors
    /// If it cannot be used. Unless it was to be made, nothing in it was changed then.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        let path = &settings.directory;
        let directory = Arc::new(DataDirectory::open(path)?);
        let mut disk = DirectDisk::new(Arc::clone(&directory));
        let store = synod_cachestore::Settings {
            cluster: settings.cluster,
            shard: settings.shard,
            partitions: settings.partitions,
            disk_id: settings.disk_id,
            seed: settings.seed,
            now: now(),
            segment_bytes: SEGMENT_BYTES,
            fsync: settings.fsync,
        };
        let contents = |source| OpenError::Contents {
            path: path.clone(),
            source,
        };
        let opened = open(&disk, &store).map_err(contents)?;
        for op in opened.ops {
            disk.submit(op);
            let done = disk.completed().expect("it is done when it is submitted");
            done.result.map_err(|error| OpenError::Unwritable {
                path: path.clone(),
                why: format!("{error:?}"),
            })?;
        }
        let mut recovered = opened.recovered;
        // It may have been made when importing failed, or was cut short.
        let is_empty = recovered.found.is_empty();
        if let Some(from) = settings.import.as_ref().filter(|_| is_empty) {
            import(from, &mut recovered.partitions)?;
            // Nothing of it is in the log.
            save_now(&mut recovered, &mut disk)?;
        }
        Ok(Self {
            recovered,
            directory,
        })
    }

    /// What was found.
    #[must_use]
    pub const fn found(&self) -> &Found {
        &self.recovered.found
    }

    /// The partitions, for those who want no server.
    pub fn partitions(&mut self) -> &mut [Partition] {
        &mut self.recovered.partitions
    }

    /// When the log is synced, unless something else is set.
    pub(crate) const fn fsync(&self) -> Fsync {
        self.recovered.log.fsync()
    }

    /// Begins to write to the log.
    pub(crate) fn begin(
        self,
        mailboxes: &[Mailbox],
    ) -> io::Result<(Vec<Mutex<Part>>, Option<Persistence>)> {
        let wakers: Vec<_> = mailboxes.iter().map(Mailbox::waker).collect();
        let told = move |bits: u64| {
            let woken = wakers.iter().enumerate();
            let woken = woken.filter(|(number, _)| bits >> (number % 64) & 1 == 1);
            woken.for_each(|(_, waker)| drop(waker.wake()));
        };
        let Recovered {
            owner,
            partitions,
            gather,
            log,
            found,
        } = self.recovered;
        let disk = DirectDisk::new(Arc::clone(&self.directory));
        let (journal, thread) = Journal::start(gather, log, disk, Box::new(told))?;
        let persistence = Persistence {
            journal,
            snapshots: Snapshots::new(now(), found.log_bytes),
            places: partitions.iter().map(|_| AtomicU64::new(0)).collect(),
            directory: self.directory,
            owner,
            changes_saved: AtomicI64::new(0),
            is_cut_short: AtomicBool::new(false),
            threads: Mutex::new(vec![thread]),
        };
        let parts = partitions.into_iter().map(Part::new).map(Mutex::new);
        Ok((parts.collect(), Some(persistence)))
    }
}

/// In Unix milliseconds.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}
