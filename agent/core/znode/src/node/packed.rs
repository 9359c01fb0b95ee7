//! The kept form of a node: the key's length, the key, flags, the fields that the flags name, the data. Numbers are LEB128,
//! times and zxids after the first as differences.

use std::sync::Arc;

use synod_tree::Entry;
use xxhash_rust::xxh3::xxh3_64;

use super::Fields;
use crate::kind::Kind;
use crate::path::path_of;
use crate::zxid::Zxid;

mod flag {
    /// The data was written after the creation.
    pub(super) const WRITTEN: u8 = 1;
    /// It had children.
    pub(super) const PARENT: u8 = 2;
    /// It is not persistent.
    pub(super) const OWNED: u8 = 4;
    /// Its access control list is not the open one, or was written.
    pub(super) const ACL: u8 = 8;
    /// It has data, here.
    pub(super) const INLINE: u8 = 16;
    /// It has data, elsewhere.
    pub(super) const LARGE: u8 = 32;
}

/// A node as it is kept. Shared, never changed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Packed(Arc<[u8]>);

/// What a node holds of its data.
pub(crate) enum Held<'a> {
    None,
    Inline(&'a [u8]),
    /// It is elsewhere, this long.
    Large(usize),
}

impl Held<'_> {
    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Inline(data) => data.len(),
            Self::Large(len) => *len,
        }
    }
}

impl Packed {
    pub(crate) fn new(key: &[u8], fields: &Fields, data: &Held<'_>) -> Self {
        let inline = match data {
            Held::Inline(data) => data.len(),
            _ => 0,
        };
        let mut out = Vec::with_capacity(key.len() + inline + 40);
        number(&mut out, key.len() as u64);
        out.extend_from_slice(key);
        pack(&mut out, fields, data);
        Self(out.into())
    }

    /// The fields, and what is held of the data.
    pub(crate) fn unpack(&self) -> (Fields, Held<'_>) {
        let (_, mut rest) = self.split();
        unpack(&mut rest)
    }

    pub(crate) fn path(&self) -> &str {
        path_of(self.key())
    }

    pub(crate) fn digest(&self) -> u64 {
        xxh3_64(&self.0)
    }

    fn split(&self) -> (&[u8], &[u8]) {
        let mut rest = &self.0[..];
        let len = take(&mut rest) as usize;
        rest.split_at(len)
    }
}

impl Entry for Packed {
    fn key(&self) -> &[u8] {
        self.split().0
    }
}

fn flags(fields: &Fields, data: &Held<'_>) -> u8 {
    let written =
        fields.version != 0 || fields.mzxid != fields.czxid || fields.mtime != fields.ctime;
    let parent = fields.creates != 0 || fields.children != 0 || fields.pzxid != fields.czxid;
    let owned = fields.kind != Kind::Persistent;
    let acl = fields.acl != 0 || fields.aversion != 0;
    let data = match data {
        Held::None => 0,
        Held::Inline(_) => flag::INLINE,
        Held::Large(_) => flag::LARGE,
    };
    let set = |condition: bool, flag: u8| if condition { flag } else { 0 };
    set(written, flag::WRITTEN)
        | set(parent, flag::PARENT)
        | set(owned, flag::OWNED)
        | set(acl, flag::ACL)
        | data
}

fn pack(out: &mut Vec<u8>, fields: &Fields, data: &Held<'_>) {
    let flags = flags(fields, data);
    out.push(flags);
    number(out, fields.czxid.0 as u64);
    number(out, fields.ctime);
    if flags & flag::WRITTEN != 0 {
        number(out, fields.mzxid.0.wrapping_sub(fields.czxid.0) as u64);
        number(out, fields.mtime.wrapping_sub(fields.ctime));
        number(out, (fields.version as u32).into());
    }
    if flags & flag::PARENT != 0 {
        number(out, fields.pzxid.0.wrapping_sub(fields.czxid.0) as u64);
        number(out, (fields.creates as u32).into());
        number(out, fields.children.into());
    }
    if flags & flag::OWNED != 0 {
        out.extend_from_slice(&fields.kind.owner().to_le_bytes());
    }
    if flags & flag::ACL != 0 {
        number(out, fields.acl);
        number(out, (fields.aversion as u32).into());
    }
    match data {
        Held::None => {}
        Held::Inline(data) => out.extend_from_slice(data),
        Held::Large(len) => number(out, *len as u64),
    }
}

