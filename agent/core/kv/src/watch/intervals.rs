//! Which ranges contain a key: a treap of the distinct ranges by start, each node knowing the farthest end under it.
//! Priorities are a hash of the range, so the shape depends on nothing but the content.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::WatchId;
use crate::key_range::{End, KeyRange};

type Link = Option<Box<Node>>;

struct Node {
    range: KeyRange,
    ids: BTreeSet<WatchId>,
    priority: u64,
    /// The farthest end of all ranges under this node, its own included.
    farthest: End,
    left: Link,
    right: Link,
}

/// Watches by range.
#[derive(Default)]
pub(super) struct Intervals {
    root: Link,
    len: usize,
}

impl Intervals {
    /// How many watches there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn insert(&mut self, range: &KeyRange, id: WatchId) {
        self.len += 1;
        self.root = Some(insert(self.root.take(), range, id));
    }

    pub(super) fn remove(&mut self, range: &KeyRange, id: WatchId) {
        self.len -= 1;
        self.root = remove(self.root.take(), range, id);
    }

    /// Adds the watches whose range contains `key`.
    pub(super) fn containing(&self, key: &[u8], found: &mut Vec<WatchId>) {
        containing(&self.root, key, found);
    }
}

/// Whether a range that ends so may contain `key`.
fn reaches(end: &End, key: &[u8]) -> bool {
    match end {
        End::Unbounded => true,
        End::Before(end) => end.as_ref() > key,
        End::Point => false,
    }
}

fn containing(link: &Link, key: &[u8], found: &mut Vec<WatchId>) {
    let Some(node) = link else { return };
    if !reaches(&node.farthest, key) {
        return;
    }
    containing(&node.left, key, found);
    if node.range.start.as_ref() > key {
        return;
    }
    if reaches(&node.range.end, key) {
        found.extend(&node.ids);
    }
    containing(&node.right, key, found);
}

impl Node {
    fn new(range: &KeyRange, id: WatchId) -> Self {
        let priority = xxh3_64_with_seed(&range.start, xxh3_64(&range.range_end()));
        Self {
            range: range.clone(),
            ids: BTreeSet::from([id]),
            priority,
            farthest: range.end.clone(),
            left: None,
            right: None,
        }
    }

    /// Makes `farthest` right again after a child changed. `Point < Before < Unbounded` in the order of `End`.
    fn settle(mut self: Box<Self>) -> Box<Self> {
        let below = [&self.left, &self.right]
            .into_iter()
            .flatten()
            .map(|child| &child.farthest)
            .max();
        self.farthest = below.map_or_else(
            || self.range.end.clone(),
            |below| below.max(&self.range.end).clone(),
        );
        self
    }
}

fn insert(link: Link, range: &KeyRange, id: WatchId) -> Box<Node> {
    let Some(mut node) = link else {
        return Box::new(Node::new(range, id));
    };
    match range.cmp(&node.range) {
        Ordering::Equal => {
            node.ids.insert(id);
            node
        }
        Ordering::Less => {
            let mut child = insert(node.left.take(), range, id);
            if child.priority <= node.priority {
                node.left = Some(child);
                return node.settle();
            }
            node.left = child.right.take();
            child.right = Some(node.settle());
            child.settle()
        }
        Ordering::Greater => {
            let mut child = insert(node.right.take(), range, id);
            if child.priority <= node.priority {
                node.right = Some(child);
                return node.settle();
            }
            node.right = child.left.take();
            child.left = Some(node.settle());
            child.settle()
        }
    }
}

fn remove(link: Link, range: &KeyRange, id: WatchId) -> Link {
    let mut node = link?;
    match range.cmp(&node.range) {
        Ordering::Less => node.left = remove(node.left.take(), range, id),
        Ordering::Greater => node.right = remove(node.right.take(), range, id),
        Ordering::Equal => {
            node.ids.remove(&id);
            if node.ids.is_empty() {
                return join(node.left, node.right);
            }
        }
    }
    Some(node.settle())
}

/// Joins two trees of which all ranges of `left` come first.
fn join(left: Link, right: Link) -> Link {
    match (left, right) {
        (None, link) | (link, None) => link,
        (Some(mut left), Some(mut right)) => Some(if left.priority >= right.priority {
            left.right = join(left.right.take(), Some(right));
            left.settle()
        } else {
            right.left = join(Some(left), right.left.take());
            right.settle()
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(0u8..3, 1..4)
    }

    fn range() -> impl Strategy<Value = KeyRange> {
        (key(), proptest::option::of(key())).prop_map(|(start, end)| KeyRange {
            start: start.into(),
            end: end.map_or(End::Unbounded, |end| End::Before(end.into())),
        })
    }

    proptest! {
        #[test]
        fn finds_what_contains(
            ranges in proptest::collection::vec((range(), any::<bool>()), 1..60),
            keys in proptest::collection::vec(key(), 20),
        ) {
            let mut intervals = Intervals::default();
            for (number, (range, _)) in ranges.iter().enumerate() {
                intervals.insert(range, WatchId(number as u64));
            }
            for (number, (range, stays)) in ranges.iter().enumerate() {
                if !stays {
                    intervals.remove(range, WatchId(number as u64));
                }
            }
            for key in keys {
                let mut found = Vec::new();
                intervals.containing(&key, &mut found);
                found.sort();
                let expected: Vec<_> = ranges.iter().enumerate()
                    .filter(|(_, (range, stays))| *stays && range.contains(&key))
                    .map(|(number, _)| WatchId(number as u64))
                    .collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
