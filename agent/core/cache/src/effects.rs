//! Effects of a partition, one after another, until whoever keeps its log takes them.

use crate::collection::Collection;
use crate::effect::Effect;
use crate::keyspace::Header;
use crate::wire::Writer;

/// What is kept of an empty buffer for what comes.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// They are noted only while somebody takes them.
#[derive(Debug)]
pub(crate) struct Effects {
    bytes: Vec<u8>,
    are_noted: bool,
}

impl Default for Effects {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            are_noted: true,
        }
    }
}

impl Effects {
    pub(crate) fn set_noted(&mut self, noted: bool) {
        self.are_noted = noted;
        if !noted {
            self.bytes = Vec::new();
        }
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// They were taken.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
    }

    #[inline]
    pub(crate) fn note(&mut self, database: usize, effect: &Effect<'_>) {
        if self.are_noted {
            effect.write(database, &mut self.bytes);
        }
    }

    /// [`Effect::Put`] of a value in parts.
    #[inline]
    pub(crate) fn note_put(
        &mut self,
        database: usize,
        key: &[u8],
        header: &Header,
        parts: &[&[u8]],
    ) {
        if self.are_noted {
            Effect::put(&mut self.bytes, database, key, header, parts);
        }
    }

    /// A change of the collection under a key.
    #[inline]
    pub(crate) fn note_change<C: Collection>(
        &mut self,
        database: usize,
        key: &[u8],
        change: &C::Change<'_>,
    ) {
        if self.are_noted {
            let effect = Effect::Of { kind: C::KIND, key };
            effect.write(database, &mut self.bytes);
            C::write(change, &mut Writer(&mut self.bytes));
        }
    }
}
