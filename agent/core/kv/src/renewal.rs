//! The state goes on in a group that was recovered from one member: revisions that clients may know of the group of before
//! are never given again, and cannot be read or watched any more.
//!
//! The model is etcd's restore with `--bump-revision` and `--mark-compacted`: clients that keep up by watching see that their
//! revision is compacted, and read everything anew. Keys keep the revisions that made them, so a compare with one that is
//! still held succeeds; one that was lost is in the gap and never comes again. Create revisions, which locks are fenced by,
//! go on above the gap. Leases stay: whoever leads gives each its full time again.

use crate::mutation::mutated;
use crate::store::Store;

/// How far the revision jumps: more changes than any group makes that its slowest member has not heard of.
const REVISIONS: i64 = 1_000_000_000;

impl Store {
    pub(crate) fn jump(&mut self) {
        let before = self.state.revision;
        if !mutated("kv.renewal.same_revisions") {
            self.state.revision = before.saturating_add(REVISIONS);
        }
        if !mutated("kv.renewal.past_readable") {
            // Not refused: the revision has just grown.
            let _ = self.compact(self.state.revision);
        }
    }
}
