//! Elements in order, with counts: rank and range are found in logarithmic time.

use std::sync::Arc;

use super::branch::{Branch, Child, Node, child_of, edit, insert};
use super::element::Element;
use super::leaf::{LEAF_BYTES_MAX, Leaf, Leaves};
use super::separator::Separator;

/// Elements in packed leaves, under a tree of branches.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) root: Arc<Branch>,
    pub(super) leaves: Leaves,
    pub(super) len: usize,
}

/// Elements moved from one leaf to another one: all that are in `to` from this byte on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) start: usize,
}

/// What became of a try to insert an element.
enum Inserted {
    /// It is in this leaf.
    Into(u32),
    /// The leaf was divided first; it is to be tried again.
    Divided(Moved),
}

/// A larger element gets a leaf of its own where it does not fit.
const LARGE: usize = LEAF_BYTES_MAX / 4;

impl Default for Order {
    fn default() -> Self {
        let mut leaves = Leaves::default();
        let first = Child {
            low: Separator::LOWEST,
            count: 0,
            node: Node::Leaf(leaves.add(Leaf::default())),
        };
        Self {
            root: Arc::new(vec![first]),
            leaves,
            len: 0,
        }
    }
}

impl Order {
    /// Inserts an element that is not there; the leaf that it is in. `moved` is told which others came to another leaf.
    pub(super) fn insert(
        &mut self,
        element: &Element<'_>,
        mut moved: impl FnMut(&Leaves, Moved),
    ) -> u32 {
        loop {
            let leaves = &mut self.leaves;
            let (_, inserted, split) = edit(&mut self.root, element, |children, index| {
                let inserted = insert_at(children, index, leaves, element);
                (isize::from(matches!(inserted, Inserted::Into(_))), inserted)
            });
            self.raise_root(split);
            match inserted {
                Inserted::Into(leaf) => {
                    self.len += 1;
                    return leaf;
                }
                Inserted::Divided(divided) => moved(&self.leaves, divided),
            }
        }
    }

    /// Removes an element that is there. `moved` is told which others came to another leaf.
    pub(super) fn remove(&mut self, element: &Element<'_>, moved: impl FnOnce(&Leaves, Moved)) {
        let leaves = &mut self.leaves;
        let (_, joined, split) = edit(&mut self.root, element, |children, index| {
            (-1, remove_at(children, index, leaves, element))
        });
        self.len -= 1;
        self.raise_root(split);
        self.lower_root();
        if let Some(joined) = joined {
            moved(&self.leaves, joined);
        }
    }

