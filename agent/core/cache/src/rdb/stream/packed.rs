//! Entries of a stream in a listpack.
//!
//! First comes how many entries follow, and how many that were deleted, and the fields that most of them have; then the entries,
//! each with its flags, its distance from the number that the listpack has, its fields, if they are others, and its values.

use std::sync::Arc;

use super::super::error::{Error, Wrong};
use super::super::input::Input;
use super::super::listpack::{self, Listpack};
use super::super::output::Output;
use super::super::read::packed;
use super::super::value::{Bytes, StreamEntry, StreamId};
use crate::number::integer;

const DELETED: i64 = 1;
/// Its fields are those that most have.
const SAME_FIELDS: i64 = 2;
/// As many as Redis puts into one.
const ENTRIES_MAX: usize = 100;
const BYTES_MAX: usize = 4096;

/// Adds the entries of a listpack to those that came before.
pub(super) fn read<'a>(
    input: &mut Input<'a>,
    entries: &mut Vec<StreamEntry<'a>>,
) -> Result<(), Error> {
    let offset = input.offset();
    let wrong = || Error {
        offset,
        wrong: Wrong::Packed,
    };
    let id = input.string()?;
    let id = <[u8; 16]>::try_from(&*id).map_err(|_| wrong())?;
    let elements = packed(input, listpack::elements)?;
    let from = StreamId::from_bytes(id);
    let before = entries.last().map(|entry| entry.id);
    let added = unpacked(from, elements, before).ok_or_else(wrong)?;
    entries.extend(added);
    Ok(())
}

/// Elements of a listpack, from the first on.
struct Elements<'a>(std::vec::IntoIter<Bytes<'a>>);

impl<'a> Elements<'a> {
    fn next(&mut self) -> Option<Bytes<'a>> {
        self.0.next()
    }

    fn number(&mut self) -> Option<i64> {
        integer(&self.next()?)
    }

    /// How many elements follow: not more than there are.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    fn take(&mut self, count: usize) -> Option<Vec<Bytes<'a>>> {
        (count <= self.0.len()).then(|| self.0.by_ref().take(count).collect())
    }
}

fn unpacked<'a>(
    from: StreamId,
    elements: Vec<Bytes<'a>>,
    before: Option<StreamId>,
) -> Option<Vec<StreamEntry<'a>>> {
    let mut elements = Elements(elements.into_iter());
    let (count, deleted) = (elements.count()?, elements.count()?);
    let fields = elements.count()?;
    let common: Arc<[_]> = elements.take(fields)?.into();
    if elements.number()? != 0 {
        return None;
    }
    // No entry has the number 0-0.
    let mut last = before.unwrap_or_default();
    let mut entries = Vec::with_capacity(count);
    let mut were_deleted = 0;
    while elements.0.len() > 0 {
        let (is_deleted, entry) = entry(&mut elements, from, &common)?;
        if entry.id <= last {
            return None;
        }
        last = entry.id;
        if is_deleted {
            were_deleted += 1;
        } else {
            entries.push(entry);
        }
    }
    (entries.len() == count && were_deleted == deleted).then_some(entries)
}

fn entry<'a>(
    elements: &mut Elements<'a>,
    from: StreamId,
    common: &Arc<[Bytes<'a>]>,
) -> Option<(bool, StreamEntry<'a>)> {
    let flags = elements.number()?;
    let id = StreamId {
        milliseconds: from.milliseconds.wrapping_add_signed(elements.number()?),
        sequence: from.sequence.wrapping_add_signed(elements.number()?),
    };
    let (names, values) = if flags & SAME_FIELDS != 0 {
        (Arc::clone(common), elements.take(common.len())?)
    } else {
        let count = elements.count()?;
        let mut both = elements.take(count.checked_mul(2)?)?.into_iter();
        let mut names = Vec::with_capacity(count);
        let mut values = Vec::with_capacity(count);
        while let (Some(name), Some(value)) = (both.next(), both.next()) {
            names.push(name);
            values.push(value);
        }
        (names.into(), values)
    };
    // How many elements the entry has, for who comes from behind.
    elements.number()?;
    Some((flags & DELETED != 0, StreamEntry { id, names, values }))
}

/// Writes entries: how many listpacks there are, and each with its number.
pub(super) fn write(entries: &[StreamEntry<'_>], out: &mut Output<'_>) {
    let mut listpacks = Vec::new();
    let mut rest = entries;
    while let Some(first) = rest.first() {
        let mut bytes = 0;
        let count = rest.iter().take(ENTRIES_MAX).take_while(|entry| {
            let fits = bytes < BYTES_MAX;
            bytes += entry.values.iter().map(|value| value.len()).sum::<usize>();
            fits
        });
        let (those, after) = rest.split_at(count.count());
        listpacks.push((first.id, pack(those)));
        rest = after;
    }
    out.number(listpacks.len() as u64);
    for (id, listpack) in listpacks {
        out.string(&id.to_bytes());
        out.string(&listpack);
    }
}

/// A listpack of these entries, of which there is one at least.
fn pack(entries: &[StreamEntry<'_>]) -> Vec<u8> {
    let (from, common) = (entries[0].id, &entries[0].names);
    let mut listpack = Listpack::new();
    listpack.push_number(entries.len() as i64);
    listpack.push_number(0);
    listpack.push_number(common.len() as i64);
    common.iter().for_each(|name| listpack.push(name));
    listpack.push_number(0);
    for entry in entries {
        let is_same = entry.names == *common;
        listpack.push_number(if is_same { SAME_FIELDS } else { 0 });
        let milliseconds = entry.id.milliseconds.wrapping_sub(from.milliseconds);
        listpack.push_number(milliseconds.cast_signed());
        let sequence = entry.id.sequence.wrapping_sub(from.sequence);
        listpack.push_number(sequence.cast_signed());
        let values = entry.values.len() as i64;
        if is_same {
            entry.values.iter().for_each(|value| listpack.push(value));
            listpack.push_number(values + 3);
        } else {
            listpack.push_number(values);
            for (name, value) in entry.names.iter().zip(&entry.values) {
                listpack.push(name);
                listpack.push(value);
            }
            listpack.push_number(2 * values + 4);
        }
    }
    listpack.into_bytes()
}
