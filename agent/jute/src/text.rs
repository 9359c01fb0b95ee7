//! Strings of the protocol.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

/// Text that shares the frame it was read from; always valid UTF-8.
///
/// Bytes that are not UTF-8 are taken as Java takes them: what is malformed becomes U+FFFD. No valid path has that
/// character, so ZooKeeper (and who checks paths as it does) refuses such paths with BADARGUMENTS or finds no node.
///
/// ZooKeeper itself writes characters beyond U+FFFF as two surrogates of three bytes each, which is no UTF-8 and which
/// its own client reads as U+FFFD. No path can have them; this crate writes plain UTF-8.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Bytes);

impl Text {
    /// Takes what was read from the wire; copies it only if it is malformed.
    #[must_use]
    pub fn of_wire(bytes: Bytes) -> Self {
        if std::str::from_utf8(&bytes).is_ok() {
            return Self(bytes);
        }
        Self(String::from_utf8_lossy(&bytes).into_owned().into())
    }

    /// Text of a constant, without a copy.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// The text. Its validity is looked at again, about a nanosecond for every 16 bytes: where bytes do, as for splitting
    /// paths and as keys, take [`Text::as_bytes`].
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Both constructors took valid UTF-8, so the other arm is not reached.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Its UTF-8.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Its UTF-8, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_malformed_is_replaced_and_the_rest_is_shared() {
        for (wire, text) in [
            (&b"/a"[..], "/a"),
            ("/\u{e9}\u{4e2d}".as_bytes(), "/\u{e9}\u{4e2d}"),
            (b"/\xff/b", "/\u{fffd}/b"),
            (b"", ""),
        ] {
            assert_eq!(Text::of_wire(Bytes::copy_from_slice(wire)), text);
        }
        let frame = Bytes::from_static(b"/shared");
        assert_eq!(
            Text::of_wire(frame.clone()).as_bytes().as_ptr(),
            frame.as_ptr()
        );
    }
}
