//! The 64-bit ids that etcd's API shows for a cluster and its members: derived, so that nothing has to be kept.

use synod_agent_api::ClusterUid;
use xxhash_rust::xxh3::xxh3_64;

/// etcd's id of a member: a hash of the cluster's UID and the member's number, never 0.
#[must_use]
pub fn member_id(cluster: ClusterUid, number: u64) -> u64 {
    let mut bytes = [0; 24];
    bytes[..16].copy_from_slice(&cluster.0.to_be_bytes());
    bytes[16..].copy_from_slice(&number.to_be_bytes());
    xxh3_64(&bytes).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_and_differ() {
        let cluster = ClusterUid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(member_id(cluster, 1), member_id(cluster, 1));
        assert_ne!(member_id(cluster, 1), member_id(cluster, 2));
        assert_ne!(member_id(cluster, 1), member_id(ClusterUid(1), 1));
    }
}
