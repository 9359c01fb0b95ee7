//! What the leader sets: limits, and who the members are.

use synod_machine::Stamp;

use crate::command::Limits;
use crate::path::Path;
use crate::response::Response;
use crate::state::Data;
use crate::store::Store;
use crate::work::Work;
use crate::zxid::Zxid;

/// The node that says who the members are.
pub(crate) const CONFIG: Path<'static> = Path::of_node("/zookeeper/config");

impl Store {
    pub(super) const fn configure(&mut self, limits: Limits) -> Response {
        self.state.limits = limits;
        Response::Internal
    }

    /// The first time it is not a change: a ZooKeeper has its members there from the start.
    pub(super) fn write_members(&mut self, stamp: &Stamp, text: &str) -> Response {
        if self.members() == text.as_bytes() {
            return Response::Internal;
        }
        let key = CONFIG.key();
        let unwritten = self
            .state
            .fields(&key)
            .is_some_and(|fields| fields.mzxid == Zxid(0));
        let first = unwritten && self.members().is_empty();
        let zxid = if first {
            self.state.zxid
        } else {
            self.take_zxid()
        };
        let mut work = Work::new(self, zxid, stamp);
        if first {
            work.change(&key, Data::Set(Some(text.as_bytes())), |_| ());
        } else {
            work.write(CONFIG, Some(text.as_bytes()));
        }
        Response::Internal
    }

    /// What `/zookeeper/config` says.
    pub(crate) fn members(&self) -> &[u8] {
        let config = self.state.read(&CONFIG.key());
        config.and_then(|(_, data)| data).unwrap_or_default()
    }
}
