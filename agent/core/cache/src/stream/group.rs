//! Groups of consumers, and what was delivered to each.

use std::sync::Arc;

use synod_tree::{Edit, Entry, Tree};

use super::id::Id;

/// A group of consumers that share the entries of a stream.
///
/// Invariants: 1. a pending entry is in the list of the group and in that of its consumer, and of no other one; 2. the consumer of
/// a pending entry is one of the group's.
#[derive(Clone)]
pub(crate) struct Group {
    name: Box<[u8]>,
    /// The last entry that was delivered.
    pub(crate) last: Id,
    /// How many entries there were up to that one since the stream began, if that is known.
    pub(crate) read: Option<i64>,
    pending: Tree<Pending>,
    consumers: Tree<SharedConsumer>,
}

/// Who reads entries of a group.
#[derive(Clone)]
pub(crate) struct Consumer {
    pub(crate) name: Arc<[u8]>,
    /// When it asked for something, in Unix milliseconds.
    pub(crate) seen: i64,
    /// When it was given something, in Unix milliseconds.
    pub(crate) active: Option<i64>,
    pending: Tree<PendingId>,
}

/// An entry that was delivered and is not acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) id: Id,
    /// To whom it was delivered.
    pub(crate) consumer: Arc<[u8]>,
    /// When it was delivered last, in Unix milliseconds.
    pub(crate) at: i64,
    /// How often it was delivered.
    pub(crate) count: i64,
}

#[derive(Clone)]
pub(super) struct SharedGroup(pub(super) Arc<Group>);

#[derive(Clone)]
struct SharedConsumer(Arc<Consumer>);

#[derive(Clone)]
struct PendingId(Id);

impl Entry for SharedGroup {
    fn key(&self) -> &[u8] {
        &self.0.name
    }
}

impl Entry for SharedConsumer {
    fn key(&self) -> &[u8] {
        &self.0.name
    }
}

impl Entry for Pending {
    fn key(&self) -> &[u8] {
        &self.id.0
    }
}

impl Entry for PendingId {
    fn key(&self) -> &[u8] {
        &self.0.0
    }
}

impl Group {
    pub(super) fn new(name: &[u8], last: Id, read: Option<i64>) -> Self {
        Self {
            name: name.into(),
            last,
            read,
            pending: Tree::default(),
            consumers: Tree::default(),
        }
    }

    pub(crate) const fn name(&self) -> &[u8] {
        &self.name
    }

    /// Its consumers, by their names.
    pub(crate) fn consumers(&self) -> impl Iterator<Item = &Consumer> {
        self.consumers.iter().map(|consumer| &*consumer.0)
    }

    pub(crate) const fn consumer_count(&self) -> usize {
        self.consumers.len()
    }

    pub(crate) fn consumer(&self, name: &[u8]) -> Option<&Consumer> {
        self.consumers.get(name).map(|consumer| &*consumer.0)
    }

    /// An entry, if it is pending.
    pub(crate) fn pending(&self, id: Id) -> Option<&Pending> {
        self.pending.get(&id.0)
    }

    /// The pending entries from `start` on.
    pub(crate) fn pending_from(&self, start: Id) -> impl Iterator<Item = &Pending> {
        self.pending.range(&start.0, None)
    }

    pub(crate) fn last_pending(&self) -> Option<&Pending> {
        self.pending.last(None)
    }

    pub(crate) const fn pending_count(&self) -> usize {
        self.pending.len()
    }

    /// The pending entries of a consumer from `start` on.
    pub(crate) fn pending_of<'a>(
        &'a self,
        consumer: &'a Consumer,
        start: Id,
    ) -> impl Iterator<Item = &'a Pending> {
        let ids = consumer.pending.range(&start.0, None);
        ids.filter_map(|id| self.pending(id.0))
    }

    /// A consumer asked for something; it is made if there is none of this name.
    pub(super) fn touch(&mut self, name: &[u8], at: i64, is_active: bool) {
        self.change_consumer(name, at, |consumer| {
            consumer.seen = at;
            if is_active {
                consumer.active = Some(at);
            }
        });
    }

    fn change_consumer(&mut self, name: &[u8], at: i64, change: impl FnOnce(&mut Consumer)) {
        self.consumers.edit(name, |found| {
            if let Some(consumer) = found {
                change(Arc::make_mut(&mut consumer.0));
                return (Edit::Keep, ());
            }
            let mut consumer = Consumer {
                name: name.into(),
                seen: at,
                active: None,
                pending: Tree::default(),
            };
            change(&mut consumer);
            (Edit::Insert(SharedConsumer(Arc::new(consumer))), ())
        });
    }

    /// An entry was delivered to this consumer, whoever had it, and for this time.
    pub(super) fn deliver(&mut self, consumer: &[u8], at: i64, id: Id, count: i64) {
        let name = match self.consumer(consumer) {
            Some(consumer) => Arc::clone(&consumer.name),
            None => consumer.into(),
        };
        let before = self.pending.edit(&id.0, |found| match found {
            Some(pending) => {
                (pending.at, pending.count) = (at, count);
                let before = std::mem::replace(&mut pending.consumer, name);
                (Edit::Keep, Some(before))
            }
            None => {
                let pending = Pending {
                    id,
                    consumer: name,
                    at,
                    count,
                };
                (Edit::Insert(pending), None)
            }
        });
        if before.as_deref() == Some(consumer) {
            return;
        }
        if let Some(before) = before {
            self.forget(&before, id);
        }
        self.change_consumer(consumer, at, |consumer| {
            consumer.pending.insert(PendingId(id));
        });
    }

    fn forget(&mut self, consumer: &[u8], id: Id) {
        self.consumers.edit(consumer, |found| {
            if let Some(consumer) = found {
                Arc::make_mut(&mut consumer.0).pending.remove(&id.0);
            }
            (Edit::Keep, ())
        });
    }

    /// An entry is pending no more; whether it was.
    pub(super) fn acknowledge(&mut self, id: Id) -> bool {
        let Some(pending) = self.pending.remove(&id.0) else {
            return false;
        };
        self.forget(&pending.consumer, id);
        true
    }

    /// Removes a consumer with all that is pending for it.
    pub(super) fn remove_consumer(&mut self, name: &[u8]) {
        let Some(consumer) = self.consumers.remove(name) else {
            return;
        };
        for id in consumer.0.pending.iter() {
            self.pending.remove(&id.0.0);
        }
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        let counts = 2 * size_of::<usize>();
        let consumers: usize = self
            .consumers()
            .map(|one| {
                let shared = 2 * counts + size_of::<Consumer>();
                shared + one.name.len() + one.pending.allocated()
            })
            .sum();
        let own = counts + size_of::<Self>() + self.name.len();
        own + self.pending.allocated() + self.consumers.allocated() + consumers
    }

    /// Checks the invariants.
    #[cfg(test)]
    pub(super) fn invariants(&self) {
        self.pending.invariants();
        self.consumers.invariants();
        let mut count = 0;
        for consumer in self.consumers() {
            consumer.pending.invariants();
            for id in consumer.pending.iter() {
                let pending = self.pending(id.0).expect("it is in both lists");
                assert_eq!(pending.consumer, consumer.name, "it has one consumer");
                count += 1;
            }
        }
        assert_eq!(
            count,
            self.pending_count(),
            "all that is pending has a consumer"
        );
    }
}

impl Consumer {
    pub(crate) const fn pending_count(&self) -> usize {
        self.pending.len()
    }
}