    /// How many of the first elements there are of which `before` holds.
    pub(super) fn count_before(&self, before: impl Fn(&Element<'_>) -> bool) -> usize {
        let (mut children, mut count) = (&*self.root, 0);
        loop {
            let index = child_of(children, &before);
            count += children[..index]
                .iter()
                .map(|child| child.count)
                .sum::<usize>();
            match &children[index].node {
                Node::Branch(below) => children = below,
                Node::Leaf(number) => {
                    let elements = self.leaves.get(*number).elements();
                    return count + elements.take_while(&before).count();
                }
            }
        }
    }

    fn raise_root(&mut self, split: Option<Child>) {
        if let Some(right) = split {
            let left = Child {
                low: Separator::LOWEST,
                count: self.root.iter().map(|child| child.count).sum(),
                node: Node::Branch(Arc::clone(&self.root)),
            };
            self.root = Arc::new(vec![left, right]);
        }
    }

    fn lower_root(&mut self) {
        while let [
            Child {
                node: Node::Branch(only),
                ..
            },
        ] = self.root.as_slice()
        {
            self.root = Arc::clone(only);
        }
    }
}

fn insert_at(
    children: &mut Branch,
    index: usize,
    leaves: &mut Leaves,
    element: &Element<'_>,
) -> Inserted {
    let number = children[index].node.leaf();
    let leaf = leaves.get(number);
    let (used, needs) = (leaf.bytes().len(), element.packed_bytes());
    let at = leaf.elements().place_for(element);
    if used == 0 || used + needs <= LEAF_BYTES_MAX {
        leaves.change(number, |leaf| leaf.insert(at, element));
        children[index].count += 1;
        return Inserted::Into(number);
    }
    let (is_first, is_last) = (at == 0, at == used);
    let appended = is_last && index + 1 == children.len();
    if appended || (is_first || is_last) && (needs > LARGE || children[index].count == 1) {
        return Inserted::Into(insert_alone(children, index, is_last, leaves, element));
    }
    let at = if needs > LARGE { at } else { middle(leaf) };
    let right = leaves.change(number, |leaf| leaf.split_off(at));
    let (left, first) = (
        leaves.get(number).elements().last(),
        right.elements().next(),
    );
    let (left, first) = left.zip(first).expect("both have some");
    let low = Separator::between(&left, &first);
    let count = right.elements().count();
    children[index].count -= count;
    let to = leaves.add(right);
    let node = Node::Leaf(to);
    insert(children, index + 1, Child { low, count, node });
    Inserted::Divided(Moved {
        from: number,
        to,
        start: 0,
    })
}

/// Gives an element a leaf of its own, beside one that has none before it, or none behind it.
fn insert_alone(
    children: &mut Branch,
    index: usize,
    behind: bool,
    leaves: &mut Leaves,
    element: &Element<'_>,
) -> u32 {
    let number = leaves.add(Leaf::of(element));
    let mut elements = leaves.get(children[index].node.leaf()).elements();
    let low = if behind {
        let last = elements.last().expect("it has some");
        Separator::between(&last, element)
    } else {
        let first = elements.next().expect("it has some");
        Separator::between(element, &first)
    };
    let mut new = Child {
        low,
        count: 1,
        node: Node::Leaf(number),
    };
    if !behind {
        let next = &mut children[index];
        std::mem::swap(&mut next.count, &mut new.count);
        std::mem::swap(&mut next.node, &mut new.node);
    }
    insert(children, index + 1, new);
    number
}

/// Where a leaf of two elements or more is divided into two that are about as large.
fn middle(leaf: &Leaf) -> usize {
    let (mut elements, half) = (leaf.elements(), leaf.bytes().len() / 2);
    let mut start = 0;
    while let Some((range, _)) = elements.next_place() {
        start = range.start;
        if start >= half {
            break;
        }
    }
    start
}

fn remove_at(
    children: &mut Branch,
    index: usize,
    leaves: &mut Leaves,
    element: &Element<'_>,
) -> Option<Moved> {
    let number = children[index].node.leaf();
    let place = leaves.get(number).elements().place_of(|own| own == element);
    let range = place.expect("it is there").0;
    leaves.change(number, |leaf| leaf.remove(range));
    children[index].count -= 1;
    let used = leaves.get(number).bytes().len();
    if children.len() == 1 || used >= LEAF_BYTES_MAX / 4 {
        return None;
    }
    if used == 0 {
        remove_child(children, index);
        leaves.remove(number);
        return None;
    }
    let size = |index: usize| {
        children
            .get(index)
            .map(|child| leaves.get(child.node.leaf()).bytes().len())
    };
    let fits =
        |index: usize| size(index).is_some_and(|other| other + used <= LEAF_BYTES_MAX / 4 * 3);
    let left = match index.checked_sub(1) {
        Some(before) if fits(before) => before,
        _ if fits(index + 1) => index,
        _ => return None,
    };
    Some(join(children, left, leaves))
}

/// Joins the leaves at `left` and behind it.
fn join(children: &mut Branch, left: usize, leaves: &mut Leaves) -> Moved {
    let right = children.remove(left + 1);
    let (to, from) = (children[left].node.leaf(), right.node.leaf());
    let start = leaves.get(to).bytes().len();
    let elements = leaves.remove(from);
    leaves.change(to, |leaf| leaf.append(&elements));
    children[left].count += right.count;
    Moved { from, to, start }
}

fn remove_child(children: &mut Branch, index: usize) {
    let removed = children.remove(index);
    if index == 0 {
        children[0].low = removed.low;
    }
}
