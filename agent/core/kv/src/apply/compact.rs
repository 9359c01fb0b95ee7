//! `Compact`, and the reclamation that follows it in bounded steps.
//!
//! A compaction only moves the compact revision. What that made unreadable is then taken away bit by bit: every later
//! command looks at a few more changes of the revision index, in order. A change at revision r supersedes the versions
//! of its key before it, so these go; if the change is a tombstone it goes too. What was changed at the compact revision
//! itself stays until the next compaction, for watches that begin there. So a compaction costs as much as was written
//! since the last one, spread over the commands after it, and all members hold the same versions after the same command.

use std::sync::Arc;

use crate::error::Error;
use crate::mutation::mutated;
use crate::response::Reply;
use crate::state::State;
use crate::store::Store;
use crate::version::{Revision, Version};
use synod_tree::Edit;

use super::RECLAIM_STEP;

impl Store {
    pub(crate) fn compact(&mut self, revision: i64) -> Result<Reply, Error> {
        if revision <= self.state.compact_revision {
            return Err(Error::Compacted);
        }
        if revision > self.state.revision {
            return Err(Error::FutureRevision);
        }
        // What the last compaction kept of its own revision is looked at again.
        self.state.reclaimed = self.state.indexed_from();
        self.changes.rewind(self.state.reclaimed);
        self.state.compact_revision = revision;
        self.reclaim(RECLAIM_STEP);
        Ok(Reply::Compact)
    }

    /// Whether compaction left anything to reclaim.
    pub(crate) fn reclaimable(&self) -> bool {
        let oldest = self.changes.oldest();
        oldest.is_some_and(|oldest| oldest.at.main <= self.state.compact_revision)
    }

    /// Looks at up to `max` more changes.
    pub(crate) fn reclaim(&mut self, max: usize) {
        for _ in 0..max {
            if !self.reclaimable() {
                break;
            }
            let change = Arc::clone(
                self.changes
                    .oldest()
                    .expect("there is something to reclaim"),
            );
            self.state.supersede(&change);
            self.state.reclaimed = change.at.next();
            self.changes.reclaimed();
        }
        self.changes.trim(self.state.compact_revision);
    }
}

impl State {
    /// Drops the versions that `change` superseded, and `change` itself if it is a tombstone; but nothing of the compact
    /// revision.
    fn supersede(&mut self, change: &Version) {
        let kept = Revision::first(self.compact_revision);
        let dead = (change.is_tombstone() && change.at < kept) || mutated("kv.compact.drops_live");
        if change.version == 1 && !dead {
            return;
        }
        let end = if dead {
            change.at.next()
        } else {
            change.at.min(kept)
        };
        let Self { keys, tally, .. } = self;
        keys.edit(change.key(), |history| {
            let Some(history) = history else {
                return (Edit::Keep, ());
            };
            history.drop_before(end, |version| tally.remove(version));
            if dead && history.latest().at == change.at {
                tally.remove(history.latest());
                return (Edit::Remove, ());
            }
            (Edit::Keep, ())
        });
    }
}
