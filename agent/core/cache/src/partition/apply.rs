//! What was done elsewhere is done here, too.

use super::{Expiry, ITEMS, Partition};
use crate::collection::Collection;
use crate::effect::Effect;
use crate::hash::Hash;
use crate::keyspace::Kind;
use crate::list::List;
use crate::set::Set;
use crate::sorted_set::SortedSet;
use crate::stream::Stream;
use crate::string::STRING_BYTES_MAX;
use crate::wire::{Corrupt, Reader};

/// Bytes are changed up to the longest string, and a few beyond it by `BITFIELD`.
const SPLICE_START_MAX: usize = STRING_BYTES_MAX + 8;

impl Partition {
    /// Does what was done elsewhere.
    ///
    /// # Errors
    /// If these are no effects. What came before stays done.
    pub fn apply(&mut self, effects: &[u8]) -> Result<(), Corrupt> {
        let mut from = Reader(effects);
        while !from.is_empty() {
            self.apply_next(&mut from)?;
        }
        Ok(())
    }

    fn apply_next(&mut self, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        let (database, effect) = Effect::read(from)?;
        match effect {
            Effect::Put {
                key,
                expiry,
                shown,
                value,
            } => {
                let expiry = expiry.map_or(Expiry::None, Expiry::At);
                self.put_string_shown(database, key, &[value], expiry, shown);
            }
            Effect::Splice {
                key,
                start,
                removed,
                with,
            } => {
                let length = match self.databases[database].find(key) {
                    None => 0,
                    Some(found) if found.header.kind == Kind::String => {
                        self.databases[database].value(&found).len()
                    }
                    Some(_) => return Err(Corrupt),
                };
                if removed > length.saturating_sub(start) || start > SPLICE_START_MAX {
                    return Err(Corrupt);
                }
                self.splice_string(database, key, start, removed, with);
            }
            Effect::Remove { key } => {
                self.remove(database, key);
            }
            Effect::Expire { key, expiry } => {
                self.expire_at(database, key, expiry);
            }
            Effect::Flush => self.flush(database),
            Effect::Swap { other } => self.swap(database, other),
            Effect::Carry { key, to, keeps } => self.apply_carry(database, key, to, keeps)?,
            Effect::Whole { key, expiry, value } => {
                self.apply_whole(database, key, expiry, value)?
            }
            Effect::More { key, value } => self.apply_more(database, key, value)?,
            Effect::Functions { payload } => self.set_functions(payload),
            Effect::Note { key, note } => {
                let is_item = self.databases[ITEMS].find(key).is_some();
                if !is_item || database != ITEMS {
                    return Err(Corrupt);
                }
                self.set_note(key, note);
            }
            Effect::Of { kind, key } => match kind {
                Kind::Hash => self.apply_change::<Hash>(database, key, from)?,
                Kind::Set => self.apply_change::<Set>(database, key, from)?,
                Kind::Stream => self.apply_change::<Stream>(database, key, from)?,
                Kind::List => self.apply_change::<List>(database, key, from)?,
                Kind::SortedSet => {
                    self.apply_change::<SortedSet>(database, key, from)?;
                }
                Kind::String => return Err(Corrupt),
            },
        }
        Ok(())
    }

    fn apply_change<C: Collection>(
        &mut self,
        database: usize,
        key: &[u8],
        from: &mut Reader<'_>,
    ) -> Result<(), Corrupt> {
        let change = C::read(from)?;
        // What has expired here may not have where this was done.
        let found = self.databases[database].find(key);
        if found.is_some_and(|found| found.header.kind != C::KIND) {
            return Err(Corrupt);
        }
        self.edit_found::<C, _>(database, key, found, |edit| edit.apply(&change));
        Ok(())
    }
}
