//! Sorted sets: different members, each with a score, in the order of their scores, and of the members where these are the same.

pub(crate) mod add;
mod bound;
mod branch;
pub(crate) mod combine;
mod element;
mod input;
mod large;
mod leaf;
mod many;
mod order;
mod places;
pub(crate) mod pop;
pub(crate) mod random;
pub(crate) mod range;
pub(crate) mod rank;
mod remove;
mod reply;
pub(crate) mod scan;
mod separator;
mod store;
#[cfg(test)]
mod tests;
mod timeout;
mod view;
mod walk;

pub(crate) use bound::{LexRange, ScoreRange};
pub(crate) use element::Element;
use element::Elements;
pub(crate) use large::LargeSortedSet;
pub(crate) use remove::remove_ranks;
pub(crate) use reply::elements_reply;
pub(crate) use store::{Scored, store};
use timeout::timeout;
pub(crate) use view::SortedSetView;

use crate::collection::{Closed, Collection, Kept, Limits, Object, PACKED_BYTES_MAX};
use crate::keyspace::Kind;
use crate::wire::{Corrupt, Reader, Writer};

/// A sorted set while it is changed.
#[derive(Debug)]
pub(crate) struct SortedSet {
    members: Members,
    /// See [`LISTPACK`].
    shown: u8,
}

/// As which encoding Redis shows a sorted set that never had many members, or a long one.
const LISTPACK: u8 = 0;
/// And any other one.
const SKIPLIST: u8 = 1;

/// So many elements, or fewer, are met by one step of a walk: as many as Redis packs.
const LISTPACK_WALKED_MAX: usize = 128;

#[derive(Debug)]
enum Members {
    /// Elements in their order: see [`Elements`].
    Packed(Vec<u8>),
    Large(LargeSortedSet),
}

/// What can be done to a sorted set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SortedSetChange<'a> {
    /// The member has this score; whether it is new.
    Put { member: &'a [u8], score: f64 },
    /// The member goes; whether it was there.
    Remove { member: &'a [u8] },
    /// Those of these ranks go: so many from the first one on, which are there.
    RemoveRanks { first: usize, count: usize },
}

impl Default for SortedSet {
    fn default() -> Self {
        Self {
            members: Members::Packed(Vec::new()),
            shown: LISTPACK,
        }
    }
}

impl SortedSet {
    pub(crate) fn view(&self) -> SortedSetView<'_> {
        match &self.members {
            Members::Packed(bytes) => SortedSetView::Packed(bytes),
            Members::Large(large) => large.view(),
        }
    }

    fn put(&mut self, member: &[u8], score: f64, limits: &Limits) -> bool {
        let is_small = self.shown == LISTPACK && self.stays_small(member, limits);
        // Redis's small encoding knows no -0.
        let score = if is_small { score + 0.0 } else { score };
        let element = Element::new(score, member);
        let is_new = match &mut self.members {
            Members::Large(large) => large.put(&element, limits.seed),
            Members::Packed(packed) => {
                let is_new = !remove(packed, member);
                if packed.len() + element.packed_bytes() > PACKED_BYTES_MAX {
                    let mut large = LargeSortedSet::of(packed);
                    large.put(&element, limits.seed);
                    self.members = Members::Large(large);
                } else {
                    insert(packed, &element);
                }
                is_new
            }
        };
        if !is_small && is_new {
            self.shown = SKIPLIST;
        }
        is_new
    }

    /// Whether Redis would keep it in its small encoding with this member.
    fn stays_small(&self, member: &[u8], limits: &Limits) -> bool {
        let view = self.view();
        let is_room = view.len() < limits.sorted_set_entries;
        member.len() <= limits.sorted_set_value && is_room || view.score(member).is_some()
    }

    fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.members {
            Members::Large(large) => large.remove(member),
            Members::Packed(packed) => remove(packed, member),
        }
    }

    /// Those that are not there are passed over: what comes from a log may be wrong.
    fn remove_ranks(&mut self, first: usize, count: usize) -> bool {
        let view = self.view();
        let last = first.saturating_add(count).min(view.len());
        let ranks = first.min(last)..last;
        let members: Vec<Box<[u8]>> = view
            .range(ranks, false)
            .map(|it| it.member.into())
            .collect();
        for member in &members {
            self.remove(member);
        }
        !members.is_empty()
    }
}

