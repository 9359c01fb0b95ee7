//! Walking a range of the tree in order.

use super::Entry;
use super::node::{Child, Node, child_of};

/// The entries of a range, in key order.
pub struct Iter<'a, 'e, E> {
    /// What is still to be visited on the branches above the leaf, the lowest branch last.
    above: Vec<std::slice::Iter<'a, Child<E>>>,
    leaf: std::slice::Iter<'a, E>,
    end: Option<&'e [u8]>,
}

impl<'a, 'e, E: Entry> Iter<'a, 'e, E> {
    pub(super) fn new(root: &'a Node<E>, start: &[u8], end: Option<&'e [u8]>) -> Self {
        let mut above = Vec::new();
        let mut node = root;
        loop {
            match node {
                Node::Branch(children) => {
                    let index = child_of(children, start);
                    above.push(children[index + 1..].iter());
                    node = &children[index].node;
                }
                Node::Leaf(leaf) => {
                    let leaf = leaf.since(start).iter();
                    return Self { above, leaf, end };
                }
            }
        }
    }

    /// Goes to the next leaf; false at the end.
    fn advance(&mut self) -> bool {
        while let Some(branch) = self.above.last_mut() {
            let Some(child) = branch.next() else {
                self.above.pop();
                continue;
            };
            match &*child.node {
                Node::Branch(children) => self.above.push(children.iter()),
                Node::Leaf(leaf) => {
                    self.leaf = leaf.entries().iter();
                    return true;
                }
            }
        }
        false
    }
}

impl<'a, E: Entry> Iterator for Iter<'a, '_, E> {
    type Item = &'a E;

    fn next(&mut self) -> Option<&'a E> {
        loop {
            if let Some(entry) = self.leaf.next() {
                return Some(entry).filter(|entry| self.end.is_none_or(|end| entry.key() < end));
            }
            if !self.advance() {
                return None;
            }
        }
    }
}
