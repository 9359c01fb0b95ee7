//! The hash of a revision, by which members compare their histories.

use crate::error::Error;
use crate::state::State;
use crate::version::Version;

/// The hash of everything readable at a revision or before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevisionHash {
    /// Equal on members whose histories are equal and who compacted at the same revision.
    pub hash: u32,
    /// The revision it is of.
    pub revision: i64,
    /// The compact revision it was made under.
    pub compact_revision: i64,
}

impl State {
    /// Hashes the versions up to `revision` (0: the newest) that compaction left readable, reclaimed or not: at each
    /// key those after the compact revision, and the one that is alive at it.
    pub(crate) fn hash_kv(&self, revision: i64) -> Result<RevisionHash, Error> {
        self.readable(revision)?;
        let revision = if revision <= 0 {
            self.revision
        } else {
            revision
        };
        let mut sum = 0u64;
        for history in self.keys.iter() {
            let oldest = history.live_at(self.compact_revision);
            let later = history
                .versions()
                .filter(|version| version.at.main > self.compact_revision);
            for version in oldest
                .into_iter()
                .chain(later)
                .filter(|version| version.at.main <= revision)
            {
                sum = sum.wrapping_add(Version::digest(version));
            }
        }
        let hash = (sum ^ (sum >> 32)) as u32;
        Ok(RevisionHash {
            hash,
            revision,
            compact_revision: self.compact_revision,
        })
    }
}
