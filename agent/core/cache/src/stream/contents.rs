//! What is in a stream, and how it is changed.

use std::sync::Arc;

use synod_tree::{Edit, Tree};

use super::change::{GroupChange, StreamChange};
use super::entries::Entries;
use super::group::{Group, SharedGroup};
use super::id::Id;
use crate::collection::Limits;

/// What is in a stream. Cloning it pins a view.
///
/// Invariants: 1. `length` is how many entries there are, and `first` the id of the first one; 2. no id of an entry is above `last`.
#[derive(Clone, Default)]
pub(crate) struct Contents {
    entries: Entries,
    length: u64,
    first: Id,
    last: Id,
    /// How many entries were ever added.
    added: u64,
    /// The greatest id of an entry that was removed alone.
    removed: Id,
    groups: Tree<SharedGroup>,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a stream of {} entries", self.length)
    }
}

impl Contents {
    pub(crate) const fn len(&self) -> u64 {
        self.length
    }

    pub(crate) const fn entries(&self) -> &Entries {
        &self.entries
    }

    /// The id of the first entry, `0-0` if there is none.
    pub(crate) const fn first(&self) -> Id {
        self.first
    }

    /// The id of the last entry that was added, or what was set in its place.
    pub(crate) const fn last(&self) -> Id {
        self.last
    }

    /// How many entries were ever added.
    pub(crate) const fn added(&self) -> u64 {
        self.added
    }

    /// The greatest id of an entry that was removed, but not by trimming.
    pub(crate) const fn removed(&self) -> Id {
        self.removed
    }

    pub(crate) const fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The groups, by their names.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().map(|group| &*group.0)
    }

    pub(crate) fn group(&self, name: &[u8]) -> Option<&Group> {
        self.groups.get(name).map(|group| &*group.0)
    }

    /// How many entries a group has yet to read, if that is known.
    pub(crate) fn lag(&self, group: &Group) -> Option<i64> {
        let added = self.added.cast_signed();
        if added == 0 {
            return Some(0);
        }
        let read = group.read.filter(|_| !self.has_gap_from(group.last));
        let read = read.or_else(|| self.count_up_to(group.last));
        read.map(|read| added.wrapping_sub(read))
    }

    /// How many entries there were up to this one, for a group that had read so many before it.
    pub(crate) fn read_with(&self, before: Option<i64>, id: Id) -> Option<i64> {
        match before {
            Some(read) if !self.has_gap_from(id) => Some(read.wrapping_add(1)),
            _ if self.added > 0 => self.count_up_to(id),
            before => before,
        }
    }

    /// Whether an entry may have been removed that came from this id on, so that what follows cannot be counted.
    fn has_gap_from(&self, id: Id) -> bool {
        self.length > 0
            && self.removed != Id::MIN
            && self.first <= self.removed
            && id <= self.removed
    }

    /// How many entries there were from the first one ever to this one, if that can be told.
    fn count_up_to(&self, id: Id) -> Option<i64> {
        let (added, length) = (self.added.cast_signed(), self.length.cast_signed());
        if added == 0 {
            return Some(0);
        }
        if id == self.last || length == 0 && id < self.last {
            return Some(added);
        }
        let is_whole = self.removed == Id::MIN || self.removed < self.first;
        if id > self.last || !is_whole {
            return None;
        }
        match id.cmp(&self.first) {
            std::cmp::Ordering::Less => Some(added.wrapping_sub(length)),
            std::cmp::Ordering::Equal => Some(added.wrapping_sub(length).wrapping_add(1)),
            std::cmp::Ordering::Greater => None,
        }
    }

    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        let groups: usize = self.groups().map(Group::allocated).sum();
        size_of::<Self>() + self.entries.allocated() + self.groups.allocated() + groups
    }

    /// Bytes that most of it asks of the allocator, and how many pieces the rest is for: entries, and what is pending.
    pub(crate) fn bulk(&self) -> (usize, usize) {
        let pending: usize = self.groups().map(Group::pending_count).sum();
        (self.entries.node_bytes(), self.length as usize + pending)
    }

    pub(super) fn change(&mut self, change: &StreamChange<'_>, limits: &Limits) {
        match change {
            StreamChange::Make => {}
            StreamChange::Add { id, fields } => self.add(*id, fields, limits),
            StreamChange::Remove { ids } => ids.iter().for_each(|id| self.remove(*id)),
            StreamChange::Trim { count } => {
                let count = self.length.min(*count);
                self.entries.trim(count);
                self.length -= count;
                self.first = self.entries.first().unwrap_or_default();
            }
            StreamChange::Set {
                last,
                added,
                removed,
            } => (self.last, self.added, self.removed) = (*last, *added, *removed),
            StreamChange::Group { name, change } => self.change_group(name, change),
        }
    }

    pub(super) fn add(&mut self, id: Id, fields: &[&[u8]], limits: &Limits) {
        debug_assert!(self.last < id, "ids grow");
        self.entries.add(id, fields, limits);
        self.length += 1;
        self.added = self.added.wrapping_add(1);
        self.last = id;
        if self.length == 1 {
            self.first = id;
        }
    }

    fn remove(&mut self, id: Id) {
        if !self.entries.remove(id) {
            return;
        }
        self.length -= 1;
        self.removed = self.removed.max(id);
        if id == self.first {
            self.first = self.entries.first().unwrap_or_default();
        }
    }

    fn change_group(&mut self, name: &[u8], change: &GroupChange<'_>) {
        self.groups.edit(name, |found| {
            if matches!(change, GroupChange::Remove) {
                return (Edit::Remove, ());
            }
            if let Some(group) = found {
                Arc::make_mut(&mut group.0).change(change);
                return (Edit::Keep, ());
            }
            let mut group = Group::new(name, Id::MIN, None);
            group.change(change);
            (Edit::Insert(SharedGroup(Arc::new(group))), ())
        });
    }
}

impl Group {
    fn change(&mut self, change: &GroupChange<'_>) {
        match change {
            GroupChange::Set { last, read } => {
                (self.last, self.read) = (*last, read.filter(|read| *read != -1));
            }
            GroupChange::Remove => unreachable!("it is removed from the groups"),
            GroupChange::Touch {
                consumer,
                at,
                is_active,
            } => self.touch(consumer, *at, *is_active),
            GroupChange::RemoveConsumer { consumer } => self.remove_consumer(consumer),
            GroupChange::Deliver {
                consumer,
                at,
                entries,
            } => {
                for (id, count) in entries.iter() {
                    self.deliver(consumer, *at, *id, *count);
                }
            }
            GroupChange::Acknowledge { ids } => {
                for id in ids.iter() {
                    self.acknowledge(*id);
                }
            }
        }
    }
}
