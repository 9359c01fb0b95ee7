//! Access control: lists, who asks, and whether they may.

use std::sync::Arc;

use crate::error::Error;

/// What may be done, a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permissions(pub u32);

impl Permissions {
    /// Data and children may be read.
    pub const READ: Self = Self(1);
    /// Data may be written.
    pub const WRITE: Self = Self(2);
    /// Children may be created.
    pub const CREATE: Self = Self(4);
    /// Children may be deleted.
    pub const DELETE: Self = Self(8);
    /// The list may be written.
    pub const ADMIN: Self = Self(16);
    /// All of these.
    pub const ALL: Self = Self(31);

    const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Either of both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Somebody, or many: a scheme, and a name of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// `world`, `auth`, `digest`, `ip`, `x509`, `sasl`, `super`.
    pub scheme: String,
    /// The name. Of `digest`: `user:base64(sha1(user:password))`; hashing is the front end's.
    pub id: String,
}

impl Id {
    /// This id.
    pub fn new(scheme: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            scheme: scheme.into(),
            id: id.into(),
        }
    }

    /// Everybody.
    #[must_use]
    pub fn anyone() -> Self {
        Self::new("world", "anyone")
    }

    fn is_anyone(&self) -> bool {
        self.scheme == "world" && self.id == "anyone"
    }

    /// Whether somebody proved to be it and can be named in a list: an address proves nothing, and who may do everything needs
    /// no list.
    fn is_authenticated(&self) -> bool {
        matches!(self.scheme.as_str(), "digest" | "x509" | "sasl")
    }

    /// Whether it can stand in a list.
    fn is_valid(&self) -> bool {
        match self.scheme.as_str() {
            "world" => self.is_anyone(),
            // As Java splits, which drops empty parts at the end.
            "digest" => self.id.trim_end_matches(':').split(':').count() == 2,
            "ip" => Subnet::parse(&self.id).is_some(),
            "x509" | "sasl" => !self.id.is_empty(),
            _ => false,
        }
    }

    /// Whether who authenticated as `who` is meant by this id.
    fn means(&self, who: &Self) -> bool {
        if self.scheme != who.scheme {
            return false;
        }
        match self.scheme.as_str() {
            "ip" => Subnet::parse(&self.id).is_some_and(|subnet| subnet.holds(&who.id)),
            _ => self.id == who.id,
        }
    }
}

/// An address, with the bits of it that count: `10.0.0.0/8`.
struct Subnet {
    address: Vec<u8>,
    bits: usize,
}

impl Subnet {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<usize>().ok()?)),
            None => (text, None),
        };
        let address = octets(address)?;
        let all = address.len() * 8;
        let bits = bits.unwrap_or(all);
        (bits <= all).then_some(Self { address, bits })
    }

    fn holds(&self, address: &str) -> bool {
        let Some(address) = octets(address).filter(|octets| octets.len() == self.address.len())
        else {
            return false;
        };
        let (whole, rest) = (self.bits / 8, self.bits % 8);
        let mask = !(0xffu8.checked_shr(rest as u32).unwrap_or(0));
        let partly = rest == 0 || (address[whole] ^ self.address[whole]) & mask == 0;
        address[..whole] == self.address[..whole] && partly
    }
}

fn octets(address: &str) -> Option<Vec<u8>> {
    Some(match address.parse().ok()? {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    })
}

/// One entry of a list: who may do what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Acl {
    /// What.
    pub permissions: Permissions,
    /// Who.
    pub id: Id,
}

impl Acl {
    /// The list of most nodes: everybody may do everything.
    #[must_use]
    pub fn open() -> Vec<Self> {
        vec![Self {
            permissions: Permissions::ALL,
            id: Id::anyone(),
        }]
    }
}

/// The list to be kept: doubles removed, `auth` replaced by what who asks proved to be.
///
/// # Errors
/// `InvalidAcl` as ZooKeeper's `PrepRequestProcessor.fixupACL`.
pub(crate) fn settle(list: &[Acl], asking: &[Id]) -> Result<Vec<Acl>, Error> {
    let mut settled: Vec<Acl> = Vec::with_capacity(list.len());
    let mut add = |acl: Acl| {
        if !settled.contains(&acl) {
            settled.push(acl);
        }
    };
    for acl in list {
        if acl.id.scheme == "auth" {
            let mut proved = asking.iter().filter(|id| id.is_authenticated()).peekable();
            proved.peek().ok_or(Error::InvalidAcl)?;
            for id in proved {
                add(Acl {
                    permissions: acl.permissions,
                    id: id.clone(),
                });
            }
        } else if acl.id.is_valid() {
            add(acl.clone());
        } else {
            return Err(Error::InvalidAcl);
        }
    }
    if settled.is_empty() {
        return Err(Error::InvalidAcl);
    }
    Ok(settled)
}

