//! Ranges of keys, with etcd's conventions for the end.

use bytes::Bytes;

/// Where a range ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// The range is one key.
    Point,
    /// Before this key. A range whose end is not after its start is empty.
    Before(Bytes),
    /// The range has no end.
    Unbounded,
}

/// A range of keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyRange {
    /// The first key.
    pub start: Bytes,
    /// Where it ends.
    pub end: End,
}

impl KeyRange {
    /// The range that etcd's pair of `key` and `range_end` means: an empty end is one key, an end of one zero byte is
    /// everything from `key` on.
    #[must_use]
    pub fn new(key: Bytes, range_end: Bytes) -> Self {
        let end = match range_end.as_ref() {
            [] => End::Point,
            [0] => End::Unbounded,
            _ => End::Before(range_end),
        };
        Self { start: key, end }
    }

    /// One key.
    #[must_use]
    pub const fn point(key: Bytes) -> Self {
        Self {
            start: key,
            end: End::Point,
        }
    }

    /// Every key.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            start: Bytes::from_static(&[0]),
            end: End::Unbounded,
        }
    }

    /// Every key that begins with `prefix`; every key if it is empty.
    #[must_use]
    pub fn prefix(prefix: Bytes) -> Self {
        if prefix.is_empty() {
            return Self::all();
        }
        let mut end = prefix.to_vec();
        while let Some(last) = end.last_mut() {
            if *last < 0xff {
                *last += 1;
                return Self {
                    start: prefix,
                    end: End::Before(end.into()),
                };
            }
            end.pop();
        }
        Self {
            start: prefix,
            end: End::Unbounded,
        }
    }

    /// The `range_end` that means this end, as etcd's clients write it.
    #[must_use]
    pub fn range_end(&self) -> Bytes {
        match &self.end {
            End::Point => Bytes::new(),
            End::Before(end) => end.clone(),
            End::Unbounded => Bytes::from_static(&[0]),
        }
    }

    /// Whether `key` lies in the range.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        match &self.end {
            End::Point => key == self.start,
            End::Before(end) => key >= self.start.as_ref() && key < end.as_ref(),
            End::Unbounded => key >= self.start.as_ref(),
        }
    }

    /// Whether the range is one key.
    #[must_use]
    pub fn is_point(&self) -> bool {
        self.end == End::Point
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conventions() {
        let b = Bytes::from_static;
        assert_eq!(KeyRange::new(b(b"a"), b(b"")), KeyRange::point(b(b"a")));
        assert_eq!(KeyRange::new(b(b"\0"), b(b"\0")), KeyRange::all());
        assert_eq!(KeyRange::new(b(b"a"), b(b"b")), KeyRange::prefix(b(b"a")));
        assert_eq!(KeyRange::prefix(b(b"a\xff")).range_end(), b(b"b"));
        assert_eq!(KeyRange::prefix(b(b"\xff\xff")).range_end(), b(b"\0"));
        assert!(!KeyRange::new(b(b"b"), b(b"a")).contains(b"b"));
        assert!(KeyRange::new(b(b"b"), b(b"\0")).contains(b"zz"));
    }
}
