//! Who somebody is: a cluster's UID, a member's identity, and the URI that certificates carry.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The URI that the operator's client certificate carries as subject alternative name. A path may follow
/// (`synod://operator/<namespace>`).
pub const OPERATOR_URI: &str = "synod://operator";

/// The UID of one replicated group: the UUID that Kubernetes gave its resource, or any other. Written in the canonical
/// form of 36 characters.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterUid(pub u128);

impl ClusterUid {
    /// etcd's cluster id: the first 8 bytes of the UUID, big endian.
    #[must_use]
    pub const fn etcd_cluster_id(self) -> u64 {
        (self.0 >> 64) as u64
    }
}

impl fmt::Display for ClusterUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(
            f,
            "{}-{}-{}-{}-{}",
            &hex[0..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..32]
        )
    }
}

impl FromStr for ClusterUid {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let wrong = || IdentityError::Uid(text.to_owned());
        let groups: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|g| g.len()).collect();
        let digits = groups.concat();
        if lengths != [8, 4, 4, 4, 12] || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        u128::from_str_radix(&digits, 16)
            .map(Self)
            .map_err(|_| wrong())
    }
}

impl TryFrom<String> for ClusterUid {
    type Error = IdentityError;
    fn try_from(text: String) -> Result<Self, IdentityError> {
        text.parse()
    }
}

impl From<ClusterUid> for String {
    fn from(uid: ClusterUid) -> Self {
        uid.to_string()
    }
}

/// The kind of resource an agent serves; spelled as Kubernetes spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A replicated key-value store that speaks etcd v3.
    #[default]
    ConsensusGroup,
    /// Locks and coordination that speak the ZooKeeper protocol.
    LockService,
    /// A cache that speaks Redis's protocol.
    CacheCluster,
}

impl Kind {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConsensusGroup => "ConsensusGroup",
            Self::LockService => "LockService",
            Self::CacheCluster => "CacheCluster",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = IdentityError;
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        match text {
            "ConsensusGroup" => Ok(Self::ConsensusGroup),
            "LockService" => Ok(Self::LockService),
            "CacheCluster" => Ok(Self::CacheCluster),
            other => Err(IdentityError::Kind(other.to_owned())),
        }
    }
}

/// A member, as its certificate names it: `synod://<cluster uid>/<kind>/<name>/<member number>`.
///
/// Cluster UID, kind and number are what is verified; the name (the resource's) is there for people.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The group.
    pub cluster: ClusterUid,
    /// What kind of group.
    pub kind: Kind,
    /// The resource's name.
    pub name: String,
    /// The member's number, not 0.
    pub number: u64,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "synod://{}/{}/{}/{}",
            self.cluster, self.kind, self.name, self.number
        )
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(uri: &str) -> Result<Self, IdentityError> {
        let malformed = || IdentityError::Malformed(uri.to_owned());
        let path = uri.strip_prefix("synod://").ok_or_else(malformed)?;
        let parts: Vec<&str> = path.split('/').collect();
        let [cluster, kind, name, number] = parts[..] else {
            return Err(malformed());
        };
        let number: u64 = number.parse().map_err(|_| malformed())?;
        if number == 0 || name.is_empty() {
            return Err(malformed());
        }
        Ok(Self {
            cluster: cluster.parse()?,
            kind: kind.parse()?,
            name: name.to_owned(),
            number,
        })
    }
}

/// Whoever holds a certificate of a group's CA.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The operator.
    Operator,
    /// A member of some group.
    Member(Identity),
}

impl FromStr for Principal {
    type Err = IdentityError;

    fn from_str(uri: &str) -> Result<Self, IdentityError> {
        match uri.strip_prefix(OPERATOR_URI) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Ok(Self::Operator),
            _ => uri.parse().map(Self::Member),
        }
    }
}

/// Why a text names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not a UUID.
    #[error("`{0}` is not a UUID of the form 01234567-89ab-cdef-0123-456789abcdef")]
    Uid(String),
    /// Not a kind this build knows.
    #[error("`{0}` is not a kind this build serves; it serves ConsensusGroup")]
    Kind(String),
    /// Not an identity.
    #[error("`{0}` does not have the form synod://<cluster uid>/<kind>/<name>/<member number>")]
    Malformed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee";

    #[test]
    fn what_is_printed_is_read() {
        let uri = format!("synod://{UID}/ConsensusGroup/config/3");
        let identity: Identity = uri.parse().unwrap();
        assert_eq!(identity.to_string(), uri);
        assert_eq!(identity.number, 3);
        assert_eq!(identity.cluster.etcd_cluster_id(), 0x5f2b_8f6e_0b7c_4a58);
        assert_eq!(uri.parse(), Ok(Principal::Member(identity)));
        assert_eq!("synod://operator".parse(), Ok(Principal::Operator));
        assert_eq!("synod://operator/ns".parse(), Ok(Principal::Operator));
    }

    #[test]
    fn what_names_nobody_is_refused() {
        for uri in [
            "",
            "synod://",
            "synod://operators",
            "https://operator",
            &format!("synod://{UID}/ConsensusGroup/config"),
            &format!("synod://{UID}/ConsensusGroup/config/0"),
            &format!("synod://{UID}/ConsensusGroup/config/-1"),
            &format!("synod://{UID}/ConsensusGroup//1"),
            &format!("synod://{UID}/Nothing/config/1"),
            &format!("synod://{UID}x/ConsensusGroup/config/1"),
            "synod://5f2b8f6e0b7c4a589d5e3f0a51c0ffee/ConsensusGroup/config/1",
        ] {
            assert!(uri.parse::<Principal>().is_err(), "{uri}");
        }
    }
}
