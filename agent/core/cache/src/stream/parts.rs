//! All that is in a stream, for comparison.

use super::{Contents, Group, Id};

impl Contents {
    /// What it is made of: what is known of it, its entries, its groups.
    pub(crate) fn parts(&self) -> Vec<Vec<u8>> {
        let known = (self.len(), self.first(), self.last());
        let known = (known, self.added(), self.removed());
        let mut parts = vec![format!("{known:?}").into_bytes()];
        for entry in self.entries().range(Id::MIN, Id::MAX) {
            let mut part = entry.id.0.to_vec();
            for (field, value) in entry.fields() {
                part.extend([b" ", field, b"=", value].concat());
            }
            parts.push(part);
        }
        parts.extend(self.groups().flat_map(Group::parts));
        parts
    }
}

impl Group {
    fn parts(&self) -> Vec<Vec<u8>> {
        let name = self.name().escape_ascii();
        let mut parts = vec![format!("{name} {:?} {:?}", self.last, self.read).into_bytes()];
        for consumer in self.consumers() {
            let name = consumer.name.escape_ascii();
            let times = (consumer.seen, consumer.active);
            let pending: Vec<_> = self.pending_of(consumer, Id::MIN).collect();
            parts.push(format!("{name} {times:?} {pending:?}").into_bytes());
        }
        let pending: Vec<_> = self.pending_from(Id::MIN).collect();
        parts.push(format!("{pending:?}").into_bytes());
        parts
    }
}
