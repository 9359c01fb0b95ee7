//! Elements of a large sorted set one after another, up or down.

use super::branch::{Branch, Node};
use super::element::{Element, Elements};
use super::leaf::Leaves;
use super::order::Order;

/// Elements from one on, in order or against it.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a> {
    leaves: &'a Leaves,
    /// The branches above the leaf, the lowest last, each with the child that is under way.
    above: Vec<(&'a Branch, usize)>,
    leaf: LeafWalk<'a>,
}

#[derive(Clone, Debug)]
enum LeafWalk<'a> {
    Up(Elements<'a>),
    /// Those that are left, the last one first.
    Down(Vec<Element<'a>>),
}

impl<'a> Walk<'a> {
    /// From the element of this rank on, which is there.
    pub(super) fn new(order: &'a Order, mut rank: usize, down: bool) -> Self {
        let (mut above, mut children) = (Vec::new(), &*order.root);
        loop {
            let mut index = 0;
            while rank >= children[index].count && index + 1 < children.len() {
                rank -= children[index].count;
                index += 1;
            }
            above.push((children, index));
            match &children[index].node {
                Node::Branch(below) => children = below,
                Node::Leaf(number) => {
                    let mut elements = order.leaves.get(*number).elements();
                    let leaf = if down {
                        LeafWalk::Down(elements.take(rank + 1).collect())
                    } else {
                        if let Some(before) = rank.checked_sub(1) {
                            elements.nth(before);
                        }
                        LeafWalk::Up(elements)
                    };
                    let leaves = &order.leaves;
                    return Self {
                        leaves,
                        above,
                        leaf,
                    };
                }
            }
        }
    }

    /// Goes to the next leaf; false at the end.
    fn advance(&mut self) -> bool {
        let up = matches!(self.leaf, LeafWalk::Up(_));
        loop {
            let Some((children, index)) = self.above.last_mut() else {
                return false;
            };
            let next = if up {
                Some(*index + 1)
            } else {
                index.checked_sub(1)
            };
            match next.filter(|next| *next < children.len()) {
                Some(next) => {
                    *index = next;
                    break;
                }
                None => drop(self.above.pop()),
            }
        }
        loop {
            let (children, index) = *self.above.last().expect("there is one");
            match &children[index].node {
                Node::Branch(below) => self
                    .above
                    .push((below, if up { 0 } else { below.len() - 1 })),
                Node::Leaf(number) => {
                    let elements = self.leaves.get(*number).elements();
                    self.leaf = if up {
                        LeafWalk::Up(elements)
                    } else {
                        LeafWalk::Down(elements.collect())
                    };
                    return true;
                }
            }
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            let next = match &mut self.leaf {
                LeafWalk::Up(elements) => elements.next(),
                LeafWalk::Down(elements) => elements.pop(),
            };
            if next.is_some() || !self.advance() {
                return next;
            }
        }
    }
}
