//! Zipmaps: small hashes in one string, before Redis 2.6. They are only read.

use super::value::Bytes;

const END: u8 = 0xff;
/// Stands for a length that is in the four bytes that follow.
const LONG: u8 = 0xfe;

/// Fields and their values in turn, if it is one.
pub(super) fn elements(bytes: &[u8]) -> Option<Vec<Bytes<'_>>> {
    let (_, mut rest) = bytes.split_first()?;
    let mut elements = Vec::new();
    while *rest.first()? != END {
        let length = length(&mut rest)?;
        elements.push(take(&mut rest, length)?.into());
        let length = self::length(&mut rest)?;
        // Room that the value once took.
        let free = take(&mut rest, 1)?[0];
        elements.push(take(&mut rest, length)?.into());
        take(&mut rest, free.into())?;
    }
    (rest.len() == 1).then_some(elements)
}

fn length(rest: &mut &[u8]) -> Option<usize> {
    match take(rest, 1)?[0] {
        END => None,
        LONG => {
            let length = u32::from_le_bytes(take(rest, 4)?.try_into().ok()?);
            Some(length as usize)
        }
        length => Some(length.into()),
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one that the comment at the top of `zipmap.c` explains.
    #[test]
    fn fields_and_values_are_read() {
        let bytes = b"\x02\x03foo\x03\x00bar\x05hello\x05\x02world..\xff";
        let back = elements(bytes).expect("it is one");
        assert_eq!(back, [b"foo".as_slice(), b"bar", b"hello", b"world"]);
        for cut in 0..bytes.len() {
            assert_eq!(elements(&bytes[..cut]), None);
        }
    }
}
