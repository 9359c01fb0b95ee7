//! Compresses as the library does that Redis uses, so that the same comes of the same.

/// What may be referred to is not further back.
const BACK_MAX: usize = 1 << 13;
/// No more is repeated at once.
const REPEAT_MAX: usize = (1 << 8) + (1 << 3);
/// No more is taken as it is at once.
const LITERALS_MAX: usize = 1 << 5;
const SLOTS: usize = 1 << 16;

/// Where three bytes were seen last, of many strings: where a string begins is counted on, so that nothing need be forgotten.
#[derive(Default)]
pub(in crate::rdb) struct Compressor {
    /// Places by the hash of what is there; 0 stands for none.
    seen: Vec<u32>,
    /// Places up to this one are of strings before.
    past: u32,
}

/// Output that is under way: literals are counted at the byte before them.
struct Out {
    bytes: Vec<u8>,
    literals: usize,
    length_max: usize,
}

impl Compressor {
    /// What stands for these bytes, if it is at most `length_max` bytes.
    pub(in crate::rdb) fn compressed(&mut self, from: &[u8], length_max: usize) -> Option<Vec<u8>> {
        let length = u32::try_from(from.len()).ok()?;
        if from.len() < 4 || length_max == 0 {
            return None;
        }
        if self.seen.is_empty() || self.past.checked_add(length).is_none() {
            self.seen = vec![0; SLOTS];
            self.past = 0;
        }
        let out = self.attempt(from, length_max);
        self.past += length;
        out
    }

    fn attempt(&mut self, from: &[u8], length_max: usize) -> Option<Vec<u8>> {
        let mut out = Out::new(length_max);
        let mut at = 0;
        while at + 2 < from.len() {
            let before = self.see(from, at);
            match before.filter(|before| is_match(from, *before, at)) {
                Some(before) => {
                    let length = repeated(from, before, at);
                    out.repeat(at - before - 1, length)?;
                    at += length;
                    if at + 2 >= from.len() {
                        break;
                    }
                    // What is passed over is seen, too, but only its end.
                    self.see(from, at - 2);
                    self.see(from, at - 1);
                }
                None => {
                    out.literal(from[at])?;
                    at += 1;
                }
            }
        }
        out.end(&from[at..])
    }

    /// Notes what is at a place; where the same, maybe, was before.
    fn see(&mut self, from: &[u8], at: usize) -> Option<usize> {
        let value = u32::from_be_bytes([0, from[at], from[at + 1], from[at + 2]]);
        let slot = (value >> 8).wrapping_sub(value.wrapping_mul(5)) as usize % SLOTS;
        let place = self.past + at as u32 + 1;
        let before = std::mem::replace(&mut self.seen[slot], place);
        Some(before.checked_sub(self.past + 1)? as usize)
    }
}

/// Whether what is before may stand for what is at a place. The first byte of all never does.
fn is_match(from: &[u8], before: usize, at: usize) -> bool {
    before > 0 && at - before - 1 < BACK_MAX && from[before..before + 3] == from[at..at + 3]
}

/// How many bytes are the same, of which the first three are.
fn repeated(from: &[u8], before: usize, at: usize) -> usize {
    const AT_ONCE: usize = 16;
    let is_same = |length: usize| from[before + length] == from[at + length];
    let most = (from.len() - at - 2).min(REPEAT_MAX);
    let mut length = 2;
    if most > AT_ONCE {
        // So many are compared before it is asked whether there are more.
        for _ in 0..AT_ONCE {
            length += 1;
            if !is_same(length) {
                return length;
            }
        }
    }
    loop {
        length += 1;
        if length >= most || !is_same(length) {
            return length;
        }
    }
}

impl Out {
    fn new(length_max: usize) -> Self {
        Self {
            bytes: vec![0],
            literals: 0,
            length_max,
        }
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        if self.bytes.len() >= self.length_max {
            return None;
        }
        self.push_literal(byte);
        Some(())
    }

    fn push_literal(&mut self, byte: u8) {
        self.bytes.push(byte);
        self.literals += 1;
        if self.literals == LITERALS_MAX {
            self.end_literals();
            self.bytes.push(0);
        }
    }

    /// Says how many literals there are before them, or takes the byte for that back.
    fn end_literals(&mut self) {
        if self.literals == 0 {
            self.bytes.pop();
        } else {
            let head = self.bytes.len() - self.literals - 1;
            self.bytes[head] = (self.literals - 1) as u8;
        }
        self.literals = 0;
    }

    fn repeat(&mut self, back: usize, length: usize) -> Option<()> {
        let without_head = usize::from(self.literals == 0);
        if self.bytes.len() - without_head + 3 + 1 >= self.length_max {
            return None;
        }
        self.end_literals();
        let more = length - 2;
        let high = (back >> 8) as u8;
        if more < 7 {
            self.bytes.push(high | (more << 5) as u8);
        } else {
            self.bytes.push(high | 7 << 5);
            self.bytes.push((more - 7) as u8);
        }
        self.bytes.push(back as u8);
        self.bytes.push(0);
        Some(())
    }

    fn end(mut self, rest: &[u8]) -> Option<Vec<u8>> {
        if self.bytes.len() + 3 > self.length_max {
            return None;
        }
        rest.iter().for_each(|byte| self.push_literal(*byte));
        self.end_literals();
        Some(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::decompressed;
    use super::*;

    #[test]
    fn what_is_compressed_comes_back() {
        let mut compressor = Compressor::default();
        let mut random = crate::random::Random::new(1);
        let mut smaller = 0;
        for round in 0..2000 {
            let letters = 1 + round % 9;
            let length = random.below(if round % 50 == 0 { 20_000 } else { 400 });
            let from: Vec<_> = (0..length).map(|_| random.below(letters) as u8).collect();
            if let Some(out) = compressor.compressed(&from, length.saturating_sub(4)) {
                assert!(out.len() <= length, "{} of {length}", out.len());
                assert!(decompressed(&out, length) == Some(from), "round {round}");
                smaller += 1;
            }
        }
        assert!(smaller > 1500, "{smaller}");
    }
}
