//! What the service itself deletes: containers that had children and have none, nodes that have none and whose time is over by
//! the replicated clock. Judged here, so it does not matter who proposed it and when.

use synod_machine::Stamp;

use crate::kind::Kind;
use crate::node::Fields;
use crate::path::{Key, Path};
use crate::response::Response;
use crate::store::Store;
use crate::work::Work;

impl Store {
    pub(super) fn reap(&mut self, stamp: &Stamp, paths: &[String]) -> Response {
        for path in paths {
            let over = self
                .state
                .fields(&Key::of(path))
                .is_some_and(|fields| is_over(&fields, stamp.time_ms));
            if over {
                let zxid = self.take_zxid();
                Work::new(self, zxid, stamp).remove(Path::of_node(path));
            }
        }
        Response::Internal
    }
}

/// Whether a node may be reaped at this time.
pub(crate) const fn is_over(fields: &Fields, time_ms: u64) -> bool {
    fields.children == 0
        && match fields.kind {
            Kind::Container => fields.creates > 0,
            Kind::Ttl(ms) => fields.mtime.saturating_add(ms) <= time_ms,
            Kind::Persistent | Kind::Ephemeral(_) => false,
        }
}