fn unpack<'a>(rest: &mut &'a [u8]) -> (Fields, Held<'a>) {
    let flags = rest[0];
    *rest = &rest[1..];
    let (czxid, ctime) = (take(rest) as i64, take(rest));
    let mut fields = Fields::new(Zxid(czxid), ctime, Kind::Persistent, 0);
    if flags & flag::WRITTEN != 0 {
        fields.mzxid = Zxid(czxid.wrapping_add(take(rest) as i64));
        fields.mtime = ctime.wrapping_add(take(rest));
        fields.version = take(rest) as i32;
    }
    if flags & flag::PARENT != 0 {
        fields.pzxid = Zxid(czxid.wrapping_add(take(rest) as i64));
        fields.creates = take(rest) as i32;
        fields.children = take(rest) as u32;
    }
    if flags & flag::OWNED != 0 {
        let (owner, after) = rest.split_at(8);
        *rest = after;
        let owner = owner.try_into().expect("eight bytes");
        fields.kind = Kind::of_owner(i64::from_le_bytes(owner));
    }
    if flags & flag::ACL != 0 {
        fields.acl = take(rest);
        fields.aversion = take(rest) as i32;
    }
    let data = if flags & flag::INLINE != 0 {
        Held::Inline(rest)
    } else if flags & flag::LARGE != 0 {
        Held::Large(take(rest) as usize)
    } else {
        Held::None
    };
    (fields, data)
}

fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The next number of what [`number`] wrote; nothing else is ever packed.
fn take(rest: &mut &[u8]) -> u64 {
    let mut number = 0;
    for (index, byte) in rest.iter().enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *rest = &rest[index + 1..];
            return number;
        }
    }
    panic!("a packed node ends within a number");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::session::SessionId;

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Persistent),
            Just(Kind::Container),
            (1..=crate::kind::TTL_MAX_MS).prop_map(Kind::Ttl),
            any::<u64>().prop_map(|number| Kind::Ephemeral(SessionId::new(number, number))),
        ]
    }

    fn fields() -> impl Strategy<Value = Fields> {
        let numbers = (
            any::<[i32; 3]>(),
            prop_oneof![Just(0), any::<u32>()],
            prop_oneof![Just(0), any::<u64>()],
        );
        (
            any::<[i64; 3]>(),
            any::<[u64; 2]>(),
            numbers,
            kind(),
            any::<[bool; 3]>(),
        )
            .prop_map(
                |(
                    [czxid, mzxid, pzxid],
                    [ctime, mtime],
                    ([version, aversion, creates], children, acl),
                    kind,
                    plain,
                )| {
                    let mut fields = Fields::new(Zxid(czxid), ctime, kind, acl);
                    if !plain[0] {
                        (fields.mzxid, fields.mtime, fields.version) =
                            (Zxid(mzxid), mtime, version);
                    }
                    if !plain[1] {
                        (fields.pzxid, fields.creates, fields.children) =
                            (Zxid(pzxid), creates, children);
                    }
                    if !plain[2] {
                        fields.aversion = aversion;
                    }
                    fields
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(fields in fields(), key in any::<Vec<u8>>(), data in any::<Option<Vec<u8>>>(), large in any::<bool>()) {
            let held = match &data {
                None => Held::None,
                Some(data) if large => Held::Large(data.len()),
                Some(data) => Held::Inline(data),
            };
            let packed = Packed::new(&key, &fields, &held);
            prop_assert_eq!(packed.key(), &key[..]);
            let (unpacked, found) = packed.unpack();
            prop_assert_eq!(unpacked, fields);
            prop_assert_eq!(found.len(), held.len());
            match (found, held) {
                (Held::None, Held::None) | (Held::Large(_), Held::Large(_)) => {}
                (Held::Inline(found), Held::Inline(data)) => prop_assert_eq!(found, data),
                _ => prop_assert!(false, "the data is held otherwise"),
            }
        }
    }

    #[test]
    fn a_plain_node_takes_few_bytes() {
        let fields = Fields::new(Zxid(1_000_000), 1_700_000_000_000, Kind::Persistent, 0);
        let packed = Packed::new(
            b"\0\x02/bench/node-000001",
            &fields,
            &Held::Inline(&[7; 100]),
        );
        assert_eq!(packed.0.len(), 1 + 20 + 1 + 3 + 6 + 100);
    }
}
