//! A set as it is read.

use super::large::LargeSet;
use crate::packed::Strings;
use crate::sample::Source;
use crate::scan::Part;
use crate::table::Table;

/// A set as it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SetView<'a> {
    /// Members side by side.
    Packed(&'a [u8]),
    Large(&'a LargeSet),
}

impl<'a> SetView<'a> {
    pub(crate) const fn is_empty(self) -> bool {
        match self {
            Self::Packed(bytes) => bytes.is_empty(),
            Self::Large(large) => large.table().is_empty(),
        }
    }

    pub(crate) fn len(self) -> usize {
        match self {
            Self::Packed(bytes) => Strings::of(bytes).count(),
            Self::Large(large) => large.table().len(),
        }
    }

    pub(crate) fn contains(self, member: &[u8]) -> bool {
        match self {
            Self::Packed(bytes) => Strings::of(bytes).any(|(_, own)| own == member),
            Self::Large(large) => large.contains(member),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let (packed, large): (&[u8], _) = match self {
            Self::Packed(bytes) => (bytes, None),
            Self::Large(large) => (&[], Some(Table::iter(large.table()))),
        };
        let packed = Strings::of(packed).map(|(_, member)| member);
        let large = large.into_iter().flatten();
        packed.chain(large.map(|(_, member, _)| member))
    }

    /// Where random members come from.
    pub(crate) fn source(self) -> Source<'a> {
        match self {
            Self::Packed(_) => {
                Source::All(self.iter().map(|member| (member, [].as_slice())).collect())
            }
            Self::Large(large) => Source::Table(large.table()),
        }
    }

    /// The next part of a walk over a large set, and where it goes on (see [`Table::walk`]); of a small one there are no parts.
    pub(crate) fn walk(self, cursor: u64) -> Option<Part<'a>> {
        let Self::Large(large) = self else {
            return None;
        };
        let (bucket, next) = large.table().walk(cursor);
        let members = large.table().bucket(bucket);
        Some((
            members.map(|(_, member, value)| (member, value)).collect(),
            next,
        ))
    }
}
