//! Linear hashing (Litwin 1980): which of so many buckets is that of a hash, and how all are walked while they become more or
//! fewer.

/// The bucket of a hash.
#[inline]
#[must_use]
pub(crate) const fn bucket_of(buckets: usize, hash: u64) -> usize {
    // 2^level <= buckets < 2^(level + 1)
    let level = buckets.ilog2();
    let large = hash as usize & ((2 << level) - 1);
    if large < buckets {
        large
    } else {
        hash as usize & ((1 << level) - 1)
    }
}

/// The bucket that a walk looks at next, and where it goes on; 0 begins it, and ends it.
///
/// It counts in the bits by which buckets are divided, from the one that divides first.
#[must_use]
pub(crate) const fn walk(buckets: usize, cursor: u64) -> (usize, u64) {
    let level = buckets.ilog2();
    let large = cursor as usize & ((2 << level) - 1);
    // A bucket that was divided, or is of those that were added, has a bit more.
    let first_whole = buckets - (1 << level);
    let bits = if large & ((1 << level) - 1) < first_whole {
        level + 1
    } else {
        level
    };
    let bucket = cursor as usize & ((1 << bits) - 1);
    let above = cursor | !((1 << bits) - 1);
    (bucket, above.reverse_bits().wrapping_add(1).reverse_bits())
}
