//! The keys between the children of a branch, in place if they are short, so that a search stays within the branch.

use std::ops::Deref;
use std::sync::Arc;

const SHORT_MAX: usize = 22;

/// A byte string.
#[derive(Clone)]
pub(super) enum Separator {
    Short { len: u8, bytes: [u8; SHORT_MAX] },
    Long(Arc<[u8]>),
}

impl Separator {
    /// Before every key.
    pub(super) const LOWEST: Self = Self::Short {
        len: 0,
        bytes: [0; SHORT_MAX],
    };

    /// The shortest key above `left` and at most `right`.
    pub(super) fn between(left: &[u8], right: &[u8]) -> Self {
        let common = left.iter().zip(right).take_while(|(a, b)| a == b).count();
        Self::new(&right[..=common])
    }

    fn new(key: &[u8]) -> Self {
        if key.len() > SHORT_MAX {
            return Self::Long(key.into());
        }
        let mut bytes = [0; SHORT_MAX];
        bytes[..key.len()].copy_from_slice(key);
        Self::Short {
            len: key.len() as u8,
            bytes,
        }
    }
}

impl Deref for Separator {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short { len, bytes } => &bytes[..usize::from(*len)],
            Self::Long(key) => key,
        }
    }
}
