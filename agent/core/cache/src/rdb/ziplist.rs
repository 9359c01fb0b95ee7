//! Ziplists: small collections in one string, before Redis 7.0. They are only read.

use super::input::text;
use super::value::Bytes;

/// How long it is, where its last element begins, and how many there are.
const HEAD: usize = 10;
const END: u8 = 0xff;
/// Stands for a length of what comes before that is in the four bytes that follow.
const LONG_BEFORE: u8 = 0xfe;

/// The elements, if it is one.
pub(super) fn elements(bytes: &[u8]) -> Option<Vec<Bytes<'_>>> {
    let total = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let count = u16::from_le_bytes(bytes.get(8..HEAD)?.try_into().ok()?);
    let (end, mut rest) = bytes.get(HEAD..)?.split_last()?;
    if total as usize != bytes.len() || *end != END {
        return None;
    }
    let mut elements = Vec::with_capacity(usize::from(count).min(rest.len() / 2));
    while let [before, ..] = rest {
        let skipped = match *before {
            END => return None,
            LONG_BEFORE => 5,
            _ => 1,
        };
        let (element, length) = element(rest.get(skipped..)?)?;
        elements.push(element);
        rest = &rest[skipped + length..];
    }
    (count == u16::MAX || usize::from(count) == elements.len()).then_some(elements)
}

/// The first element, behind what tells of the one before, and how many bytes it takes.
fn element(bytes: &[u8]) -> Option<(Bytes<'_>, usize)> {
    let first = *bytes.first()?;
    let string = |head: usize, length: usize| {
        let string = bytes.get(head..head.checked_add(length)?)?;
        Some((string.into(), head + length))
    };
    let number = |length: usize| {
        let mut whole = [0; 8];
        whole[8 - length..].copy_from_slice(bytes.get(1..=length)?);
        let number = i64::from_le_bytes(whole) >> (64 - 8 * length);
        Some((text(number), 1 + length))
    };
    match first {
        0x00..=0x3f => string(1, first.into()),
        0x40..=0x7f => {
            let low = *bytes.get(1)?;
            string(2, usize::from(first & 0x3f) << 8 | usize::from(low))
        }
        0x80 => {
            let length = u32::from_be_bytes(bytes.get(1..5)?.try_into().ok()?);
            string(5, length as usize)
        }
        0xc0 => number(2),
        0xd0 => number(4),
        0xe0 => number(8),
        0xf0 => number(3),
        0xfe => number(1),
        0xf1..=0xfd => Some((text(i64::from(first & 0xf) - 1), 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one that the comment at the top of `ziplist.c` explains, with the elements 2 and 5; and one of each other kind.
    #[test]
    fn elements_are_read() {
        let two = [0x0f, 0, 0, 0, 0x0c, 0, 0, 0, 2, 0, 0, 0xf3, 2, 0xf6, 0xff];
        assert_eq!(elements(&two), Some(vec![text(2), text(5)]));
        let long = [&[0x41, 0x2c], [b'x'; 300].as_slice()].concat();
        let longer = [&[0x80, 0, 0, 1, 0x2c], [b'y'; 300].as_slice()].concat();
        let all: [(&[u8], Vec<u8>); 8] = [
            (b"\x02hi", b"hi".to_vec()),
            (&long, vec![b'x'; 300]),
            (&longer, vec![b'y'; 300]),
            (&[0xfe, 0x80], b"-128".to_vec()),
            (&[0xc0, 0xff, 0x7f], b"32767".to_vec()),
            (&[0xf0, 0, 0, 0x80], b"-8388608".to_vec()),
            (&[0xd0, 0, 0, 0, 0x80], b"-2147483648".to_vec()),
            (&[0xe0, 1, 0, 0, 0, 0, 0, 0, 0], b"1".to_vec()),
        ];
        let mut body = Vec::new();
        let mut before = 0;
        for (element, _) in &all {
            let start = body.len();
            if before < 254 {
                body.push(before as u8);
            } else {
                body.push(LONG_BEFORE);
                body.extend_from_slice(&(before as u32).to_le_bytes());
            }
            body.extend_from_slice(element);
            before = body.len() - start;
        }
        let total = (HEAD + body.len() + 1) as u32;
        let head = [&total.to_le_bytes(), [0; 4].as_slice(), &[8, 0]].concat();
        let bytes = [head.as_slice(), &body, &[END]].concat();
        let back = elements(&bytes).expect("it is one");
        assert!(
            back.iter()
                .map(|it| it.to_vec())
                .eq(all.map(|(_, text)| text))
        );
        for cut in 0..bytes.len() {
            assert_eq!(elements(&bytes[..cut]), None);
        }
    }
}
