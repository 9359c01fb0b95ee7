//! The controller's own log: JSON lines in a file of bounded length, with one older piece kept.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A piece is full at this length.
const PIECE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// A log file that several threads may write to.
#[derive(Clone)]
pub struct LogFile {
    inner: Arc<Mutex<Piece>>,
}

struct Piece {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl LogFile {
    /// Opens the file for appending.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = append(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self {
            inner: Arc::new(Mutex::new(Piece {
                path: path.to_owned(),
                file,
                bytes,
            })),
        })
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut piece = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if piece.bytes > PIECE_BYTES_MAX {
            std::fs::rename(&piece.path, piece.path.with_extension("log.1"))?;
            piece.file = append(&piece.path)?;
            piece.bytes = 0;
        }
        let written = piece.file.write(bytes)?;
        piece.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .file
            .flush()
    }
}
