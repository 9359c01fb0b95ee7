//! Sticky sessions: a client comes back to the backend that it had, by a token that says nothing to it.
//!
//! Weights decide where new sessions go, and only that: one with a token stays where it is, whatever the weights have become
//! since, as long as its backend serves. So a canary's tenth is a tenth of new sessions, and none moves.

use std::fmt;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A token of a backend, as a cookie carries it: 16 hexadecimal digits.
///
/// It is a hash of the backend's name, seeded with the route's secret, so that a client does not read addresses in it. A client that
/// makes one up chooses its backend among those it may reach anyway; nothing rests on its being hard to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u64);

impl Token {
    /// The token of the backend with this name.
    #[must_use]
    pub fn of(name: &str, secret: u64) -> Self {
        Self(xxh3_64_with_seed(name.as_bytes(), secret))
    }

    /// The token that a cookie carries; none if it is none of ours.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != 16 {
            return None;
        }
        text.iter()
            .try_fold(0_u64, |value, digit| {
                let digit = (*digit as char).to_digit(16)?;
                Some(value << 4 | u64::from(digit))
            })
            .map(Self)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let token = Token::of("10.0.0.7:80", 42);
        assert_eq!(Token::parse(token.to_string().as_bytes()), Some(token));
        assert_ne!(token, Token::of("10.0.0.7:80", 43));
        for text in [
            "",
            "0",
            "00000000000000000",
            "000000000000000g",
            "+000000000000000",
        ] {
            assert_eq!(Token::parse(text.as_bytes()), None, "{text}");
        }
    }
}
