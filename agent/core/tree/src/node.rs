//! The nodes of the tree: edits with splits on the way up, and rebalancing of what became small.

use std::sync::Arc;

use super::leaf::Leaf;
use super::separator::Separator;
use super::{Edit, Entry};

/// Most entries of a leaf, and most children of a branch.
const LEAF_MAX: usize = if cfg!(test) { 8 } else { 64 };
const BRANCH_MAX: usize = if cfg!(test) { 8 } else { 32 };

#[derive(Clone)]
pub(super) enum Node<E> {
    Leaf(Leaf<E>),
    Branch(Vec<Child<E>>),
}

#[derive(Clone)]
pub(super) struct Child<E> {
    /// At most every key under the child, above every key before it. Shorter than those keys where it can be.
    low: Separator,
    pub(super) weight: u64,
    pub(super) node: Arc<Node<E>>,
}

impl<E> Child<E> {
    pub(super) const fn leftmost(node: Arc<Node<E>>, weight: u64) -> Self {
        Self {
            low: Separator::LOWEST,
            weight,
            node,
        }
    }
}

/// What an edit did to the subtree, for its parent to take over.
pub(super) struct Effect<E> {
    pub(super) len: isize,
    pub(super) weight: i64,
    /// A new right sibling; its weight is part of `weight`.
    pub(super) split: Option<Child<E>>,
}

impl<E: Entry> Node<E> {
    fn len(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.entries().len(),
            Self::Branch(children) => children.len(),
        }
    }

    const fn max(&self) -> usize {
        match self {
            Self::Leaf(_) => LEAF_MAX,
            Self::Branch(_) => BRANCH_MAX,
        }
    }

    fn is_small(&self) -> bool {
        self.len() < self.max() / 4
    }

    fn weight(&self) -> u64 {
        match self {
            Self::Leaf(leaf) => leaf.entries().iter().map(Entry::weight).sum(),
            Self::Branch(children) => children.iter().map(|child| child.weight).sum(),
        }
    }

    /// Splits off everything from index `at` on.
    fn split(&mut self, at: usize) -> Child<E> {
        let (low, right) = match self {
            Self::Leaf(leaf) => {
                let right = leaf.split_off(at);
                let (left, first) = (leaf.entries().last(), right.entries().first());
                let (left, first) = left
                    .zip(first)
                    .expect("a split leaves something on both sides");
                (
                    Separator::between(left.key(), first.key()),
                    Self::Leaf(right),
                )
            }
            Self::Branch(children) => {
                let right = children.split_off(at);
                (right[0].low.clone(), Self::Branch(right))
            }
        };
        Child {
            low,
            weight: right.weight(),
            node: Arc::new(right),
        }
    }

    /// Splits what no longer fits. Keys that arrive in order leave full nodes behind.
    fn split_full(&mut self, appended: bool) -> Option<Child<E>> {
        let max = self.max();
        (self.len() > max).then(|| {
            let right = self.split(if appended { max - max / 4 } else { max / 2 });
            if appended {
                self.shrink();
            }
            right
        })
    }

    /// Gives back what nothing is expected to fill.
    fn shrink(&mut self) {
        match self {
            Self::Leaf(leaf) => leaf.shrink(),
            Self::Branch(children) => children.shrink_to_fit(),
        }
    }

    fn append(&mut self, right: Self) {
        match (self, right) {
            (Self::Leaf(left), Self::Leaf(right)) => left.append(right),
            (Self::Branch(left), Self::Branch(right)) => left.extend(right),
            _ => unreachable!("siblings are of one kind"),
        }
    }
}

/// The index of the child under which `key` belongs.
pub(super) fn child_of<E>(children: &[Child<E>], key: &[u8]) -> usize {
    children
        .partition_point(|child| *child.low <= *key)
        .saturating_sub(1)
}

/// The last entry of a subtree, of those before `end` if there is one.
pub(super) fn last<'a, E: Entry>(node: &'a Node<E>, end: Option<&[u8]>) -> Option<&'a E> {
    match node {
        Node::Leaf(leaf) => {
            let entries = leaf.entries();
            entries[..end.map_or(entries.len(), |end| leaf.place(end))].last()
        }
        Node::Branch(children) => {
            let index = end.map_or(children.len() - 1, |end| child_of(children, end));
            // All of the child in which `end` belongs may come after it; what is before that child comes before `end`.
            let found = last(&children[index].node, end);
            found.or_else(|| last(&children[index.checked_sub(1)?].node, None))
        }
    }
}

