//! The core's words as the wire's, and back.

use synod_jute::Text;
use synod_jute::records::{self, Stat};
use synod_znode::{Acl, Id, Permissions};

/// A stat.
pub(super) const fn stat(stat: &synod_znode::Stat) -> Stat {
    Stat {
        czxid: zxid(stat.czxid),
        mzxid: zxid(stat.mzxid),
        ctime_ms: stat.ctime as i64,
        mtime_ms: stat.mtime as i64,
        version: stat.version,
        cversion: stat.cversion,
        aversion: stat.aversion,
        ephemeral_owner: synod_jute::SessionId(stat.owner),
        data_length: stat.data_length,
        num_children: stat.children,
        pzxid: zxid(stat.pzxid),
    }
}

/// A zxid.
pub(super) const fn zxid(zxid: synod_znode::Zxid) -> synod_jute::Zxid {
    synod_jute::Zxid(zxid.0)
}

/// An access control list as it is kept. A null list, and a null scheme, are refused there as an empty one is.
pub(super) fn acl(list: Option<Vec<records::Acl>>) -> Vec<Acl> {
    let one = |acl: records::Acl| Acl {
        permissions: Permissions(acl.permissions as u32),
        id: Id::new(acl.id.scheme.as_deref().unwrap_or_default(), &*acl.id.id),
    };
    list.unwrap_or_default().into_iter().map(one).collect()
}

/// An access control list as it is sent.
pub(super) fn wire_acl(list: Vec<Acl>) -> Vec<records::Acl> {
    let one = |acl: Acl| records::Acl {
        permissions: acl.permissions.0 as i32,
        id: records::Id {
            scheme: Some(Text::from(acl.id.scheme)),
            id: Text::from(acl.id.id),
        },
    };
    list.into_iter().map(one).collect()
}
