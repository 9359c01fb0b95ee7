//! The data directory of `synod local`: what is where, whose it is, and who holds it.
//!
//! ```text
//! DIR/synod-local.json   marks the directory as ours, with the format
//! DIR/lock               held by the running controller
//! DIR/controller.json    the controller's pid and start time
//! DIR/controller.log     its output when detached
//! DIR/api.journal        all objects
//! DIR/access.json        the API's certificate, key and token (mode 0600)
//! DIR/kubeconfig         how to reach the API (mode 0600)
//! DIR/addresses.json     loopback addresses given to pods and services
//! DIR/hosts              their names, in the form of /etc/hosts
//! DIR/volumes/           the content of claims
//! DIR/pods/              roots, logs and process records of pods
//! DIR/logs/              links to the pods' logs, by name
//! ```
//!
//! A directory that holds anything else is never written to, and only a marked one is ever removed.

use super::runner::process;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const MARK: &str = "synod-local.json";
const FORMAT: u32 = 1;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// It holds something that is not ours.
    #[error("{} holds something else and is left alone; give --data a new or empty directory", .0.display())]
    Foreign(PathBuf),
    /// It was written by a newer version.
    #[error("{} was written in format {format}, this version reads up to {FORMAT}; use a newer synod, or another --data", path.display())]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// There is none.
    #[error("{} is no data directory of synod local; `synod local --data DIR` makes one", .0.display())]
    Missing(PathBuf),
    /// Another controller runs on it.
    #[error("{} is in use by a running `synod local`{}; change it with `synod apply -f FILE`, stop it with `synod local down --data {}`, or give another --data",
        .0.display(), .1.map(|pid| format!(" (pid {pid})")).unwrap_or_default(), .0.display())]
    Held(PathBuf, Option<u32>),
    /// The disk said no.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        error: io::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct Mark {
    format: u32,
}

/// A data directory. Cloning it clones the paths, not the hold.
#[derive(Debug, Clone)]
pub struct Home {
    path: PathBuf,
}

/// Keeps other controllers away for as long as it lives.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

impl Home {
    /// The directory that is taken when none is named: `.synod/local` in the home directory, else in the current one.
    pub fn default_path() -> PathBuf {
        let base = std::env::var_os("HOME").map_or_else(PathBuf::new, PathBuf::from);
        base.join(".synod").join("local")
    }

    /// An existing data directory.
    pub fn existing(path: &Path) -> Result<Self, HomeError> {
        let home = Self {
            path: path
                .canonicalize()
                .map_err(|_| HomeError::Missing(path.to_owned()))?,
        };
        match home.mark()? {
            Some(_) => Ok(home),
            None => Err(HomeError::Missing(path.to_owned())),
        }
    }

    /// Says what [`Home::make`] would say, and changes nothing.
    pub fn check(path: &Path) -> Result<(), HomeError> {
        let home = Self {
            path: path.to_owned(),
        };
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                return Err(HomeError::Io {
                    path: path.to_owned(),
                    error,
                });
            }
        };
        if home.mark()?.is_none() && entries.count() > 0 {
            return Err(HomeError::Foreign(path.to_owned()));
        }
        Ok(())
    }

    /// Opens the directory, or makes it if it is new or empty.
    pub fn make(path: &Path) -> Result<Self, HomeError> {
        Self::check(path)?;
        let io = |error| HomeError::Io {
            path: path.to_owned(),
            error,
        };
        fs::create_dir_all(path).map_err(io)?;
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(io)?;
        let home = Self {
            path: path.canonicalize().map_err(io)?,
        };
        if home.mark()?.is_none() {
            home.write(MARK, &Mark { format: FORMAT })?;
        }
        for directory in ["volumes", "pods", "logs"] {
            fs::create_dir_all(home.path.join(directory)).map_err(io)?;
        }
        Ok(home)
    }

    fn mark(&self) -> Result<Option<Mark>, HomeError> {
        let path = self.path.join(MARK);
        match fs::read(&path) {
            Ok(bytes) => {
                let mark: Mark = serde_json::from_slice(&bytes)
                    .map_err(|_| HomeError::Foreign(self.path.clone()))?;
                if mark.format > FORMAT {
                    return Err(HomeError::Newer {
                        path: self.path.clone(),
                        format: mark.format,
                    });
                }
                Ok(Some(mark))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(HomeError::Io { path, error }),
        }
    }

    /// Takes the directory for this process.
    pub fn hold(&self) -> Result<Hold, HomeError> {
        let path = self.path.join("lock");
        let io = |error| HomeError::Io {
            path: path.clone(),
            error,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(io)?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(
            |error| {
                if error == rustix::io::Errno::WOULDBLOCK {
                    HomeError::Held(
                        self.path.clone(),
                        self.controller().map(|record| record.pid()),
                    )
                } else {
                    io(error.into())
                }
            },
        )?;
        if let Some(record) = process::Record::of(std::process::id()) {
            self.write("controller.json", &record)?;
        }
        Ok(Hold { _file: file })
    }

    /// The running controller, if there is one.
    pub fn controller(&self) -> Option<process::Record> {
        self.read::<process::Record>("controller.json")
            .filter(process::Record::is_alive)
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The journal of the API.
    pub fn journal(&self) -> PathBuf {
        self.path.join("api.journal")
    }

    /// The kubeconfig of its listener.
    pub fn kubeconfig(&self) -> PathBuf {
        self.path.join("kubeconfig")
    }

    /// The controller's output when it runs detached.
    pub fn controller_log(&self) -> PathBuf {
        self.path.join("controller.log")
    }

    /// Names of pods and services, as /etc/hosts.
    pub fn hosts(&self) -> PathBuf {
        self.path.join("hosts")
    }

    /// The directories of pods.
    pub fn pods(&self) -> PathBuf {
        self.path.join("pods")
    }

    /// The directory of one pod.
    pub fn pod(&self, uid: &str) -> PathBuf {
        self.pods().join(uid)
    }

    /// Links to the logs of pods.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// Where the contents of claims are.
    pub fn volumes(&self) -> PathBuf {
        self.path.join("volumes")
    }

    /// Reads one of the JSON files; none if it is not there or not readable.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.path.join(name)).ok()?).ok()
    }

    /// Replaces one of the JSON files as a whole; only the owner can read it.
    pub fn write<T: Serialize>(&self, name: &str, content: &T) -> Result<(), HomeError> {
        let text = serde_json::to_vec_pretty(content).unwrap_or_default();
        replace(&self.path.join(name), &text)
    }

    /// Removes the directory and everything in it.
    pub fn purge(self) -> Result<(), HomeError> {
        fs::remove_dir_all(&self.path).map_err(|error| HomeError::Io {
            path: self.path,
            error,
        })
    }
}

/// Replaces a file as a whole, with mode 0600.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), HomeError> {
    let next = path.with_extension("next");
    let written = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&next)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&next, path));
    written.map_err(|error| HomeError::Io {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_something_else_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("thesis.txt"), "dear").unwrap();
        assert!(matches!(
            Home::make(directory.path()),
            Err(HomeError::Foreign(_))
        ));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(matches!(
            Home::existing(directory.path()),
            Err(HomeError::Missing(_))
        ));
    }

    #[test]
    fn one_controller_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::make(directory.path()).unwrap();
        let hold = home.hold().unwrap();
        assert!(
            matches!(home.hold(), Err(HomeError::Held(_, Some(pid))) if pid == std::process::id())
        );
        drop(hold);
        home.hold().unwrap();
    }
}