/// Bytes that the nodes of a subtree ask of the allocator.
pub(super) fn allocated<E>(node: &Arc<Node<E>>) -> usize {
    let counts = 2 * size_of::<usize>();
    let within = match &**node {
        Node::Leaf(leaf) => leaf.allocated(),
        Node::Branch(children) => {
            let own = children.capacity() * size_of::<Child<E>>();
            let below = children.iter().map(|child| allocated(&child.node));
            own + below.sum::<usize>()
        }
    };
    counts + size_of::<Node<E>>() + within
}

pub(super) fn edit<E: Entry, R>(
    node: &mut Arc<Node<E>>,
    key: &[u8],
    hash: u32,
    change: impl FnOnce(Option<&mut E>) -> (Edit<E>, R),
) -> (R, Effect<E>) {
    let node = Arc::make_mut(node);
    match node {
        Node::Leaf(leaf) => {
            let edited = leaf.edit(key, hash, change);
            let split = node.split_full(edited.appended);
            (
                edited.result,
                Effect {
                    len: edited.len,
                    weight: edited.weight,
                    split,
                },
            )
        }
        Node::Branch(children) => {
            let index = child_of(children, key);
            let (result, effect) = edit(&mut children[index].node, key, hash, change);
            let appended = index + 1 == children.len();
            let (len, weight) = (effect.len, effect.weight);
            settle(children, index, effect);
            (
                result,
                Effect {
                    len,
                    weight,
                    split: node.split_full(appended),
                },
            )
        }
    }
}

/// Takes over an edit's effect on child `index`.
fn settle<E: Entry>(children: &mut Vec<Child<E>>, index: usize, effect: Effect<E>) {
    let child = &mut children[index];
    child.weight = child.weight.wrapping_add_signed(effect.weight);
    if let Some(right) = effect.split {
        child.weight -= right.weight;
        children.insert(index + 1, right);
    } else if effect.len < 0 && child.node.is_small() && children.len() > 1 {
        rebalance(children, index.saturating_sub(1));
    }
}

/// Merges the children at `left` and after it; what does not fit into one node is shared evenly by two.
fn rebalance<E: Entry>(children: &mut Vec<Child<E>>, left: usize) {
    let right = children.remove(left + 1);
    let merged = &mut children[left];
    merged.weight += right.weight;
    let node = Arc::make_mut(&mut merged.node);
    node.append(Arc::unwrap_or_clone(right.node));
    if node.len() > node.max() {
        let right = node.split(node.len() / 2);
        merged.weight -= right.weight;
        children.insert(left + 1, right);
    }
}

/// What [`check`] counted.
pub(super) struct Checked {
    pub(super) len: usize,
    pub(super) weight: u64,
    depth: usize,
}

/// Checks the subtree: its keys are from `low` on and before `high`.
pub(super) fn check<E: Entry>(
    node: &Arc<Node<E>>,
    root: bool,
    low: &[u8],
    high: Option<&[u8]>,
) -> Checked {
    let (len, max) = (node.len(), node.max());
    assert!(
        len <= max && (root || !node.is_small()),
        "a node holds {len} of {max}"
    );
    match &**node {
        Node::Leaf(leaf) => {
            let entries = leaf.entries();
            leaf.check();
            assert!(
                entries.windows(2).all(|pair| pair[0].key() < pair[1].key()),
                "keys grow"
            );
            let inside = |key: &[u8]| key >= low && high.is_none_or(|high| key < high);
            assert!(
                entries.iter().all(|entry| inside(entry.key())),
                "keys lie between the bounds"
            );
            Checked {
                len,
                weight: node.weight(),
                depth: 0,
            }
        }
        Node::Branch(children) => {
            let mut sum = Checked {
                len: 0,
                weight: 0,
                depth: 0,
            };
            for (index, child) in children.iter().enumerate() {
                let next = children.get(index + 1).map(|next| &*next.low);
                let checked = check(&child.node, false, &child.low, next.or(high));
                assert_eq!(checked.weight, child.weight, "a child's weight");
                assert!(
                    index == 0 || checked.depth + 1 == sum.depth,
                    "leaves are at one depth"
                );
                sum.len += checked.len;
                sum.weight += checked.weight;
                sum.depth = checked.depth + 1;
            }
            sum
        }
    }
}
