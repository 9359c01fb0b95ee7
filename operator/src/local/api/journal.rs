//! The API's durable state: one file of checksummed records, appended and synced before a write is answered.
//!
//! A record is `[length u32][crc32c of length u32][crc32c of payload u32][payload]`, little endian; the payload is one
//! change as JSON. The length has a checksum of its own, so that a damaged length is not mistaken for a torn tail.
//! What an interrupted write leaves at the end (a prefix of a record, or zeros) is cut off at opening; damage anywhere
//! else is refused with its place, since what follows it would silently be lost.
//!
//! A write that failed, in its sync too, leaves the file in doubt: the next one writes the whole state anew. So does
//! opening, since an earlier process may have ended in such doubt.
//!
//! Compaction writes the whole state into a new file beside the old one and renames it over: at every moment one
//! complete journal has the name.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8] = b"synod api journal 1\n";
const HEADER_BYTES: usize = 12;
/// No object comes near this; a longer record is damage.
const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One change of one object, or (with neither object nor name) the revision that a compacted journal begins at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The revision the change made.
    pub(crate) revision: u64,
    /// Qualified type, for example `pods` or `consensusgroups.synod.dev`.
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The object as stored; none if it was deleted.
    pub(crate) object: Option<Value>,
}

/// Why a journal cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk said no.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        error: io::Error,
    },
    /// The file is something else.
    #[error("{} is not a journal of synod local; give --data a new or empty directory", .0.display())]
    Foreign(PathBuf),
    /// Bytes in the middle are not what was written.
    #[error("{}: damaged at byte {offset}; restore the directory from a copy, or start a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the first bad record begins.
        offset: u64,
    },
}

/// An open journal, positioned at its end.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// A write failed; only [`Journal::compact`] makes it good.
    doubtful: bool,
}

impl Journal {
    /// Opens or makes the journal at `path` and returns what it holds, oldest first.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Record>), JournalError> {
        let io = |error| JournalError::Io {
            path: path.to_owned(),
            error,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let (records, good) = if MAGIC.starts_with(&bytes) {
            // New, or the very first write was interrupted.
            file.set_len(0).map_err(io)?;
            file.seek(SeekFrom::Start(0)).map_err(io)?;
            file.write_all(MAGIC).map_err(io)?;
            (Vec::new(), MAGIC.len())
        } else {
            replay(&bytes, path)?
        };
        file.set_len(good as u64).map_err(io)?;
        file.seek(SeekFrom::Start(good as u64)).map_err(io)?;
        file.sync_all().map_err(io)?;
        sync_parent(path).map_err(io)?;
        Ok((
            Self {
                path: path.to_owned(),
                file,
                bytes: good as u64,
                doubtful: false,
            },
            records,
        ))
    }

