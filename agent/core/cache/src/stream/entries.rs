//! The entries of a stream.

use std::sync::Arc;

use synod_tree::{Edit, Tree};

use super::id::Id;
use super::node::{Entry, Node};
use crate::collection::Limits;

/// Entries by their ids, in nodes that are shared with those who pinned a view.
///
/// Invariants: 1. ids grow from node to node; 2. a node's key is the id of its first entry, marked or not; 3. `bytes` is what the
/// nodes ask of the allocator.
#[derive(Clone, Default)]
pub(crate) struct Entries {
    nodes: Tree<Shared>,
    bytes: usize,
}

#[derive(Clone)]
struct Shared(Arc<Node>);

impl synod_tree::Entry for Shared {
    fn key(&self) -> &[u8] {
        &self.0.first.0
    }
}

impl Entries {
    /// Adds an entry, whose id is above all others. `fields` are names and values.
    pub(super) fn add(&mut self, id: Id, fields: &[&[u8]], limits: &Limits) {
        let tail = self.nodes.last(None);
        let tail = tail.map(|node| (node.0.first, node.0.has_room(fields, limits)));
        debug_assert!(tail.is_none_or(|(first, _)| first < id), "ids grow");
        match tail {
            Some((first, true)) => self.change(first, |node| node.push(id, fields)),
            Some((first, false)) => {
                self.change(first, Node::shrink);
                self.insert(Node::of(id, fields));
            }
            None => self.insert(Node::of(id, fields)),
        }
    }

    fn insert(&mut self, node: Node) {
        self.bytes += weight(&node);
        self.nodes.insert(Shared(Arc::new(node)));
    }

    /// Changes the node whose first entry has this id; one with nothing left goes.
    fn change(&mut self, first: Id, change: impl FnOnce(&mut Node)) {
        let (before, after) = self.nodes.edit(&first.0, |found| {
            let shared = &mut found.expect("who asks found it").0;
            // A copy may take less.
            let before = weight(shared);
            let node = Arc::make_mut(shared);
            change(node);
            if node.live == 0 {
                (Edit::Remove, (before, 0))
            } else {
                (Edit::Keep, (before, weight(node)))
            }
        });
        self.bytes = self.bytes - before + after;
    }

    /// Removes an entry; whether it was there.
    pub(super) fn remove(&mut self, id: Id) -> bool {
        let Some(node) = self.node_of(id) else {
            return false;
        };
        let first = node.first;
        let found = node.live().find(|placed| placed.entry.id >= id);
        let Some(at) = found.and_then(|placed| (placed.entry.id == id).then_some(placed.at)) else {
            return false;
        };
        self.change(first, |node| node.mark(at));
        true
    }

    /// Removes so many entries, the first ones.
    pub(super) fn trim(&mut self, count: u64) {
        let mut left = count;
        while left > 0 {
            let Some(node) = self.nodes.iter().next() else {
                return;
            };
            let (first, live) = (node.0.first, u64::from(node.0.live));
            if live <= left {
                self.bytes -= weight(&node.0);
                self.nodes.remove(&first.0);
                left -= live;
            } else {
                let gone: Vec<_> = node.0.live().map(|it| it.at).take(left as usize).collect();
                self.change(first, |node| gone.iter().for_each(|at| node.mark(*at)));
                return;
            }
        }
    }

    /// The node that has the entry of this id, if there is one.
    fn node_of(&self, id: Id) -> Option<&Node> {
        let end = id.next().map(|next| next.0);
        let node = self.nodes.last(end.as_ref().map(<[u8; 16]>::as_slice))?;
        (id <= node.0.last).then_some(&*node.0)
    }

    /// An entry.
    pub(crate) fn get(&self, id: Id) -> Option<Entry<'_>> {
        let mut entries = self.node_of(id)?.live().map(|placed| placed.entry);
        entries
            .find(|entry| entry.id >= id)
            .filter(|entry| entry.id == id)
    }

    /// The id of the first entry.
    pub(crate) fn first(&self) -> Option<Id> {
        let node = self.nodes.iter().next()?;
        node.0.live().next().map(|placed| placed.entry.id)
    }

    /// The id of the last entry.
    pub(crate) fn last(&self) -> Option<Id> {
        let node = self.nodes.last(None)?;
        node.0.live().last().map(|placed| placed.entry.id)
    }

    /// The entries from the one with id `start` on to the one with id `end`.
    pub(crate) fn range(&self, start: Id, end: Id) -> impl Iterator<Item = Entry<'_>> {
        let from = self.node_of(start).map_or(start, |node| node.first);
        let nodes = self.nodes.range(&from.0, None);
        nodes
            .flat_map(|node| node.0.live())
            .map(|placed| placed.entry)
            .skip_while(move |entry| entry.id < start)
            .take_while(move |entry| entry.id <= end)
    }

    /// As [`Self::range`], but the last one first.
    pub(crate) fn backwards(&self, start: Id, end: Id) -> impl Iterator<Item = Entry<'_>> {
        let mut before = end.next();
        let mut is_over = false;
        let nodes = std::iter::from_fn(move || {
            if is_over {
                return None;
            }
            let node = self.nodes.last(before.as_ref().map(|id| id.0.as_slice()))?;
            before = Some(node.0.first);
            is_over = node.0.first <= start;
            let within = node.0.live().map(|placed| placed.entry);
            let within = within.filter(|entry| start <= entry.id && entry.id <= end);
            Some(within.collect::<Vec<_>>().into_iter().rev())
        });
        nodes.flatten()
    }

    /// All nodes, in their order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().map(|node| &*node.0)
    }

    /// How many nodes there are.
    pub(crate) const fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        self.nodes.allocated() + self.bytes
    }

    /// Bytes that the nodes ask of the allocator, but for what finds them.
    pub(super) const fn node_bytes(&self) -> usize {
        self.bytes
    }

    /// Checks the invariants.
    #[cfg(test)]
    pub(super) fn invariants(&self) {
        self.nodes.invariants();
        let bytes = self.nodes.iter().map(|node| weight(&node.0));
        assert_eq!(self.bytes, bytes.sum::<usize>(), "what nodes take");
        let mut last = None;
        for node in self.nodes.iter() {
            node.0.invariants();
            assert!(last < Some(node.0.first), "nodes are in order");
            last = Some(node.0.last);
        }
    }
}

/// Bytes that a node asks of the allocator.
fn weight(node: &Node) -> usize {
    const COUNTS: usize = 16;
    node.allocated() + COUNTS
}
