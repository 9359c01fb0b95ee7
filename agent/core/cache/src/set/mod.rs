//! Sets: different strings.

pub(crate) mod algebra;
mod change;
mod large;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use change::{Members, SetChange};
pub(crate) use large::LargeSet;
pub(crate) use view::SetView;

use crate::collection::{Closed, Collection, Kept, Limits, Object, PACKED_BYTES_MAX};
use crate::keyspace::Kind;
use crate::number::integer;
use crate::packed::{Packed, Strings, packed_bytes};
use crate::wire::{Corrupt, Reader, Writer};

/// A set while it is changed.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    elements: Elements,
    /// See [`INTSET`].
    shown: u8,
}

/// As which encoding Redis shows a set that never had anything but a few integers.
pub(crate) const INTSET: u8 = 0;
/// And one that never had many members, or a long one.
pub(crate) const LISTPACK: u8 = 1;
/// And any other one.
pub(crate) const HASHTABLE: u8 = 2;

/// No integer has more bytes.
const INTEGER_BYTES_MAX: usize = 20;

#[derive(Clone, Debug)]
enum Elements {
    /// Members side by side: integers in their order while it is an [`INTSET`], then those that came later.
    Packed(Packed),
    Large(Box<LargeSet>),
}

impl Default for Set {
    fn default() -> Self {
        Self {
            elements: Elements::Packed(Packed::default()),
            shown: INTSET,
        }
    }
}

impl Set {
    pub(crate) fn view(&self) -> SetView<'_> {
        match &self.elements {
            Elements::Packed(packed) => SetView::Packed(packed.bytes()),
            Elements::Large(large) => SetView::Large(large),
        }
    }

    /// As which encoding Redis shows it, for a moment, when it is told how many members are to be added, the first of which this
    /// is: it expects them to be different.
    pub(crate) fn expecting(&self, first: &[u8], count: usize, limits: &Limits) -> u8 {
        let is_new = self.view().is_empty();
        match self.shown {
            INTSET if is_new && integer(first).is_none() => {
                if count > limits.set_entries {
                    HASHTABLE
                } else {
                    LISTPACK
                }
            }
            INTSET if count <= limits.set_integers => INTSET,
            INTSET if is_new && count <= limits.set_entries => LISTPACK,
            LISTPACK if count <= limits.set_entries => LISTPACK,
            _ => HASHTABLE,
        }
    }

    /// Whether it was not there.
    pub(crate) fn add(&mut self, member: &[u8], limits: &Limits) -> bool {
        let is_new = match &mut self.elements {
            Elements::Large(large) => large.add(member),
            Elements::Packed(packed) => {
                if SetView::Packed(packed.bytes()).contains(member) {
                    return false;
                }
                if packed.bytes().len() + packed_bytes(member.len()) > PACKED_BYTES_MAX {
                    let mut large = LargeSet::of(packed.bytes(), limits.seed);
                    large.add(member);
                    self.elements = Elements::Large(Box::new(large));
                } else if self.shown == INTSET && integer(member).is_some() {
                    insert_in_order(packed, member);
                } else {
                    packed.push(member);
                }
                true
            }
        };
        if is_new {
            self.shown = self.shown_with(member, limits);
        }
        is_new
    }

    /// As which encoding Redis shows it now that this member was added.
    fn shown_with(&self, member: &[u8], limits: &Limits) -> u8 {
        let before = || self.view().len() - 1;
        match self.shown {
            HASHTABLE => HASHTABLE,
            INTSET if integer(member).is_some() => {
                if before() < limits.set_integers {
                    INTSET
                } else {
                    HASHTABLE
                }
            }
            shown => {
                let were_short = shown != INTSET
                    || limits.set_value >= INTEGER_BYTES_MAX
                    || self.view().iter().all(|own| own.len() <= limits.set_value);
                if were_short && member.len() <= limits.set_value && before() < limits.set_entries {
                    LISTPACK
                } else {
                    HASHTABLE
                }
            }
        }
    }

    /// Whether it was there.
    pub(crate) fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.elements {
            Elements::Large(large) => large.remove(member),
            Elements::Packed(packed) => {
                let mut members = Strings::of(packed.bytes());
                let found = members.find(|(_, own)| *own == member);
                let is_there = found.is_some();
                if let Some((range, _)) = found {
                    packed.splice(range, &[]);
                }
                is_there
            }
        }
    }
}

/// Among integers, in the order of their values.
fn insert_in_order(packed: &mut Packed, member: &[u8]) {
    let mut members = Strings::of(packed.bytes());
    let larger = members.find(|(_, own)| integer(own) > integer(member));
    let at = larger.map_or(packed.bytes().len(), |(range, _)| range.start);
    packed.splice(at..at, &[member]);
}

impl Collection for Set {
    const KIND: Kind = Kind::Set;
    type View<'a> = SetView<'a>;
    type Change<'a> = SetChange<'a>;
    /// How many members were added, or removed.
    type Outcome = usize;

    fn open_packed(bytes: Vec<u8>, shown: u8) -> Self {
        let elements = Elements::Packed(Packed::from_bytes(bytes));
        Self { elements, shown }
    }

    fn open_object(object: Object, shown: u8) -> Self {
        let Object::Set(large) = object else {
            unreachable!("its header says what it is");
        };
        let elements = Elements::Large(large);
        Self { elements, shown }
    }

    fn close(self) -> Closed {
        let kept = match self.elements {
            Elements::Packed(packed) => Kept::Packed(packed.into_bytes()),
            Elements::Large(large) => Kept::Object(Object::Set(large)),
        };
        Closed {
            kept,
            shown: self.shown,
        }
    }

    fn is_empty(&self) -> bool {
        self.view().is_empty()
    }

    fn view_packed(bytes: &[u8]) -> SetView<'_> {
        SetView::Packed(bytes)
    }

    fn view_object(object: &Object) -> SetView<'_> {
        let Object::Set(large) = object else {
            unreachable!("its header says what it is");
        };
        SetView::Large(large)
    }

    fn apply(&mut self, change: &SetChange<'_>, limits: &Limits) -> usize {
        match *change {
            SetChange::Add { members, expecting } => {
                self.shown = self.shown.max(expecting);
                members.iter().filter(|it| self.add(it, limits)).count()
            }
            SetChange::Remove { members } => members.iter().filter(|it| self.remove(it)).count(),
        }
    }

    fn write(change: &SetChange<'_>, out: &mut Writer<'_>) {
        change.write(out);
    }

    fn read<'a>(from: &mut Reader<'a>) -> Result<SetChange<'a>, Corrupt> {
        SetChange::read(from)
    }
}
