//! The file with the password that clients show: read at the start, and again when it changes.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use synod_resp::Password;
use tokio::time::sleep;

/// How often it is looked whether the file has changed. Where it is mounted, that takes about a minute by itself.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The file cannot be read.
    #[error("cache.password_file {}: {source}; name a file that this user may read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// There is nothing in it: everybody would be let in who shows nothing.
    #[error("cache.password_file {} is empty; write a password into it", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// The file, and what was read in it last. It is not told by `{:?}`.
pub struct PasswordFile {
    path: PathBuf,
    words: Vec<u8>,
}

impl PasswordFile {
    /// Reads it.
    ///
    /// # Errors
    /// If it cannot be read, or is empty.
    pub fn read(path: &Path) -> Result<Self, PasswordError> {
        Ok(Self {
            path: path.to_owned(),
            words: words(path)?,
        })
    }

    /// As the server compares it.
    #[must_use]
    pub fn password(&self) -> Password {
        Password::of(&self.words)
    }

    /// Tells of each other password that is written into the file. While it cannot be used, the last one holds.
    pub async fn follow(mut self, changed: impl Fn(Password)) -> Infallible {
        let mut is_told = false;
        loop {
            sleep(LOOK_EVERY).await;
            match words(&self.path) {
                Ok(words) if words == self.words => is_told = false,
                Ok(words) => {
                    self.words = words;
                    is_told = false;
                    changed(self.password());
                    tracing::info!("clients show another password from now on");
                }
                Err(error) if !is_told => {
                    is_told = true;
                    tracing::warn!(%error, "clients go on with the password of before");
                }
                Err(_) => {}
            }
        }
    }
}

/// What is in the file, but for the end of a line that an editor leaves.
fn words(path: &Path) -> Result<Vec<u8>, PasswordError> {
    let mut words = std::fs::read(path).map_err(|source| PasswordError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    while words.last().is_some_and(|byte| b"\r\n".contains(byte)) {
        words.pop();
    }
    if words.is_empty() {
        return Err(PasswordError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_line_is_no_part_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (text, expected) in [("a b\n", "a b"), ("a\r\n", "a"), (" a", " a")] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(words(&path).unwrap(), expected.as_bytes());
        }
        for nothing in ["", "\n"] {
            std::fs::write(&path, nothing).unwrap();
            let error = PasswordFile::read(&path).err().map(|it| it.to_string());
            assert!(error.is_some_and(|it| it.contains("is empty")));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn another_password_is_told_and_a_file_that_is_gone_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "first").unwrap();
        let file = PasswordFile::read(&path).unwrap();
        let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
        let following = tokio::spawn(file.follow(move |_| sender.send(()).unwrap()));
        sleep(2 * LOOK_EVERY).await;
        assert!(told.try_recv().is_err(), "nothing was changed");
        std::fs::remove_file(&path).unwrap();
        sleep(2 * LOOK_EVERY).await;
        assert!(told.try_recv().is_err(), "it is gone");
        std::fs::write(&path, "second").unwrap();
        told.recv().await.unwrap();
        following.abort();
    }
}
