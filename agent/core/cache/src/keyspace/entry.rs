//! What stands before a value in the table: its kind, when it expires, when it was used.

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Bytes.
    String,
    /// A list of strings.
    List,
    /// Different strings.
    Set,
    /// Different strings, each with a score, in the order of their scores.
    SortedSet,
    /// Fields, each with a value.
    Hash,
    /// Entries with growing numbers, and groups of consumers.
    Stream,
}

impl Kind {
    /// As `TYPE` shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "zset",
            Self::Hash => "hash",
            Self::Stream => "stream",
        }
    }

    const fn of(bits: u8) -> Self {
        match bits & KIND {
            0 => Self::String,
            1 => Self::List,
            2 => Self::Set,
            3 => Self::SortedSet,
            4 => Self::Hash,
            _ => Self::Stream,
        }
    }
}

const KIND: u8 = 0b0111;
const EXPIRES: u8 = 0b1000;
const LARGE: u8 = 0b1_0000;
const SHOWN: u8 = 0b0110_0000;
const SHOWN_SHIFT: u32 = 5;

/// What stands before a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// What the value is.
    pub(crate) kind: Kind,
    /// Whether the value is an object's number.
    pub(crate) large: bool,
    /// As which of the encodings of Redis that a value goes through as it grows it is shown, 0 the smallest.
    pub(crate) shown: u8,
    /// When it was used, and how often, as the eviction policy notes it: 24 bits.
    pub(crate) access: u32,
    /// When the key expires, in Unix milliseconds.
    pub(crate) expiry: Option<i64>,
}

impl Header {
    /// Of a value that does not expire.
    #[must_use]
    pub(crate) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            large: false,
            shown: 0,
            access: 0,
            expiry: None,
        }
    }

    /// The header of an entry's value, and the value behind it.
    #[inline]
    #[must_use]
    pub(crate) fn split(value: &[u8]) -> (Self, &[u8]) {
        let bits = value[0];
        let mut header = Self {
            kind: Kind::of(bits),
            large: bits & LARGE != 0,
            shown: (bits & SHOWN) >> SHOWN_SHIFT,
            access: u32::from_le_bytes([value[1], value[2], value[3], 0]),
            expiry: None,
        };
        if bits & EXPIRES == 0 {
            return (header, &value[4..]);
        }
        let at = value[4..12].try_into().expect("eight bytes");
        header.expiry = Some(i64::from_le_bytes(at));
        (header, &value[12..])
    }

    /// How many bytes it takes.
    #[must_use]
    pub(crate) const fn length(&self) -> usize {
        if self.expiry.is_some() { 12 } else { 4 }
    }

    /// Writes it to the first bytes of a value.
    pub(crate) fn write(&self, value: &mut [u8]) {
        let expires = if self.expiry.is_some() { EXPIRES } else { 0 };
        let large = if self.large { LARGE } else { 0 };
        value[0] = self.kind as u8 | expires | large | (self.shown << SHOWN_SHIFT & SHOWN);
        value[1..4].copy_from_slice(&self.access.to_le_bytes()[..3]);
        if let Some(at) = self.expiry {
            value[4..12].copy_from_slice(&at.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_as_they_were_written() {
        for kind in [
            Kind::String,
            Kind::List,
            Kind::Set,
            Kind::SortedSet,
            Kind::Hash,
            Kind::Stream,
        ] {
            for (large, shown, expiry) in [
                (false, 0, None),
                (true, 3, Some(i64::MIN)),
                (false, 2, Some(1)),
            ] {
                let access = 0x00ab_cdef;
                let header = Header {
                    kind,
                    large,
                    shown,
                    access,
                    expiry,
                };
                let mut value = vec![0xff; header.length() + 2];
                header.write(&mut value);
                assert_eq!(Header::split(&value), (header, [0xff, 0xff].as_slice()));
            }
        }
    }
}
