//! What the leader sets: limits, and who the members are.

use synod_machine::Stamp;

use crate::command::Limits;
use crate::path::Path;
use crate::response::Response;
use crate::store::Store;
use crate::work::Work;

/// The node that says who the members are.
pub(crate) const CONFIG: Path<'static> = Path::of_node("/zookeeper/config");

impl Store {
    pub(super) const fn configure(&mut self, limits: Limits) -> Response {
        self.state.limits = limits;
        Response::Internal
    }

    pub(super) fn write_members(&mut self, stamp: &Stamp, text: &str) -> Response {
        if self.members() != text.as_bytes() {
            let zxid = self.take_zxid();
            Work::new(self, zxid, stamp.time_ms).write(CONFIG, Some(text.as_bytes()));
        }
        Response::Internal
    }

    /// What `/zookeeper/config` says.
    pub(crate) fn members(&self) -> &[u8] {
        let config = self.state.read(&CONFIG.key());
        config.and_then(|(_, data)| data).unwrap_or_default()
    }
}
