//! The nodes of the tree: search, edit with splits on the way up, and rebalancing of what became small.

use std::sync::Arc;

use bytes::Bytes;

use super::{Edit, Entry};

/// Most entries of a leaf, and most children of a branch.
const LEAF_MAX: usize = if cfg!(test) { 8 } else { 64 };
const BRANCH_MAX: usize = if cfg!(test) { 8 } else { 32 };

#[derive(Clone)]
pub(super) enum Node<E> {
    Leaf(Vec<E>),
    Branch(Vec<Child<E>>),
}

#[derive(Clone)]
pub(super) struct Child<E> {
    /// At most every key under the child, above every key before it. Shorter than those keys where it can be.
    pub(super) low: Bytes,
    pub(super) weight: u64,
    pub(super) node: Arc<Node<E>>,
}

impl<E> Child<E> {
    pub(super) const fn leftmost(node: Arc<Node<E>>, weight: u64) -> Self {
        Self {
            low: Bytes::new(),
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
            Self::Leaf(entries) => entries.len(),
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
            Self::Leaf(entries) => entries.iter().map(Entry::weight).sum(),
            Self::Branch(children) => children.iter().map(|child| child.weight).sum(),
        }
    }

    /// Splits off everything from index `at` on.
    fn split(&mut self, at: usize) -> Child<E> {
        let (low, right) = match self {
            Self::Leaf(entries) => {
                let right = entries.split_off(at);
                let left = entries.last().expect("a split leaves something");
                (separator(left.key(), right[0].key()), Self::Leaf(right))
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

    fn append(&mut self, right: Self) {
        match (self, right) {
            (Self::Leaf(left), Self::Leaf(right)) => left.extend(right),
            (Self::Branch(left), Self::Branch(right)) => left.extend(right),
            _ => unreachable!("siblings are of one kind"),
        }
    }
}

/// The shortest key above `left` and at most `right`.
fn separator(left: &[u8], right: &[u8]) -> Bytes {
    let common = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    Bytes::copy_from_slice(&right[..=common])
}

/// The index of the child under which `key` belongs.
pub(super) fn child_of<E>(children: &[Child<E>], key: &[u8]) -> usize {
    children
        .partition_point(|child| child.low.as_ref() <= key)
        .saturating_sub(1)
}

pub(super) fn find<E: Entry>(entries: &[E], key: &[u8]) -> Result<usize, usize> {
    entries.binary_search_by(|entry| entry.key().cmp(key))
}

pub(super) fn edit<E: Entry, R>(
    node: &mut Arc<Node<E>>,
    key: &[u8],
    change: impl FnOnce(Option<&mut E>) -> (Edit<E>, R),
) -> (R, Effect<E>) {
    let node = Arc::make_mut(node);
    match node {
        Node::Leaf(entries) => {
            let (result, len, weight, appended) = edit_leaf(entries, key, change);
            // Keys that arrive in order leave full leaves behind.
            let split = (node.len() > LEAF_MAX).then(|| {
                node.split(if appended {
                    LEAF_MAX - LEAF_MAX / 4
                } else {
                    LEAF_MAX / 2
                })
            });
            (result, Effect { len, weight, split })
        }
        Node::Branch(children) => {
            let index = child_of(children, key);
            let (result, effect) = edit(&mut children[index].node, key, change);
            let appended = index + 1 == children.len();
            settle(children, index, &effect);
            if let Some(right) = effect.split {
                children[index].weight -= right.weight;
                children.insert(index + 1, right);
            }
            let split = (node.len() > BRANCH_MAX).then(|| {
                node.split(if appended {
                    BRANCH_MAX - BRANCH_MAX / 4
                } else {
                    BRANCH_MAX / 2
                })
            });
            (
                result,
                Effect {
                    len: effect.len,
                    weight: effect.weight,
                    split,
                },
            )
        }
    }
}

fn edit_leaf<E: Entry, R>(
    entries: &mut Vec<E>,
    key: &[u8],
    change: impl FnOnce(Option<&mut E>) -> (Edit<E>, R),
) -> (R, isize, i64, bool) {
    let place = find(entries, key);
    let (Ok(index) | Err(index)) = place;
    let found = place.is_ok();
    let before = if found { entries[index].weight() } else { 0 };
    let (edit, result) = change(if found {
        Some(&mut entries[index])
    } else {
        None
    });
    let appended = index == entries.len();
    let (len, after) = match edit {
        Edit::Keep => (0, if found { entries[index].weight() } else { 0 }),
        Edit::Insert(entry) => {
            debug_assert_eq!(entry.key(), key);
            let after = entry.weight();
            if found {
                entries[index] = entry;
            } else {
                entries.insert(index, entry);
            }
            (isize::from(!found), after)
        }
        Edit::Remove => {
            if found {
                entries.remove(index);
            }
            (-isize::from(found), 0)
        }
    };
    (result, len, after as i64 - before as i64, appended)
}

/// Takes over an edit's effect on child `index`: its weight, and its size if it became small.
fn settle<E: Entry>(children: &mut Vec<Child<E>>, index: usize, effect: &Effect<E>) {
    children[index].weight = children[index].weight.wrapping_add_signed(effect.weight);
    if effect.len < 0 && children.len() > 1 && children[index].node.is_small() {
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
    assert!(
        root || !node.is_small(),
        "a node holds {} of {}",
        node.len(),
        node.max()
    );
    assert!(
        node.len() <= node.max(),
        "a node holds {} of {}",
        node.len(),
        node.max()
    );
    match &**node {
        Node::Leaf(entries) => {
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
                len: entries.len(),
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
                let next = children.get(index + 1).map(|next| next.low.as_ref());
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
