//! LZF (Lehmann), in which Redis compresses strings.

mod compress;

pub(super) use compress::Compressor;

/// A byte of what is compressed stands for at most so many.
const GROWS_AT_MOST: usize = 264 / 3 + 1;

/// What is compressed, if it is `length` bytes.
pub(super) fn decompressed(mut from: &[u8], length: usize) -> Option<Vec<u8>> {
    if length > from.len().saturating_mul(GROWS_AT_MOST) {
        return None;
    }
    let mut out = Vec::with_capacity(length);
    while let [control, rest @ ..] = from {
        from = rest;
        if *control < 32 {
            let (literal, rest) = from.split_at_checked(usize::from(*control) + 1)?;
            out.extend_from_slice(literal);
            from = rest;
        } else {
            from = repeat(*control, from, &mut out)?;
        }
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(out)
}

/// Repeats bytes of what came before, which may reach into what is repeated. What follows.
fn repeat<'a>(control: u8, mut from: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut count = usize::from(control >> 5);
    if count == 7 {
        let (more, rest) = from.split_first()?;
        count += usize::from(*more);
        from = rest;
    }
    count += 2;
    let (low, rest) = from.split_first()?;
    let back = (usize::from(control & 0x1f) << 8 | usize::from(*low)) + 1;
    let start = out.len().checked_sub(back)?;
    for at in start..start + count {
        out.push(out[at]);
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As redis-server 7.0 answers `DUMP` of 30 times `a`.
    const THIRTY: [u8; 6] = [0x01, b'a', b'a', 0xe0, 0x13, 0x00];

    #[test]
    fn repetitions_are_repeated() {
        assert_eq!(decompressed(&THIRTY, 30), Some(vec![b'a'; 30]));
        assert_eq!(decompressed(&THIRTY, 29), None);
        assert_eq!(decompressed(&THIRTY, 31), None);
        assert_eq!(decompressed(&THIRTY, usize::MAX), None);
        for length in 0..THIRTY.len() {
            assert_eq!(decompressed(&THIRTY[..length], 30), None);
        }
        assert_eq!(
            decompressed(&[0, b'a', 0x20, 1], 4),
            None,
            "from before its start"
        );
    }
}
