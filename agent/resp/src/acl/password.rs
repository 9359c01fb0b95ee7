//! Passwords, of which nobody keeps the words.

use std::fmt::Write as _;
use std::hint::black_box;

use ring::digest::{SHA256, digest};

const BYTES: usize = 32;

/// A password, or rather its SHA-256.
///
/// It is not told by `{:?}`.
#[derive(Clone, Copy)]
pub struct Password([u8; BYTES]);

impl Password {
    /// Of what one types.
    #[must_use]
    pub fn of(words: &[u8]) -> Self {
        let hash = digest(&SHA256, words);
        Self(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// Of its hash as it is shown: 64 digits, the letters among them small.
    pub(crate) fn from_hex(text: &[u8]) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        if text.len() != 2 * BYTES {
            return None;
        }
        let mut hash = [0; BYTES];
        for (byte, digits) in hash.iter_mut().zip(text.chunks(2)) {
            *byte = digit(digits[0])? << 4 | digit(digits[1])?;
        }
        Some(Self(hash))
    }

    /// Its hash, as it is shown.
    pub(crate) fn hex(&self) -> String {
        let mut text = String::with_capacity(2 * BYTES);
        for byte in self.0 {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Whether they are the same, in the same time whatever they are.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        let differs = pairs.fold(0, |differs, (own, other)| differs | black_box(own ^ other));
        black_box(differs) == 0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is of FIPS 180-4's examples.
    #[test]
    fn hashes_are_sha_256() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Password::of(b"abc").hex(), known);
        let parsed = Password::from_hex(known.as_bytes()).expect("digits");
        assert!(parsed.is(&Password::of(b"abc")));
        assert!(!parsed.is(&Password::of(b"abd")));
        for wrong in [&known[1..], &known.to_uppercase(), &format!("{known}0")] {
            assert!(Password::from_hex(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(format!("{:?}", Password::of(b"abc")), "Password");
    }
}
