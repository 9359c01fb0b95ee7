//! What a Redis saved, as the beginning of a directory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use synod_cache::aof::{Failed, Manifest, ManifestError, Replay, Replayed};
use synod_cache::partition::Partition;

use super::opening::now;

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// What is in a file cannot.
    #[error("{}: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Failed,
    },
    /// The manifest of a directory cannot.
    #[error("{}: {source}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ManifestError,
    },
    /// There is none.
    #[error("{} has no file whose name ends with .manifest; name the file of `SAVE` itself", path.display())]
    NoManifest {
        /// The directory.
        path: PathBuf,
    },
}

const CHUNK_BYTES: usize = 256 << 10;

/// Reads it into partitions: a file, or the files of a directory's manifest.
pub(super) fn import(path: &Path, partitions: &mut [Partition]) -> Result<Replayed, ImportError> {
    let files = if path.is_dir() {
        files(path)?
    } else {
        vec![path.to_owned()]
    };
    for partition in partitions.iter_mut() {
        partition.set_recording(false);
    }
    let mut all = Replayed::default();
    for (index, file) in files.iter().enumerate() {
        let replayed = read(file, index + 1 == files.len(), partitions)?;
        all.keys += replayed.keys;
        all.commands += replayed.commands;
        all.passed_over += replayed.passed_over;
        all.cut_at = replayed.cut_at;
    }
    for partition in partitions.iter_mut() {
        partition.set_now(now());
        partition.set_recording(true);
    }
    Ok(all)
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| ImportError::Unreadable { path, source }
    };
    let entries = std::fs::read_dir(directory).map_err(unreadable(directory))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_manifest = |path: &PathBuf| path.extension().is_some_and(|it| it == "manifest");
    let path = paths.filter(is_manifest).min();
    let path = path.ok_or_else(|| ImportError::NoManifest {
        path: directory.to_owned(),
    })?;
    let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
    match Manifest::parse(&text) {
        Ok(manifest) => Ok(manifest.files().map(|file| directory.join(file)).collect()),
        Err(source) => Err(ImportError::Manifest { path, source }),
    }
}

fn read(path: &Path, is_last: bool, partitions: &mut [Partition]) -> Result<Replayed, ImportError> {
    let unreadable = |source| ImportError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let failed = |source| ImportError::Failed {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut replay = Replay::new(now());
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return replay.end(is_last, partitions).map_err(failed),
            Ok(read) => replay.feed(&chunk[..read], partitions).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
}