    /// Appends one record; when this returns, it is on disk.
    pub(crate) fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        assert!(
            !self.doubtful,
            "appended to a journal whose last write failed"
        );
        let frame = frame(record);
        let written = self
            .file
            .write_all(&frame)
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // What was written in part must not be followed by a good record, and after a failed sync the kernel may
            // call pages clean that never reached the disk: nothing is appended here until all was written anew.
            self.doubtful = true;
            return Err(JournalError::Io {
                path: self.path.clone(),
                error,
            });
        }
        self.bytes += frame.len() as u64;
        Ok(())
    }

    /// Whether a write failed, so that nothing may be appended before the next compaction.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Length of the file in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Replaces the journal by one that holds just `records`.
    pub(crate) fn compact(
        &mut self,
        records: impl Iterator<Item = Record>,
    ) -> Result<(), JournalError> {
        let next = self.path.with_extension("next");
        let io = |error| JournalError::Io {
            path: next.clone(),
            error,
        };
        let mut bytes = MAGIC.to_vec();
        records.for_each(|record| bytes.extend(frame(&record)));
        let mut file = File::create(&next).map_err(io)?;
        file.write_all(&bytes)
            .and_then(|()| file.sync_all())
            .map_err(io)?;
        std::fs::rename(&next, &self.path).map_err(io)?;
        // From here on the old file has no name: whatever comes, nothing may be appended to it.
        self.file = file;
        self.bytes = bytes.len() as u64;
        self.doubtful = true;
        sync_parent(&self.path).map_err(io)?;
        self.doubtful = false;
        Ok(())
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn frame(record: &Record) -> Vec<u8> {
    let payload = serde_json::to_vec(record).unwrap_or_default();
    let length = u32::try_from(payload.len())
        .unwrap_or(u32::MAX)
        .to_le_bytes();
    let mut frame = Vec::with_capacity(HEADER_BYTES + payload.len());
    frame.extend(length);
    frame.extend(crc32c::crc32c(&length).to_le_bytes());
    frame.extend(crc32c::crc32c(&payload).to_le_bytes());
    frame.extend(payload);
    frame
}

/// What one place of the file holds.
enum Found {
    Record(Box<Record>, usize),
    End,
    Torn,
    Damaged,
}

fn replay(bytes: &[u8], path: &Path) -> Result<(Vec<Record>, usize), JournalError> {
    if !bytes.starts_with(MAGIC) {
        return Err(JournalError::Foreign(path.to_owned()));
    }
    let mut records = Vec::new();
    let mut at = MAGIC.len();
    loop {
        match next(&bytes[at..]) {
            Found::Record(record, length) => {
                records.push(*record);
                at += length;
            }
            Found::End | Found::Torn => return Ok((records, at)),
            Found::Damaged => {
                return Err(JournalError::Damaged {
                    path: path.to_owned(),
                    offset: at as u64,
                });
            }
        }
    }
}

fn next(bytes: &[u8]) -> Found {
    if bytes.is_empty() {
        return Found::End;
    }
    // A file may have grown before its bytes reached the disk.
    if bytes.len() < HEADER_BYTES || bytes.iter().all(|byte| *byte == 0) {
        return Found::Torn;
    }
    let word =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let length = word(0) as usize;
    if crc32c::crc32c(&bytes[..4]) != word(4) || length > RECORD_BYTES_MAX {
        return Found::Damaged;
    }
    let Some(payload) = bytes.get(HEADER_BYTES..HEADER_BYTES + length) else {
        return Found::Torn;
    };
    let last = bytes.len() == HEADER_BYTES + length;
    match (
        crc32c::crc32c(payload) == word(8),
        serde_json::from_slice(payload),
    ) {
        (true, Ok(record)) => Found::Record(Box::new(record), HEADER_BYTES + length),
        (false, _) if last => Found::Torn,
        _ => Found::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(revision: u64) -> Record {
        let object = (!revision.is_multiple_of(3))
            .then(|| json!({"metadata": {"name": "x"}, "n": revision}));
        Record {
            revision,
            resource: "pods".into(),
            namespace: "a".into(),
            name: format!("p{revision}"),
            object,
        }
    }

    fn written(count: u64) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let (mut journal, _) = Journal::open(&path).unwrap();
        (1..=count).for_each(|n| journal.append(&record(n)).unwrap());
        (directory, path)
    }

    #[test]
    fn a_cut_at_every_byte_loses_only_the_last_record() {
        let (_directory, path) = written(2);
        let whole = std::fs::read(&path).unwrap();
        let mut ends = vec![MAGIC.len()];
        for n in 1..=2 {
            ends.push(ends[ends.len() - 1] + frame(&record(n)).len());
        }
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let (mut journal, records) = Journal::open(&path).unwrap();
            let complete = ends
                .iter()
                .filter(|end| **end <= cut)
                .count()
                .saturating_sub(1) as u64;
            assert_eq!(
                records,
                (1..=complete).map(record).collect::<Vec<_>>(),
                "cut at {cut}"
            );
            journal.append(&record(9)).unwrap();
            let (_, records) = Journal::open(&path).unwrap();
            assert_eq!(
                records.last(),
                Some(&record(9)),
                "append after a cut at {cut}"
            );
        }
    }

    #[test]
    fn zeros_at_the_end_are_a_torn_tail_and_damage_elsewhere_is_refused() {
        let (_directory, path) = written(3);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [whole.as_slice(), &[0; 40]].concat()).unwrap();
        assert_eq!(Journal::open(&path).unwrap().1.len(), 3);

        let second = MAGIC.len() + frame(&record(1)).len();
        for at in MAGIC.len()..second {
            let mut bad = whole.clone();
            bad[at] ^= 0x40;
            std::fs::write(&path, &bad).unwrap();
            let error = Journal::open(&path).unwrap_err();
            assert!(
                matches!(error, JournalError::Damaged { .. }),
                "byte {at}: {error}"
            );
            assert_eq!(
                std::fs::read(&path).unwrap(),
                bad,
                "a refused file is left as it is"
            );
        }
    }

    #[test]
    fn compaction_keeps_the_state_and_goes_on() {
        let (_directory, path) = written(5);
        let (mut journal, _) = Journal::open(&path).unwrap();
        journal.compact([record(4), record(5)].into_iter()).unwrap();
        journal.append(&record(7)).unwrap();
        assert_eq!(
            Journal::open(&path).unwrap().1,
            [record(4), record(5), record(7)]
        );
    }

    #[test]
    fn a_foreign_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        std::fs::write(&path, b"something else entirely").unwrap();
        assert!(matches!(
            Journal::open(&path),
            Err(JournalError::Foreign(_))
        ));
    }
}
