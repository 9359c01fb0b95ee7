//! Access lists.

use crate::Text;
use crate::declare::record;

/// Bits of [`Acl::permissions`].
pub mod permissions {
    /// To read data and the names of children.
    pub const READ: i32 = 1;
    /// To set data.
    pub const WRITE: i32 = 1 << 1;
    /// To create children.
    pub const CREATE: i32 = 1 << 2;
    /// To delete children.
    pub const DELETE: i32 = 1 << 3;
    /// To set the access list.
    pub const ADMIN: i32 = 1 << 4;
    /// All of them.
    pub const ALL: i32 = READ | WRITE | CREATE | DELETE | ADMIN;
}

record! {
    /// Whom an entry is about: a scheme and what the scheme makes of a name. A scheme that is null is INVALIDACL, an id
    /// that is null is MARSHALLINGERROR, so the one is an option and the other an error of decoding.
    pub struct Id {
        /// `world`, `auth`, `digest`, `ip`, `x509`, `sasl`, `super`.
        pub scheme: Option<Text>,
        /// `anyone`, empty, `user:digest`, an address with or without a prefix length, a name.
        pub id: Text,
    }
}

record! {
    /// An entry of an access list. ZooKeeper keeps permission bits that it does not know.
    pub struct Acl {
        /// What is allowed; bits of [`permissions`].
        pub permissions: i32,
        /// To whom.
        pub id: Id,
    }
}

impl Acl {
    /// An entry.
    #[must_use]
    pub fn new(permissions: i32, scheme: &str, id: &str) -> Self {
        let (scheme, id) = (Some(scheme.into()), id.into());
        let id = Id { scheme, id };
        Self { permissions, id }
    }

    /// Everybody may do everything (`OPEN_ACL_UNSAFE`).
    #[must_use]
    pub const fn open() -> Self {
        Self {
            permissions: permissions::ALL,
            id: Id {
                scheme: Some(Text::from_static("world")),
                id: Text::from_static("anyone"),
            },
        }
    }
}
