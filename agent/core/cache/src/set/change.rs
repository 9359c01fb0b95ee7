//! What can be done to a set.

use super::HASHTABLE;
use crate::packed::{Strings, packed_bytes, write_packed};
use crate::wire::{Corrupt, Reader, Writer};

/// A change of some members.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SetChange<'a> {
    /// They are there.
    Add {
        members: Members<'a>,
        /// As which encoding it is shown at least.
        expecting: u8,
    },
    /// They are not there.
    Remove { members: Members<'a> },
}

/// Strings, not all of them different.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Members<'a> {
    /// As somebody named them.
    Named(&'a [&'a [u8]]),
    /// Side by side, as [`crate::packed::Packed`] has them.
    Packed(&'a [u8]),
}

impl<'a> Members<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let (named, packed): (&[&[u8]], &[u8]) = match self {
            Self::Named(named) => (named, &[]),
            Self::Packed(packed) => (&[], packed),
        };
        let packed = Strings::of(packed).map(|(_, string)| string);
        named.iter().copied().chain(packed)
    }

    fn write(self, out: &mut Writer<'_>) {
        match self {
            Self::Named(named) => {
                out.size(named.iter().map(|name| packed_bytes(name.len())).sum());
                named.iter().for_each(|name| write_packed(out.0, name));
            }
            Self::Packed(packed) => out.bytes(packed),
        }
    }

    fn read(from: &mut Reader<'a>) -> Result<Self, Corrupt> {
        let packed = from.bytes()?;
        if Strings::are_whole(packed) {
            Ok(Self::Packed(packed))
        } else {
            Err(Corrupt)
        }
    }
}

const ADD: u8 = 1;
const REMOVE: u8 = 2;

impl<'a> SetChange<'a> {
    pub(super) fn write(&self, out: &mut Writer<'_>) {
        match *self {
            Self::Add { members, expecting } => {
                out.byte(ADD);
                out.byte(expecting);
                members.write(out);
            }
            Self::Remove { members } => {
                out.byte(REMOVE);
                members.write(out);
            }
        }
    }

    pub(super) fn read(from: &mut Reader<'a>) -> Result<Self, Corrupt> {
        match from.byte()? {
            ADD => Ok(Self::Add {
                expecting: from.byte()?.min(HASHTABLE),
                members: Members::read(from)?,
            }),
            REMOVE => Ok(Self::Remove {
                members: Members::read(from)?,
            }),
            _ => Err(Corrupt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_as_they_are_written() {
        let long = [b'x'; 300];
        let named: [&[u8]; 4] = [b"one", b"", &long, b"one"];
        let members = Members::Named(&named);
        for change in [
            SetChange::Add {
                members,
                expecting: 1,
            },
            SetChange::Remove { members },
        ] {
            let mut bytes = Vec::new();
            change.write(&mut Writer(&mut bytes));
            let back = SetChange::read(&mut Reader(&bytes)).expect("it is whole");
            let (SetChange::Add { members, .. } | SetChange::Remove { members }) = back;
            assert_eq!(members.iter().collect::<Vec<_>>(), named);
            for length in 0..bytes.len() {
                assert!(SetChange::read(&mut Reader(&bytes[..length])).is_err());
            }
        }
        // A string ends behind the end of the others.
        assert!(SetChange::read(&mut Reader(b"\x02\x03\x01a\x01")).is_err());
        assert!(SetChange::read(&mut Reader(b"\x02\x02\xff\x01")).is_err());
        assert!(SetChange::read(&mut Reader(b"\x02\x02\xfe\x01")).is_err());
    }
}
