//! The header of every answer.

use synod_proto::etcdserverpb::ResponseHeader;

use super::Front;

impl Front {
    /// A header that shows `revision`.
    pub(crate) fn header(&self, revision: i64) -> Option<ResponseHeader> {
        Some(ResponseHeader {
            cluster_id: self.cluster_id,
            member_id: self.member_id,
            revision,
            raft_term: self.engine.live().round(),
        })
    }
}

/// The header of an answer within an answer (an operation of a transaction): etcd shows only the revision there.
pub(crate) fn inner(revision: i64) -> Option<ResponseHeader> {
    Some(ResponseHeader {
        revision,
        ..ResponseHeader::default()
    })
}