fn insert(packed: &mut Vec<u8>, element: &Element<'_>) {
    let at = Elements::of(packed).place_for(element);
    let (used, more) = (packed.len(), element.packed_bytes());
    packed.resize(used + more, 0);
    packed.copy_within(at..used, at + more);
    element.write(&mut packed[at..at + more]);
}

fn remove(packed: &mut Vec<u8>, member: &[u8]) -> bool {
    let place = Elements::of(packed).place_of(|element| element.is_of(member));
    let is_there = place.is_some();
    if let Some((range, _)) = place {
        packed.drain(range);
    }
    is_there
}

impl Collection for SortedSet {
    const KIND: Kind = Kind::SortedSet;
    type View<'a> = SortedSetView<'a>;
    type Change<'a> = SortedSetChange<'a>;
    type Outcome = bool;

    fn open_packed(bytes: Vec<u8>, shown: u8) -> Self {
        let members = Members::Packed(bytes);
        Self { members, shown }
    }

    fn open_object(object: Object, shown: u8) -> Self {
        let Object::SortedSet(large) = object else {
            unreachable!("its header says what it is");
        };
        let members = Members::Large(large);
        Self { members, shown }
    }

    fn close(self) -> Closed {
        let kept = match self.members {
            Members::Packed(bytes) => Kept::Packed(bytes),
            Members::Large(large) => Kept::Object(Object::SortedSet(large)),
        };
        Closed {
            kept,
            shown: self.shown,
        }
    }

    fn is_empty(&self) -> bool {
        match &self.members {
            Members::Packed(bytes) => bytes.is_empty(),
            Members::Large(large) => large.is_empty(),
        }
    }

    fn view_packed(bytes: &[u8]) -> SortedSetView<'_> {
        SortedSetView::Packed(bytes)
    }

    fn view_object(object: &Object) -> SortedSetView<'_> {
        let Object::SortedSet(large) = object else {
            unreachable!("its header says what it is");
        };
        large.view()
    }

    fn apply(&mut self, change: &SortedSetChange<'_>, limits: &Limits) -> bool {
        match *change {
            SortedSetChange::Put { member, score } => self.put(member, score, limits),
            SortedSetChange::Remove { member } => self.remove(member),
            SortedSetChange::RemoveRanks { first, count } => self.remove_ranks(first, count),
        }
    }

    fn write(change: &SortedSetChange<'_>, out: &mut Writer<'_>) {
        match *change {
            SortedSetChange::Put { member, score } => {
                out.byte(1);
                out.bytes(member);
                out.double(score);
            }
            SortedSetChange::Remove { member } => {
                out.byte(2);
                out.bytes(member);
            }
            SortedSetChange::RemoveRanks { first, count } => {
                out.byte(3);
                out.size(first);
                out.size(count);
            }
        }
    }

    fn read<'a>(from: &mut Reader<'a>) -> Result<SortedSetChange<'a>, Corrupt> {
        match from.byte()? {
            1 => {
                let (member, score) = (from.bytes()?, from.double()?);
                if score.is_nan() {
                    return Err(Corrupt);
                }
                Ok(SortedSetChange::Put { member, score })
            }
            2 => Ok(SortedSetChange::Remove {
                member: from.bytes()?,
            }),
            3 => Ok(SortedSetChange::RemoveRanks {
                first: from.size()?,
                count: from.size()?,
            }),
            _ => Err(Corrupt),
        }
    }
}
