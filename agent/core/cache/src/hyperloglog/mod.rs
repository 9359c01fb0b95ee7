//! HyperLogLog: how many different strings there were, in at most 12 KiB, to about 0.8 %.
//!
//! It is a string, with the bytes that Redis gives it: users copy it from one server to another. 16384 registers keep each the
//! longest run of zeros among the hashes that were theirs; a header before them has the last estimate. Few registers are written
//! as runs of the same ([`sparse`]), many as six bits each ([`dense`]). P. Flajolet et al., HyperLogLog, 2007; the estimate is that
//! of O. Ertl, New cardinality estimation algorithms for HyperLogLog sketches, 2017.

pub(crate) mod dense;
mod estimate;
mod murmur;
pub(crate) mod sparse;
#[cfg(test)]
mod tests;

pub(crate) use estimate::estimate;

use crate::command::Error;

/// How many bits of a hash choose the register.
const REGISTER_BITS: u32 = 14;
/// How many registers there are.
pub(crate) const REGISTERS: usize = 1 << REGISTER_BITS;
/// How many bits of a hash are left: no run of zeros is longer.
const RUN_BITS: u32 = 64 - REGISTER_BITS;

const MAGIC: [u8; 4] = *b"HYLL";
const ENCODING: usize = 4;
/// Where the last estimate is, eight bytes from the lowest.
pub(crate) const CACHE: usize = 8;
/// The highest byte of it.
pub(crate) const CACHE_END: usize = 15;
/// Set in that one if registers were changed since.
pub(crate) const STALE: u8 = 0x80;
const HEADER: usize = 16;

/// All registers, each in a byte.
pub(crate) type Registers = [u8; REGISTERS];

/// How registers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Dense,
    Sparse,
}

/// A string that is no HyperLogLog, or a damaged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    NotOne,
    Damaged,
}

impl From<Flaw> for Error {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::NotOne => Self::text("WRONGTYPE Key is not a valid HyperLogLog string value."),
            Flaw::Damaged => Self::text("INVALIDOBJ Corrupted HLL object detected"),
        }
    }
}

/// Which register counts a string, and how much it is at least then.
pub(crate) fn place(string: &[u8]) -> (usize, u8) {
    let hash = murmur::hash(string);
    let register = hash as usize % REGISTERS;
    let run = (hash >> REGISTER_BITS | 1 << RUN_BITS).trailing_zeros();
    (register, run as u8 + 1)
}

/// A string that looks like a HyperLogLog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View<'a>(&'a [u8]);

impl<'a> View<'a> {
    pub(crate) fn of(string: &'a [u8]) -> Result<Self, Flaw> {
        let is_one = string.len() >= HEADER
            && string.starts_with(&MAGIC)
            && match string[ENCODING] {
                0 => string.len() == dense::BYTES,
                encoding => encoding == 1,
            };
        is_one.then_some(Self(string)).ok_or(Flaw::NotOne)
    }

    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.0
    }

    pub(crate) const fn encoding(self) -> Encoding {
        if self.0[ENCODING] == 0 {
            Encoding::Dense
        } else {
            Encoding::Sparse
        }
    }

    /// What is behind the header.
    pub(crate) fn body(self) -> &'a [u8] {
        &self.0[HEADER..]
    }

    /// The last estimate, if no register was changed since.
    pub(crate) fn cached(self) -> Option<u64> {
        let cached = self.0[CACHE..HEADER].try_into().expect("eight bytes");
        (self.0[CACHE_END] & STALE == 0).then(|| u64::from_le_bytes(cached))
    }

    /// Raises registers to its own.
    pub(crate) fn merge_into(self, registers: &mut Registers) -> Result<(), Flaw> {
        match self.encoding() {
            Encoding::Dense => dense::merge_into(self.body(), registers),
            Encoding::Sparse => sparse::merge_into(self.body(), registers)?,
        }
        Ok(())
    }

    /// How many registers there are of each value.
    pub(crate) fn histogram(self) -> Result<[u32; 64], Flaw> {
        match self.encoding() {
            Encoding::Dense => Ok(dense::histogram(self.body())),
            Encoding::Sparse => sparse::histogram(self.body()),
        }
    }
}

/// A HyperLogLog while it is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sketch(Vec<u8>);

impl Sketch {
    /// Of nothing.
    pub(crate) fn empty() -> Self {
        let mut bytes = vec![0; HEADER];
        bytes[..MAGIC.len()].copy_from_slice(&MAGIC);
        bytes[ENCODING] = 1;
        bytes.extend_from_slice(&sparse::EMPTY);
        Self(bytes)
    }

    pub(crate) fn of(view: View<'_>) -> Self {
        Self(view.0.to_vec())
    }

    pub(crate) fn view(&self) -> View<'_> {
        View(&self.0)
    }

    /// Raises a register, if it is lower; whether it was. One that is sparse becomes dense if it would be longer than
    /// `sparse_bytes_max`.
    pub(crate) fn raise(
        &mut self,
        register: usize,
        to: u8,
        sparse_bytes_max: usize,
    ) -> Result<bool, Flaw> {
        if self.view().encoding() == Encoding::Sparse {
            let raised = sparse::raise(&mut self.0, register, to, sparse_bytes_max)?;
            if let Some(raised) = raised {
                return Ok(raised);
            }
            self.make_dense()?;
        }
        let body = &mut self.0[HEADER..];
        let is_lower = dense::get(body, register) < to;
        if is_lower {
            dense::set(body, register, to);
        }
        Ok(is_lower)
    }

    /// Whether it was sparse.
    pub(crate) fn make_dense(&mut self) -> Result<bool, Flaw> {
        if self.view().encoding() == Encoding::Dense {
            return Ok(false);
        }
        let mut registers = [0; REGISTERS];
        self.view().merge_into(&mut registers)?;
        self.0.truncate(HEADER);
        self.0[ENCODING] = 0;
        self.0.resize(dense::BYTES, 0);
        let body = &mut self.0[HEADER..];
        for (register, value) in registers.iter().enumerate() {
            if *value > 0 {
                dense::set(body, register, *value);
            }
        }
        Ok(true)
    }

    /// Registers were changed.
    pub(crate) fn make_stale(&mut self) {
        self.0[CACHE_END] |= STALE;
    }
}

/// How many there are of each value.
pub(crate) fn histogram(registers: &Registers) -> [u32; 64] {
    let mut histogram = [0; 64];
    for value in registers {
        histogram[usize::from(value % 64)] += 1;
    }
    histogram
}
