//! The longest common subsequence of two strings: `LCS`.
//!
//! Of several that are as long, and of their matches, those are found that Redis finds: it goes back from both ends, over equal
//! bytes together, else along the second string if both ways promise as much.

/// A longest common subsequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subsequence {
    pub(crate) bytes: Vec<u8>,
    /// Where it is found, from the end.
    pub(crate) matches: Vec<Match>,
}

/// The same bytes in both strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    /// Where they begin in the first string.
    pub(crate) a: usize,
    /// And in the second.
    pub(crate) b: usize,
    pub(crate) length: usize,
}

/// How long the longest one is.
pub(crate) fn length(a: &[u8], b: &[u8]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for byte in a {
        next_row(&mut row, *byte, b, |_| {});
    }
    row[b.len()] as usize
}

impl Subsequence {
    /// Finds it. It takes time with the product of the lengths, and an eighth of that in bytes.
    pub(crate) fn find(a: &[u8], b: &[u8]) -> Self {
        let ways = Ways::of(a, b);
        let mut found = Self::default();
        let (mut left, mut right) = (a.len(), b.len());
        let mut last: Option<Match> = None;
        while left > 0 && right > 0 {
            if a[left - 1] == b[right - 1] {
                left -= 1;
                right -= 1;
                found.bytes.push(a[left]);
                let length = last.map_or(0, |last| last.length) + 1;
                last = Some(Match {
                    a: left,
                    b: right,
                    length,
                });
            } else {
                found.matches.extend(last.take());
                if ways.shortens_first(left, right) {
                    left -= 1;
                } else {
                    right -= 1;
                }
            }
        }
        found.matches.extend(last);
        found.bytes.reverse();
        found
    }
}

/// For every two beginnings of the strings, whether the first one is to be made shorter.
struct Ways {
    bits: Vec<u64>,
    columns: usize,
}

impl Ways {
    fn of(a: &[u8], b: &[u8]) -> Self {
        let columns = b.len() + 1;
        let mut bits = vec![0; ((a.len() + 1) * columns).div_ceil(64)];
        let mut row = vec![0; columns];
        for (index, byte) in a.iter().enumerate() {
            next_row(&mut row, *byte, b, |column| {
                let bit = (index + 1) * columns + column;
                bits[bit / 64] |= 1 << (bit % 64);
            });
        }
        Self { bits, columns }
    }

    fn shortens_first(&self, left: usize, right: usize) -> bool {
        let bit = left * self.columns + right;
        self.bits[bit / 64] >> (bit % 64) & 1 == 1
    }
}

/// Of how long the longest one is for each beginning of `b`, goes on to what it is with one more byte of the first string. Tells
/// for which beginnings it is longer without that byte than without the last one of the beginning.
fn next_row(row: &mut [u32], byte: u8, b: &[u8], mut shortens_first: impl FnMut(usize)) {
    // What was in the row one place before.
    let mut diagonal = 0;
    for column in 1..row.len() {
        let (above, left) = (row[column], row[column - 1]);
        row[column] = if byte == b[column - 1] {
            diagonal + 1
        } else if above > left {
            shortens_first(column);
            above
        } else {
            left
        };
        diagonal = above;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_within(part: &[u8], whole: &[u8]) -> bool {
        let mut rest = whole.iter();
        part.iter().all(|byte| rest.any(|other| other == byte))
    }

    /// By all choices of bytes of the first string.
    fn longest(a: &[u8], b: &[u8]) -> usize {
        let choices = 0..1_u32 << a.len();
        let part = |choice: u32| -> Vec<u8> {
            let chosen = (0..a.len()).filter(|at| choice >> at & 1 == 1);
            chosen.map(|at| a[at]).collect()
        };
        let parts = choices.map(part).filter(|part| is_within(part, b));
        parts.map(|part| part.len()).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn none_is_longer(
            a in proptest::collection::vec(0..4_u8, 0..8),
            b in proptest::collection::vec(0..4_u8, 0..14),
        ) {
            let found = Subsequence::find(&a, &b);
            prop_assert!(is_within(&found.bytes, &a) && is_within(&found.bytes, &b));
            prop_assert_eq!(found.bytes.len(), longest(&a, &b));
            prop_assert_eq!(found.bytes.len(), length(&a, &b));
            let mut joined = Vec::new();
            for one in found.matches.iter().rev() {
                let bytes = &a[one.a..one.a + one.length];
                prop_assert_eq!(bytes, &b[one.b..one.b + one.length]);
                joined.extend_from_slice(bytes);
            }
            prop_assert_eq!(joined, found.bytes);
        }
    }
}
