//! The branches of the order: a tree over numbered leaves, with counts.

use std::sync::Arc;

use super::element::Element;
use super::separator::Separator;

/// Most children of a branch.
const CHILDREN_MAX: usize = if cfg!(test) { 8 } else { 64 };

/// Children in order; never none.
///
/// Invariants: 1. a child's `low` is at most all elements under it, and above all before it; 2. its `count` is how many elements
/// are under it; 3. all leaves are at one depth; 4. every branch but the root has at least a quarter of the children that fit.
pub(super) type Branch = Vec<Child>;

#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) low: Separator,
    pub(super) count: usize,
    pub(super) node: Node,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    /// The number of a leaf.
    Leaf(u32),
    Branch(Arc<Branch>),
}

impl Node {
    /// The number of what is known to be a leaf.
    pub(super) fn leaf(&self) -> u32 {
        match self {
            Self::Leaf(number) => *number,
            Self::Branch(_) => unreachable!("leaves are at one depth"),
        }
    }
}

/// The last child of whose `low` this holds, or the first one.
#[inline]
pub(super) fn child_of(children: &Branch, before: impl Fn(&Element<'_>) -> bool) -> usize {
    // Nothing is asked about the first one: all that is before the second one belongs there.
    children[1..].partition_point(|child| before(&child.low.element()))
}

/// Lets `change` work on the children of the lowest branch in which an element belongs, and on which of them. It tells how many
/// elements there are more. What does not fit any more is given as a new right sibling.
pub(super) fn edit<R>(
    branch: &mut Arc<Branch>,
    element: &Element<'_>,
    change: impl FnOnce(&mut Branch, usize) -> (isize, R),
) -> (isize, R, Option<Child>) {
    let children = Arc::make_mut(branch);
    let index = child_of(children, |low| low <= element);
    let is_last = index + 1 == children.len();
    let (more, result) = if let Node::Branch(below) = &mut children[index].node {
        let (more, result, split) = edit(below, element, change);
        settle(children, index, more, split);
        (more, result)
    } else {
        change(children, index)
    };
    let split = (children.len() > CHILDREN_MAX).then(|| {
        // Elements that arrive in order leave full branches behind.
        let part = if is_last { 4 } else { 2 };
        split(children, CHILDREN_MAX - CHILDREN_MAX / part)
    });
    (more, result, split)
}

/// Takes over what was done below the child at `index`.
fn settle(children: &mut Branch, index: usize, more: isize, split: Option<Child>) {
    let child = &mut children[index];
    child.count = child.count.wrapping_add_signed(more);
    if let Some(right) = split {
        child.count -= right.count;
        insert(children, index + 1, right);
    } else if is_small(&child.node) && children.len() > 1 {
        rebalance(children, index.saturating_sub(1));
    }
}

/// Inserts a child, with little room for others.
pub(super) fn insert(children: &mut Branch, index: usize, child: Child) {
    if children.len() == children.capacity() {
        children.reserve_exact(1 + children.len() / 4);
    }
    children.insert(index, child);
}

fn is_small(node: &Node) -> bool {
    matches!(node, Node::Branch(children) if children.len() < CHILDREN_MAX / 4)
}

/// Splits off all children from `at` on.
fn split(children: &mut Branch, at: usize) -> Child {
    let right = children.split_off(at);
    children.shrink_to_fit();
    Child {
        low: right[0].low.clone(),
        count: right.iter().map(|child| child.count).sum(),
        node: Node::Branch(Arc::new(right)),
    }
}

/// Joins the branches at `left` and behind it; what does not fit into one is shared evenly by two.
fn rebalance(children: &mut Branch, left: usize) {
    let right = children.remove(left + 1);
    let joined = &mut children[left];
    let (Node::Branch(own), Node::Branch(others)) = (&mut joined.node, right.node) else {
        unreachable!("siblings are of one kind");
    };
    let own = Arc::make_mut(own);
    own.extend(Arc::unwrap_or_clone(others));
    joined.count += right.count;
    if own.len() > CHILDREN_MAX {
        let right = split(own, own.len() / 2);
        joined.count -= right.count;
        children.insert(left + 1, right);
    }
}

/// Bytes that are asked of the allocator.
pub(super) fn allocated(branch: &Branch) -> usize {
    const COUNTS: usize = 16;
    let below = branch.iter().map(|child| {
        let below = match &child.node {
            Node::Leaf(_) => 0,
            Node::Branch(branch) => allocated(branch),
        };
        child.low.allocated() + below
    });
    COUNTS + size_of::<Branch>() + branch.capacity() * size_of::<Child>() + below.sum::<usize>()
}

/// Checks the invariants of all below; the depth, and the leaves in order.
#[cfg(test)]
pub(super) fn check(branch: &Branch, is_root: bool, leaves: &mut Vec<(u32, usize)>) -> usize {
    assert!(branch.len() <= CHILDREN_MAX && (is_root || branch.len() >= CHILDREN_MAX / 4));
    assert!(!branch.is_empty());
    let mut depths = branch.iter().map(|child| match &child.node {
        Node::Leaf(number) => {
            leaves.push((*number, child.count));
            0
        }
        Node::Branch(below) => {
            let counts = below.iter().map(|child| child.count);
            assert_eq!(child.count, counts.sum::<usize>(), "a child's count");
            check(below, false, leaves)
        }
    });
    let depth = depths.next().expect("there is one");
    assert!(
        depths.all(|other| other == depth),
        "leaves are at one depth"
    );
    depth + 1
}
