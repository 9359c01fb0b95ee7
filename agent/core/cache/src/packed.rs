//! Strings side by side in one buffer: what small collections are made of, and the nodes of large ones.

use std::ops::Range;

/// Strings one after another, each behind its length: in one byte below 253, else in a mark and four bytes.
///
/// Invariant: what is in the buffer is whole strings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed(Vec<u8>);

/// The lengths that one byte tells are below this.
const SHORT: usize = 253;
/// Four bytes with the length follow.
const LONG: u8 = 255;

impl Packed {
    /// Takes strings over as [`Self::bytes`] gave them.
    #[must_use]
    pub(crate) const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// All strings, with what tells their lengths.
    #[must_use]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As [`Self::bytes`], to be changed by who keeps more than strings in it.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// The buffer.
    #[must_use]
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The strings, each with the bytes that it takes in the buffer.
    #[must_use]
    pub(crate) fn iter(&self) -> Strings<'_> {
        Strings::of(&self.0)
    }

    /// Adds a string at the end.
    pub(crate) fn push(&mut self, string: &[u8]) {
        write_packed(&mut self.0, string);
    }

    /// The bytes in `range`, which are whole strings or none, give way to these strings.
    pub(crate) fn splice(&mut self, range: Range<usize>, strings: &[&[u8]]) {
        let tail = self.0.split_off(range.end);
        self.0.truncate(range.start);
        strings.iter().for_each(|string| self.push(string));
        self.0.extend_from_slice(&tail);
    }
}

/// Strings of a buffer, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Strings<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Strings<'a> {
    /// Those of a buffer as [`Packed::bytes`] gave it.
    #[must_use]
    pub(crate) const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Whether these are whole strings, of which a buffer may be made.
    #[must_use]
    pub(crate) fn are_whole(mut bytes: &[u8]) -> bool {
        loop {
            let (length, rest) = match bytes {
                [] => return true,
                [LONG, rest @ ..] => match rest.split_first_chunk() {
                    Some((length, rest)) => (u32::from_le_bytes(*length) as usize, rest),
                    None => return false,
                },
                [length, rest @ ..] if usize::from(*length) < SHORT => (usize::from(*length), rest),
                _ => return false,
            };
            match rest.get(length..) {
                Some(rest) => bytes = rest,
                None => return false,
            }
        }
    }
}

impl<'a> Iterator for Strings<'a> {
    type Item = (Range<usize>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let first = *self.bytes.get(start)?;
        let (length, text) = if first == LONG {
            let length = &self.bytes[start + 1..start + 5];
            let length = u32::from_le_bytes(length.try_into().expect("four bytes"));
            (length as usize, 5)
        } else {
            (usize::from(first), 1)
        };
        self.at = start + text + length;
        Some((start..self.at, &self.bytes[start + text..self.at]))
    }
}

/// How many bytes a string takes.
#[must_use]
pub(crate) const fn packed_bytes(string: usize) -> usize {
    if string < SHORT {
        1 + string
    } else {
        5 + string
    }
}

/// Writes a string as [`Packed::push`] does.
pub(crate) fn write_packed(out: &mut Vec<u8>, string: &[u8]) {
    write_length(out, string.len());
    out.extend_from_slice(string);
}

fn write_length(out: &mut Vec<u8>, length: usize) {
    if length < SHORT {
        out.push(length as u8);
    } else {
        out.push(LONG);
        let length = u32::try_from(length).expect("strings are below 4 GiB");
        out.extend_from_slice(&length.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_back_as_they_were_put() {
        let mut packed = Packed::default();
        let long = vec![b'x'; 300];
        let all: [&[u8]; 5] = [b"", b"a", &long[..252], &long[..253], &long];
        all.iter().for_each(|string| packed.push(string));
        let back: Vec<_> = packed.iter().map(|(_, string)| string).collect();
        assert_eq!(back, all);
        for (range, string) in packed.iter() {
            assert_eq!(range.len(), packed_bytes(string.len()));
        }
        let second = packed.iter().nth(1).expect("it is there").0;
        packed.splice(second, &[b"b", b"c"]);
        let back: Vec<_> = packed.iter().map(|(_, string)| string.len()).collect();
        assert_eq!(back, [0, 1, 1, 252, 253, 300]);
    }
}
