//! Lists that are too large for the table's entry.

use super::End;
use super::directory::{Directory, Place};
use super::element::Element;
use super::listpack::Size;
use super::node::{Elements, Node};
use super::row::ELEMENT_BYTES_MAX;

/// Elements of a large list. A clone costs what its chunks of nodes cost, and shares all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct LargeList {
    nodes: Directory,
}

const _: () = assert!(size_of::<LargeList>() == 40, "there may be many");

impl LargeList {
    pub(super) fn len(&self) -> usize {
        self.nodes.count()
    }

    pub(super) fn size(&self) -> Size {
        self.nodes.size()
    }

    /// What its elements and their lengths take, if it has but one row.
    pub(super) fn bytes(&self) -> Option<usize> {
        self.nodes.bytes()
    }

    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        size_of::<Self>() + self.nodes.allocated()
    }

    /// That the invariants hold.
    #[cfg(test)]
    pub(super) fn check(&self) {
        self.nodes.check();
    }

    /// Elements from the one of this number on, towards an end.
    pub(super) fn walk(&self, index: usize, towards: End) -> Walk<'_> {
        if index >= self.len() {
            return Walk {
                list: self,
                at: None,
                elements: Elements::Alone(None),
                towards,
            };
        }
        let (at, within) = self.nodes.find(index);
        let node = self.nodes.node(at);
        let mut elements = node.elements();
        let passed = match towards {
            End::Tail => within,
            End::Head => node.count() - 1 - within,
        };
        elements.skip(towards.other(), passed);
        Walk {
            list: self,
            at: Some(at),
            elements,
            towards,
        }
    }

    /// Adds an element at an end.
    pub(super) fn push(&mut self, end: End, element: &[u8]) {
        let at = self.nodes.end(end);
        if self.nodes.change(at, |node| node.push(end, element)) {
            return;
        }
        self.nodes.change(at, Node::trim);
        self.nodes.push(end, Node::of(end, element));
    }

    /// Removes at most so many elements at an end.
    pub(super) fn pop(&mut self, end: End, count: usize) {
        let mut left = count.min(self.len());
        while left > 0 {
            let at = self.nodes.end(end);
            let count = self.nodes.node(at).count();
            if left < count {
                self.nodes.change(at, |node| node.pop(end, left));
                break;
            }
            left -= count;
            self.nodes.remove(at);
        }
        self.nodes.settle();
    }

    /// Adds an element before the one of this number, or as the last one if there is none.
    pub(super) fn insert(&mut self, index: usize, element: &[u8]) {
        if index == 0 {
            return self.push(End::Head, element);
        }
        if index >= self.len() {
            return self.push(End::Tail, element);
        }
        let (at, within) = self.nodes.find(index);
        self.put(at, within, 0, element);
    }

    /// Puts an element in the place of the one of this number, if that is there.
    pub(super) fn set(&mut self, index: usize, element: &[u8]) {
        if index < self.len() {
            let (at, within) = self.nodes.find(index);
            self.put(at, within, 1, element);
        }
    }

    /// Puts an element before one of a node, or in its place.
    fn put(&mut self, at: Place, within: usize, removed: usize, element: &[u8]) {
        let spliced = match self.nodes.node(at) {
            Node::Row(row) if element.len() <= ELEMENT_BYTES_MAX => {
                row.splice(within, removed, Some(element))
            }
            _ => None,
        };
        if let Some(row) = spliced {
            self.nodes.change(at, |node| *node = Node::Row(row));
            return;
        }
        let count = self.nodes.node(at).count();
        if removed == count {
            self.nodes
                .change(at, |node| *node = Node::of(End::Tail, element));
        } else if removed == 0 && within == 0 {
            self.put_between(at, element);
        } else {
            self.divide(at, within, removed, element);
        }
    }

    /// Puts an element before the first one of a node that has no room.
    fn put_between(&mut self, at: Place, element: &[u8]) {
        let before = self.nodes.beside(at, End::Head);
        let joins = |before| {
            self.nodes
                .change(before, |node| node.push(End::Tail, element))
        };
        if !before.is_some_and(joins) {
            self.nodes.insert(at, Node::of(End::Tail, element));
        }
    }

    /// As [`Self::put`], of a row that has no room, or for an element that is to be alone.
    fn divide(&mut self, at: Place, within: usize, removed: usize, element: &[u8]) {
        let Node::Row(row) = self.nodes.node(at) else {
            unreachable!("it has elements beside this one");
        };
        let alone = element.len() > ELEMENT_BYTES_MAX;
        let middle = if alone { within } else { row.middle() };
        let (first, second) = row.split(middle);
        let mut parts = [first, second].map(Node::Row).to_vec();
        let mut put = |part: usize, within: usize| {
            let Node::Row(row) = &parts[part] else { return };
            let with = (!alone).then_some(element);
            let row = row.splice(within, removed, with);
            parts[part] = Node::Row(row.expect("a half has room"));
        };
        if alone {
            put(1, 0);
            parts.insert(1, Node::of(End::Tail, element));
        } else if within < middle {
            put(0, within);
        } else {
            put(1, within - middle);
        }
        parts.retain(|part| part.count() > 0);
        let last = parts.pop().expect("there is the element");
        self.nodes.change(at, |node| *node = last);
        let put_before = |at, part| self.nodes.insert(at, part);
        parts.into_iter().rev().fold(at, put_before);
    }

    /// Removes the first elements of these bytes, counted from an end, at most so many; how many there were.
    pub(super) fn drop_equal(&mut self, element: &[u8], end: End, count: usize) -> usize {
        let mut left = count;
        let mut next = (self.len() > 0).then(|| self.nodes.end(end));
        while let Some(at) = next
            && left > 0
        {
            next = self.drop_in(at, element, end, &mut left);
        }
        self.nodes.settle();
        count - left
    }

    /// As [`Self::drop_equal`], of one node; the one where it goes on.
    fn drop_in(&mut self, at: Place, element: &[u8], end: End, left: &mut usize) -> Option<Place> {
        let node = self.nodes.node(at);
        let mut elements = node.elements();
        let equal = std::iter::from_fn(|| elements.take(End::Head))
            .filter(|own| own.bytes() == element)
            .count();
        let dropped = equal.min(*left);
        *left -= dropped;
        let before = self.nodes.beside(at, End::Head);
        if dropped == node.count() {
            let after = self.nodes.remove(at);
            return if end == End::Head { after } else { before };
        }
        if let (Node::Row(row), 1..) = (node, dropped) {
            let kept_first = if end == End::Head { 0 } else { equal - dropped };
            let mut met = 0;
            let row = row.without(element, || {
                met += 1;
                (kept_first + 1..=kept_first + dropped).contains(&met)
            });
            self.nodes.change(at, |node| *node = Node::Row(row));
            // With the node that was visited before, so that what is not yet visited stays where it is.
            match (end, before) {
                (End::Head, Some(before)) if self.nodes.join(before) => {
                    return self.nodes.beside(before, End::Tail);
                }
                (End::Tail, _) => drop(self.nodes.join(at)),
                _ => {}
            }
        }
        self.nodes.beside(at, end.other())
    }
}

/// Elements of a large list, one after another.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a> {
    list: &'a LargeList,
    at: Option<Place>,
    elements: Elements<'a>,
    towards: End,
}

impl<'a> Iterator for Walk<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            let next = self.elements.take(self.towards.other());
            if next.is_some() {
                return next;
            }
            self.at = self.list.nodes.beside(self.at?, self.towards);
            self.elements = self.list.nodes.node(self.at?).elements();
        }
    }
}
