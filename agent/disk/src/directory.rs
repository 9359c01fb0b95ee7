//! The data directory: created if need be, locked against a second process.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// The file that is locked; not one of the disk's files.
const LOCK: &str = "LOCK";

/// A data directory held by this process until dropped.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    handle: File,
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be created or opened.
    #[error("data directory {}: {source}; check that the path exists and that this user may write there", path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Another process holds it.
    #[error("data directory {} is in use by another process; stop that process, or give this one a directory of its own", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
}

impl DataDirectory {
    /// Opens a directory, creating it (mode 0700) if it is missing, and locks it.
    ///
    /// # Errors
    /// If it cannot be used, or another process uses it.
    pub fn open(path: &Path) -> Result<Self, DirectoryError> {
        let unusable = |source| DirectoryError::Unusable {
            path: path.to_owned(),
            source,
        };
        create(path).map_err(unusable)?;
        let handle = File::open(path).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(unusable)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                handle,
                _lock: lock,
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(DirectoryError::InUse {
                path: path.to_owned(),
            }),
            Err(error) => Err(unusable(error.into())),
        }
    }

    /// The path of a file in it.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.path.join(file)
    }

    /// Names of its files, sorted; directories (`lost+found`) and the lock are left out.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_file() && entry.file_name() != LOCK {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Makes creations, renames and removals in it durable.
    ///
    /// # Errors
    /// As the system gives them.
    pub fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }
}

fn create(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // The new directory's own name must survive a crash as well.
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}
