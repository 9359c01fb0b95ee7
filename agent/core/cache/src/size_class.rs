//! What allocators really give.

/// Two counts stand before what an `Arc` shares.
const COUNTS: usize = 16;

/// How many bytes behind the counts of an `Arc` are asked for if so many are needed: with the counts they are one of the sizes that
/// allocators have, four to a doubling (jemalloc, mimalloc), so that nothing is paid for that cannot be used.
pub(crate) fn size_class(needed: usize) -> usize {
    let whole = needed + COUNTS;
    let step = (whole.next_power_of_two() / 8).max(16);
    whole.div_ceil(step) * step - COUNTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_allocators() {
        for (needed, class) in [
            (0, 16),
            (1, 32),
            (48, 64),
            (49, 80),
            (112, 128),
            (113, 160),
            (900, 1024),
            (1008, 1024),
            (1009, 1280),
            (2032, 2048),
        ] {
            assert_eq!(size_class(needed) + COUNTS, class, "{needed}");
        }
    }
}
