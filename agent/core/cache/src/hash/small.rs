//! A small hash: fields and values side by side, in the order in which the fields came.
//!
//! While no field expires it is a field and its value, and so on (see [`crate::packed`]). While some do, it is [`MARK`], the time
//! at which the first of them does in eight bytes, and then a field, its value, and the time at which it expires in eight bytes, or
//! in none, and so on.

use std::ops::Range;

use crate::packed::{Packed, Strings};

/// No length of a string begins with this byte.
const MARK: u8 = 254;
/// The mark, and a time.
const HEAD: usize = 9;

/// A field.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    range: Range<usize>,
    pub(super) field: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) expiry: Option<i64>,
}

/// When the first field expires; nothing, if none does.
#[inline]
pub(crate) fn soonest(bytes: &[u8]) -> Option<i64> {
    let at = bytes.strip_prefix(&[MARK])?.first_chunk()?;
    Some(i64::from_le_bytes(*at))
}

/// Fields that have expired.
pub(crate) fn due(bytes: &[u8], now: i64) -> Vec<Box<[u8]>> {
    let due = entries(bytes).filter(|entry| entry.expiry.is_some_and(|at| at < now));
    due.map(|entry| entry.field.into()).collect()
}

pub(super) fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let expire = soonest(bytes).is_some();
    let from = if expire { HEAD } else { 0 };
    let mut strings = Strings::of(&bytes[from..]);
    std::iter::from_fn(move || {
        let (start, field) = strings.next()?;
        let (mut end, value) = strings.next()?;
        let mut expiry = None;
        if expire {
            let (last, at) = strings.next()?;
            expiry = at.try_into().ok().map(i64::from_le_bytes);
            end = last;
        }
        Some(Entry {
            range: from + start.start..from + end.end,
            field,
            value,
            expiry,
        })
    })
}

fn find<'a>(bytes: &'a [u8], field: &[u8]) -> Option<Entry<'a>> {
    entries(bytes).find(|entry| entry.field == field)
}

/// Whether the field is new.
pub(super) fn put(packed: &mut Packed, field: &[u8], value: &[u8], expiry: Option<i64>) -> bool {
    if expiry.is_some() && soonest(packed.bytes()).is_none() {
        rebuild(packed, true);
    }
    let end = packed.bytes().len();
    let found = find(packed.bytes(), field).map(|entry| entry.range);
    let is_new = found.is_none();
    let range = found.unwrap_or(end..end);
    if soonest(packed.bytes()).is_some() {
        let at = expiry.map(i64::to_le_bytes);
        let at = at.as_ref().map_or([].as_slice(), |at| at.as_slice());
        packed.splice(range, &[field, value, at]);
        settle(packed);
    } else {
        packed.splice(range, &[field, value]);
    }
    is_new
}

/// Whether the field was there.
pub(super) fn remove(packed: &mut Packed, field: &[u8]) -> bool {
    let Some(entry) = find(packed.bytes(), field) else {
        return false;
    };
    let range = entry.range;
    packed.splice(range, &[]);
    if soonest(packed.bytes()).is_some() {
        settle(packed);
    }
    true
}

/// Whether the field is there.
pub(super) fn expire(packed: &mut Packed, field: &[u8], expiry: Option<i64>) -> bool {
    let Some(entry) = find(packed.bytes(), field) else {
        return false;
    };
    let value = entry.value.to_vec();
    put(packed, field, &value, expiry);
    true
}

/// Notes anew when the first field expires, of those that may.
fn settle(packed: &mut Packed) {
    match entries(packed.bytes())
        .filter_map(|entry| entry.expiry)
        .min()
    {
        Some(at) => packed.bytes_mut()[1..HEAD].copy_from_slice(&at.to_le_bytes()),
        None => rebuild(packed, false),
    }
}

/// With room for expiries, or without.
fn rebuild(packed: &mut Packed, expire: bool) {
    let mut rebuilt = if expire {
        let mut head = vec![MARK];
        head.extend_from_slice(&i64::MAX.to_le_bytes());
        Packed::from_bytes(head)
    } else {
        Packed::default()
    };
    for entry in entries(packed.bytes()) {
        rebuilt.push(entry.field);
        rebuilt.push(entry.value);
        if expire {
            rebuilt.push(b"");
        }
    }
    *packed = rebuilt;
}
