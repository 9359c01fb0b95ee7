//! A persistent ordered tree: a B+ tree of shared nodes. Cloning it pins a view in constant time; a write copies the
//! nodes on its path that a view still shares, and writes in place what nobody shares.
//!
//! It knows nothing of what it holds: an entry is anything with a key and a weight. Weights (1 for a key that is alive,
//! for one) are summed along the branches, so counting a range does not walk it.

mod iter;
mod leaf;
mod node;
mod separator;

pub use iter::Iter;
use leaf::Leaf;
use node::{Child, Node};
use std::sync::Arc;

/// What a tree holds.
pub trait Entry: Clone {
    /// The entry's place in the order. Must not change while the entry is in a tree.
    fn key(&self) -> &[u8];

    /// What the entry counts for in [`Tree::weight`].
    fn weight(&self) -> u64 {
        1
    }
}

/// What becomes of the entry that [`Tree::edit`] found, or did not find.
pub enum Edit<E> {
    /// It stays, as it was edited; nothing is inserted.
    Keep,
    /// It is inserted, or replaced.
    Insert(E),
    /// It is removed.
    Remove,
}

/// A persistent map ordered by key.
///
/// Invariants: 1. keys grow strictly over all leaves; 2. all leaves are at one depth; 3. every node but the root holds
/// at least a quarter of what fits; 4. a child's `low` is at most every key under it and above every key before it;
/// 5. a child's weight is the sum under it.
pub struct Tree<E> {
    root: Arc<Node<E>>,
    len: usize,
    weight: u64,
}

impl<E> Clone for Tree<E> {
    fn clone(&self) -> Self {
        Self {
            root: Arc::clone(&self.root),
            len: self.len,
            weight: self.weight,
        }
    }
}

impl<E: Entry> Default for Tree<E> {
    fn default() -> Self {
        Self {
            root: Arc::new(Node::Leaf(Leaf::new())),
            len: 0,
            weight: 0,
        }
    }
}

impl<E: Entry> Tree<E> {
    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The sum of all weights.
    #[must_use]
    pub const fn weight(&self) -> u64 {
        self.weight
    }

    /// The entry of `key`.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&E> {
        let mut node = &*self.root;
        loop {
            match node {
                Node::Branch(children) => node = &children[node::child_of(children, key)].node,
                Node::Leaf(leaf) => return leaf.get(key, leaf::hash(key)),
            }
        }
    }

    /// Finds the entry of `key` and lets `change` edit it in place, insert one, or remove it, in one descent.
    pub fn edit<R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(Option<&mut E>) -> (Edit<E>, R),
    ) -> R {
        let (result, effect) = node::edit(&mut self.root, key, leaf::hash(key), change);
        self.len = self.len.wrapping_add_signed(effect.len);
        self.weight = self.weight.wrapping_add_signed(effect.weight);
        if let Some(right) = effect.split {
            let left_weight = self.weight - right.weight;
            let left = Child::leftmost(Arc::clone(&self.root), left_weight);
            self.root = Arc::new(Node::Branch(vec![left, right]));
        }
        self.lower_root();
        result
    }

    /// A root with a single child gives way to it.
    fn lower_root(&mut self) {
        while let Node::Branch(children) = &*self.root {
            if children.len() > 1 {
                return;
            }
            self.root = Arc::clone(&children[0].node);
        }
    }

    /// Inserts an entry, in the place of the one with its key if there is one.
    pub fn insert(&mut self, entry: E) {
        let key = entry.key().to_vec();
        self.edit(&key, |_| (Edit::Insert(entry), ()));
    }

    /// Removes the entry of `key`.
    pub fn remove(&mut self, key: &[u8]) -> Option<E> {
        self.get(key)?;
        self.edit(key, |found| (Edit::Remove, found.cloned()))
    }

    /// The entries from `start` on, in order, before `end` if there is one.
    #[must_use]
    pub fn range<'a, 'e>(&'a self, start: &[u8], end: Option<&'e [u8]>) -> Iter<'a, 'e, E> {
        Iter::new(&self.root, start, end)
    }

    /// All entries, in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, 'static, E> {
        self.range(&[], None)
    }

    /// The last entry, of those before `end` if there is one, in logarithmic time.
    #[must_use]
    pub fn last(&self, end: Option<&[u8]>) -> Option<&E> {
        node::last(&self.root, end)
    }

    /// Bytes that are asked of the allocator, but for those that entries ask for; in time linear in the number of nodes.
    #[must_use]
    pub fn allocated(&self) -> usize {
        node::allocated(&self.root)
    }

    /// The sum of the weights from `start` on, before `end` if there is one, in logarithmic time.
    #[must_use]
    pub fn weight_in(&self, start: &[u8], end: Option<&[u8]>) -> u64 {
        let until = end.map_or(self.weight, |end| self.weight_before(end));
        until.saturating_sub(self.weight_before(start))
    }

    fn weight_before(&self, key: &[u8]) -> u64 {
        let mut node = &*self.root;
        let mut sum = 0;
        loop {
            match node {
                Node::Branch(children) => {
                    let index = node::child_of(children, key);
                    sum += children[..index]
                        .iter()
                        .map(|child| child.weight)
                        .sum::<u64>();
                    node = &children[index].node;
                }
                Node::Leaf(leaf) => {
                    let before = &leaf.entries()[..leaf.place(key)];
                    return sum + before.iter().map(Entry::weight).sum::<u64>();
                }
            }
        }
    }

    /// Checks every invariant of the tree, in time linear in its size.
    ///
    /// # Panics
    /// With the evidence if one does not hold.
    pub fn invariants(&self) {
        let checked = node::check(&self.root, true, &[], None);
        assert_eq!(checked.len, self.len, "the tree's length");
        assert_eq!(checked.weight, self.weight, "the tree's weight");
    }
}

#[cfg(test)]
mod tests;
