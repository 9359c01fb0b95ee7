//! How often keys are used lately, keys that are gone among them.
//!
//! Who is evicted and comes back is known by this: the keys that stay are those that are used most, not those that happened to be
//! there first (TinyLFU: Einziger, Friedman, Manes 2017).

/// An estimate of how often each key was used, in about four bytes for each key that there is (a count-min sketch: Cormode,
/// Muthukrishnan 2005). It is too large at times, never too small; every now and then all are halved, so that old uses are forgotten.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    /// Blocks of a cache line, a power of two of them, each with counters of four bits: of each key there are four in one block.
    blocks: Vec<[u64; WORDS]>,
    /// Uses since all were halved.
    uses: usize,
    /// After so many it is to be looked whether the size is right.
    until_fit: usize,
}

const WORDS: usize = 8;
/// What a counter comes to.
pub(crate) const COUNT_MAX: u8 = 15;
/// Keys that share a block.
const KEYS_IN_BLOCK: usize = 16;
/// All are halved after so many uses for each key.
const USES_OF_KEY: usize = 10;
const BLOCKS_MIN: usize = 64;
const FIT_EVERY: usize = 1024;

impl Default for Sketch {
    fn default() -> Self {
        Self {
            blocks: vec![[0; WORDS]; BLOCKS_MIN],
            uses: 0,
            until_fit: FIT_EVERY,
        }
    }
}

impl Sketch {
    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        self.blocks.capacity() * size_of::<[u64; WORDS]>() + size_of::<Self>()
    }

    /// A key of this hash is used; whether [`Self::fit`] is to be called.
    pub(crate) fn note(&mut self, hash: u64) -> bool {
        let block = self.block(hash);
        for row in 0..4 {
            let (word, shift) = place(hash, row);
            let word = &mut self.blocks[block][word];
            if *word >> shift & 15 < u64::from(COUNT_MAX) {
                *word += 1 << shift;
            }
        }
        self.uses += 1;
        self.until_fit = self.until_fit.saturating_sub(1);
        self.until_fit == 0
    }

    /// About how often a key of this hash was used.
    pub(crate) fn count(&self, hash: u64) -> u8 {
        let block = &self.blocks[self.block(hash)];
        let counts = (0..4).map(|row| {
            let (word, shift) = place(hash, row);
            (block[word] >> shift & 15) as u8
        });
        counts.min().unwrap_or(0)
    }

    /// There are so many keys now.
    pub(crate) fn fit(&mut self, keys: usize) {
        self.until_fit = FIT_EVERY;
        while self.blocks.len() * KEYS_IN_BLOCK < keys {
            // What was in a block is in one of two now, and known in both.
            self.blocks.extend_from_within(..);
        }
        let period = USES_OF_KEY * keys.max(BLOCKS_MIN * KEYS_IN_BLOCK);
        if self.uses >= period {
            self.uses = 0;
            let halve = |word: &mut u64| *word = *word >> 1 & 0x7777_7777_7777_7777;
            self.blocks.iter_mut().flatten().for_each(halve);
        }
    }

    fn block(&self, hash: u64) -> usize {
        hash as usize & (self.blocks.len() - 1)
    }
}

/// Word and bit of a counter: each row has a quarter of the block.
const fn place(hash: u64, row: usize) -> (usize, u32) {
    let bits = (hash >> (32 + 8 * row)) as usize;
    (row * 2 + (bits & 1), (bits >> 1 & 15) as u32 * 4)
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn hash(key: u32) -> u64 {
        xxh3_64(&key.to_le_bytes())
    }

    #[test]
    fn counts_are_never_too_small_and_seldom_too_large() {
        let mut sketch = Sketch::default();
        let uses = |key: u32| key % 12;
        for key in 0..1000 {
            for _ in 0..uses(key) {
                if sketch.note(hash(key)) {
                    sketch.fit(1000);
                }
            }
        }
        let counts = (0..1000).map(|key| (sketch.count(hash(key)), uses(key) as u8));
        let counts: Vec<_> = counts.collect();
        assert!(counts.iter().all(|(count, uses)| count >= uses));
        let wrong = counts.iter().filter(|(count, uses)| count != uses).count();
        assert!(wrong < 200, "{wrong}");
    }

    #[test]
    fn it_grows_and_forgets() {
        let mut sketch = Sketch::default();
        for _ in 0..8 {
            sketch.note(hash(1));
        }
        let before = sketch.allocated();
        sketch.fit(100_000);
        assert!(sketch.allocated() > 10 * before);
        assert_eq!(sketch.count(hash(1)), 8);
        for key in 0..1_000_000 {
            sketch.note(hash(key % 1000 + 10));
        }
        assert_eq!(sketch.count(hash(10)), COUNT_MAX);
        sketch.fit(100_000);
        assert_eq!(sketch.count(hash(10)), COUNT_MAX / 2);
        assert_eq!(sketch.count(hash(1)), 4);
    }
}
