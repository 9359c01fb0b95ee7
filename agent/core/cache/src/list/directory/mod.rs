//! Which nodes a large list has, in their order.

mod many;

use many::Many;

use super::End;
use super::listpack::Size;
use super::node::Node;

/// The nodes of a list: one, or chunks of some.
///
/// Invariants, after [`Directory::settle`]: 1. only one that is alone may be empty; 2. one node is no chunk.
#[derive(Clone, Debug)]
pub(super) enum Directory {
    One(Node),
    Many(Box<Many>),
}

/// Where a node is, until nodes before it come or go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    chunk: usize,
    node: usize,
}

impl Default for Directory {
    fn default() -> Self {
        Self::One(Node::default())
    }
}

impl Directory {
    pub(super) fn count(&self) -> usize {
        match self {
            Self::One(node) => node.count(),
            Self::Many(many) => many.size().count,
        }
    }

    pub(super) fn size(&self) -> Size {
        match self {
            Self::One(node) => node.size(),
            Self::Many(many) => many.size(),
        }
    }

    /// What the elements of a single row take with their lengths.
    pub(super) const fn bytes(&self) -> Option<usize> {
        match self {
            Self::One(Node::Row(row)) => Some(row.used()),
            _ => None,
        }
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        match self {
            Self::One(node) => node.allocated(),
            Self::Many(many) => many.allocated(),
        }
    }

    /// The node at a place.
    pub(super) fn node(&self, at: Place) -> &Node {
        match self {
            Self::One(node) => node,
            Self::Many(many) => many.node(at),
        }
    }

    /// The first node, or the last one.
    pub(super) fn end(&self, end: End) -> Place {
        match self {
            Self::One(_) => Place::default(),
            Self::Many(many) => many.end(end),
        }
    }

    /// The node beside another one, towards an end.
    pub(super) fn beside(&self, at: Place, towards: End) -> Option<Place> {
        match self {
            Self::One(_) => None,
            Self::Many(many) => many.beside(at, towards),
        }
    }

    /// The node with the element of this number, which is there, and its number in the node.
    pub(super) fn find(&self, index: usize) -> (Place, usize) {
        match self {
            Self::One(_) => (Place::default(), index),
            Self::Many(many) => many.find(index),
        }
    }

    /// Changes a node.
    pub(super) fn change<R>(&mut self, at: Place, change: impl FnOnce(&mut Node) -> R) -> R {
        match self {
            Self::One(node) => change(node),
            Self::Many(many) => many.change(at, change),
        }
    }

    /// Adds a node at an end.
    pub(super) fn push(&mut self, end: End, node: Node) {
        match (&mut *self, end) {
            (Self::One(one), _) if one.count() == 0 => *one = node,
            (_, End::Head) => drop(self.insert(Place::default(), node)),
            (_, End::Tail) => {
                let mut last = self.end(End::Tail);
                last.node += 1;
                self.insert(last, node);
            }
        }
    }

    /// Adds a node, at a place that the one which is there, if there is any, leaves to it; where it is now.
    pub(super) fn insert(&mut self, at: Place, node: Node) -> Place {
        match self {
            Self::Many(many) => many.insert(at, node),
            Self::One(one) => {
                let mut many = Box::new(Many::default());
                many.insert(Place::default(), std::mem::take(one));
                let at = many.insert(at, node);
                *self = Self::Many(many);
                at
            }
        }
    }

    /// Removes a node; where the one is that followed it, if there is one.
    pub(super) fn remove(&mut self, at: Place) -> Option<Place> {
        match self {
            Self::One(node) => {
                *node = Node::default();
                None
            }
            Self::Many(many) => {
                many.remove(at);
                many.there(at)
            }
        }
    }

    /// Joins a node with the one that follows, if both are small.
    pub(super) fn join(&mut self, at: Place) -> bool {
        let Some(next) = self.beside(at, End::Tail) else {
            return false;
        };
        let other = self.node(next).clone();
        let joins = self.change(at, |node| node.join(&other));
        if joins {
            self.remove(next);
        }
        joins
    }

    /// That the invariants hold.
    #[cfg(test)]
    pub(super) fn check(&self) {
        match self {
            Self::One(node) => node.check(),
            Self::Many(many) => many.check(),
        }
    }

    /// To be called after nodes were removed.
    pub(super) fn settle(&mut self) {
        if let Self::Many(many) = self
            && let Some(only) = many.only()
        {
            *self = Self::One(only);
        }
    }
}
