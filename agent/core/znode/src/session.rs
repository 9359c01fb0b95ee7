//! Sessions as they are replicated: who may attach, where it is attached, how long it lives without a sign of life. When it was
//! last heard of is the leader's soft state.

use synod_tree::Entry;

/// A session. Its highest byte is from 1 to 254, so that no id is an owner of another meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub i64);

impl SessionId {
    /// The id of a member's session number `number`, of which 56 bits count.
    #[must_use]
    pub const fn new(member: u64, number: u64) -> Self {
        let high = 1 + member % 254;
        Self((high << 56 | number & (u64::MAX >> 8)) as i64)
    }

    /// Whether a session may have this id.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        !matches!((self.0 as u64 >> 56) as u8, 0 | 0xff)
    }
}

/// Which of a session's attachments to a member: it has one at a time, and each new one has the next number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attachment(pub i64);

impl Attachment {
    /// That of a session's beginning.
    pub(crate) const FIRST: Self = Self(1);

    /// The one after this.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// One above all that may have been given out in a group that was lost.
    pub(crate) const fn renewed(self) -> Self {
        Self(self.0.wrapping_add(1 << 32))
    }
}

/// The secret by which a session is attached again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Password(pub [u8; 16]);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is replicated of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    key: [u8; 8],
    /// The secret.
    pub password: Password,
    /// How long it lives without a sign of life, in milliseconds.
    pub timeout_ms: u32,
    /// The member where it is attached.
    pub member: u64,
    /// Which attachment that is. Requests by way of an older one are refused.
    pub attachment: Attachment,
}

/// What a session counts for in the bytes of state, besides its nodes.
pub(crate) const COST_BYTES: u64 = 128;

impl Session {
    /// A session.
    #[must_use]
    pub const fn new(
        id: SessionId,
        password: Password,
        timeout_ms: u32,
        member: u64,
        attachment: Attachment,
    ) -> Self {
        Self {
            key: key(id),
            password,
            timeout_ms,
            member,
            attachment,
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        SessionId(i64::from_be_bytes(self.key))
    }

    pub(crate) fn digest(&self) -> u64 {
        use xxhash_rust::xxh3::xxh3_64;
        let mut bytes = [0; 44];
        bytes[..8].copy_from_slice(&self.key);
        bytes[8..24].copy_from_slice(&self.password.0);
        bytes[24..28].copy_from_slice(&self.timeout_ms.to_le_bytes());
        bytes[28..36].copy_from_slice(&self.member.to_le_bytes());
        bytes[36..].copy_from_slice(&self.attachment.0.to_le_bytes());
        xxh3_64(&bytes)
    }
}

/// The key of a session in its tree.
pub(crate) const fn key(id: SessionId) -> [u8; 8] {
    id.0.to_be_bytes()
}

impl Entry for Session {
    fn key(&self) -> &[u8] {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_no_other_meaning() {
        for member in [0, 1, 253, 254, 255, u64::MAX] {
            for number in [0, 1, u64::MAX] {
                assert!(SessionId::new(member, number).is_valid());
            }
        }
        assert!(
            !SessionId(0).is_valid()
                && !SessionId(i64::MIN >> 8).is_valid()
                && !SessionId(-1).is_valid()
        );
    }
}