/// What a list counts for in the bytes of state.
pub(crate) fn cost(list: &[Acl]) -> usize {
    let names = list
        .iter()
        .map(|acl| acl.id.scheme.len() + acl.id.id.len() + 64);
    64 + names.sum::<usize>()
}

/// Whether who asks may do any of `wanted` by this list.
///
/// # Errors
/// `NoAuth`.
pub(crate) fn check(list: &[Acl], wanted: Permissions, asking: &[Id]) -> Result<(), Error> {
    let may = asking.iter().any(|id| id.scheme == "super")
        || list
            .iter()
            .filter(|acl| acl.permissions.meets(wanted))
            .any(|acl| acl.id.is_anyone() || asking.iter().any(|who| acl.id.means(who)));
    if may { Ok(()) } else { Err(Error::NoAuth) }
}

/// Who may hear of a node: who may read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readers(Option<Arc<[Acl]>>);

impl Readers {
    /// Everybody.
    pub const ALL: Self = Self(None);

    /// Those whom a list lets read.
    pub(crate) fn of(list: &Arc<[Acl]>) -> Self {
        let all = check(list, Permissions::READ, &[]).is_ok();
        Self((!all).then(|| Arc::clone(list)))
    }

    /// Whether everybody may.
    #[must_use]
    pub const fn are_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether one who proved to be these may.
    #[must_use]
    pub fn include(&self, ids: &[Id]) -> bool {
        let list = self.0.as_ref();
        list.is_none_or(|list| check(list, Permissions::READ, ids).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(permissions: Permissions, scheme: &str, id: &str) -> Acl {
        Acl {
            permissions,
            id: Id::new(scheme, id),
        }
    }

    #[test]
    fn lists_are_settled() {
        let alice = Id::new("digest", "alice:hash");
        let asking = [Id::new("ip", "10.0.0.1"), alice.clone()];
        let auth = acl(Permissions::READ, "auth", "");
        assert_eq!(
            settle(&[auth.clone(), auth.clone()], &asking),
            Ok(vec![acl(Permissions::READ, "digest", "alice:hash")])
        );
        assert_eq!(settle(&[auth], &asking[..1]), Err(Error::InvalidAcl));
        for (scheme, id) in [
            ("world", "someone"),
            ("digest", "alice"),
            ("digest", "alice:"),
            ("digest", "a:b:c"),
            ("ip", "10.0.0"),
            ("ip", "10.0.0.0/33"),
            ("other", "x"),
            ("super", "x"),
            ("x509", ""),
        ] {
            let list = [acl(Permissions::ALL, scheme, id)];
            assert_eq!(
                settle(&list, &asking),
                Err(Error::InvalidAcl),
                "{scheme}:{id}"
            );
        }
        assert_eq!(settle(&[], &asking), Err(Error::InvalidAcl));
    }

    #[test]
    fn who_is_meant_may() {
        let may = |scheme, id, asking: &[Id]| {
            check(
                &[acl(Permissions::WRITE, scheme, id)],
                Permissions::WRITE,
                asking,
            )
            .is_ok()
        };
        let at = |address| [Id::new("ip", address)];
        assert!(may("world", "anyone", &[]));
        assert!(may("ip", "10.1.0.0/12", &at("10.15.2.3")));
        assert!(!may("ip", "10.1.0.0/12", &at("10.16.2.3")));
        assert!(may("ip", "10.1.2.3", &at("10.1.2.3")));
        assert!(may("ip", "0.0.0.0/0", &at("10.1.2.3")));
        assert!(may("ip", "fd00::/9", &at("fd7f::1")));
        assert!(!may("ip", "fd00::/9", &at("10.1.2.3")));
        assert!(!may("digest", "a:b", &at("10.1.2.3")));
        assert!(may("digest", "a:b", &[Id::new("digest", "a:b")]));
        assert!(may("digest", "a:b", &[Id::new("super", "")]));
        assert!(check(&Acl::open(), Permissions::ADMIN, &[]).is_ok());
        let read = [acl(Permissions::READ, "world", "anyone")];
        assert_eq!(check(&read, Permissions::WRITE, &[]), Err(Error::NoAuth));
        assert!(check(&read, Permissions::READ.or(Permissions::ADMIN), &[]).is_ok());
    }
}
