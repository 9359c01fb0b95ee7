//! Nodes in chunks.

use std::sync::Arc;

use super::Place;
use crate::list::End;
use crate::list::listpack::Size;
use crate::list::node::Node;
use crate::list::row::COUNTS;

/// Chunks, one after another.
///
/// Invariants: 1. a chunk has a node, and at most [`CHUNK_NODES_MAX`]; 2. the sums of each chunk, and of all, are those of their
/// nodes.
#[derive(Clone, Debug, Default)]
pub(in crate::list) struct Many {
    chunks: Vec<Chunk>,
    sum: Sum,
}

/// Some nodes that follow each other. Shared when a list is cloned, and copied, but for what is in the nodes, when it is changed.
#[derive(Clone, Debug, Default)]
struct Chunk {
    nodes: Arc<Vec<Node>>,
    sum: Sum,
}

/// What there is in nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    size: Size,
    allocated: usize,
}

/// The most nodes of a chunk.
const CHUNK_NODES_MAX: usize = 64;
/// So many nodes of a chunk come one by one, and have no room beside them.
const FEW: usize = 4;

impl Many {
    pub(super) const fn size(&self) -> Size {
        self.sum.size
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(Chunk::allocated).sum();
        let places = self.chunks.capacity() * size_of::<Chunk>();
        size_of::<Self>() + places + chunks + self.sum.allocated
    }

    pub(super) fn node(&self, at: Place) -> &Node {
        &self.chunks[at.chunk].nodes[at.node]
    }

    /// The node, if there is but one, or an empty one, if there is none.
    pub(super) fn only(&self) -> Option<Node> {
        match self.chunks.as_slice() {
            [] => Some(Node::default()),
            [chunk] if chunk.nodes.len() == 1 => Some(chunk.nodes[0].clone()),
            _ => None,
        }
    }

    /// Where the first node is, or the last one.
    pub(super) fn end(&self, end: End) -> Place {
        match (end, self.chunks.last()) {
            (End::Tail, Some(last)) => Place {
                chunk: self.chunks.len() - 1,
                node: last.nodes.len() - 1,
            },
            _ => Place::default(),
        }
    }

    /// Where the node beside another one is, towards an end.
    pub(super) fn beside(&self, at: Place, towards: End) -> Option<Place> {
        let Place { chunk, node } = at;
        match towards {
            End::Tail => self.there(Place {
                chunk,
                node: node + 1,
            }),
            End::Head if node > 0 => Some(Place {
                chunk,
                node: node - 1,
            }),
            End::Head => {
                let chunk = chunk.checked_sub(1)?;
                let node = self.chunks[chunk].nodes.len() - 1;
                Some(Place { chunk, node })
            }
        }
    }

    /// The node with the element of this number, which is there, and its number in the node.
    pub(super) fn find(&self, index: usize) -> (Place, usize) {
        let counts = self.chunks.iter().map(|chunk| chunk.sum.size.count);
        let (chunk, index) = locate(counts, self.sum.size.count, index);
        let found = &self.chunks[chunk];
        let counts = found.nodes.iter().map(Node::count);
        let (node, index) = locate(counts, found.sum.size.count, index);
        (Place { chunk, node }, index)
    }

    /// A place, or that at which the next chunk begins if it is behind the last node of its own.
    pub(super) fn there(&self, at: Place) -> Option<Place> {
        match self.chunks.get(at.chunk) {
            Some(chunk) if at.node < chunk.nodes.len() => Some(at),
            _ if at.chunk + 1 < self.chunks.len() => Some(Place {
                chunk: at.chunk + 1,
                node: 0,
            }),
            _ => None,
        }
    }

    pub(super) fn change<R>(&mut self, at: Place, change: impl FnOnce(&mut Node) -> R) -> R {
        let chunk = &mut self.chunks[at.chunk];
        let node = &mut Arc::make_mut(&mut chunk.nodes)[at.node];
        let before = Sum::of(node);
        let result = change(node);
        let after = Sum::of(node);
        chunk.sum = chunk.sum.less(before).plus(after);
        self.sum = self.sum.less(before).plus(after);
        result
    }

    pub(super) fn insert(&mut self, at: Place, node: Node) -> Place {
        let sum = Sum::of(&node);
        let at = self.make_room(at);
        let chunk = &mut self.chunks[at.chunk];
        let nodes = Arc::make_mut(&mut chunk.nodes);
        if nodes.len() == nodes.capacity() && nodes.len() < FEW {
            nodes.reserve_exact(1);
        }
        nodes.insert(at.node, node);
        chunk.sum = chunk.sum.plus(sum);
        self.sum = self.sum.plus(sum);
        at
    }

    /// Where a node is to be put that belongs at a place: in a chunk that has room for it.
    fn make_room(&mut self, at: Place) -> Place {
        let count = self.chunks.get(at.chunk).map(|chunk| chunk.nodes.len());
        match count {
            Some(..CHUNK_NODES_MAX) => return at,
            Some(_) if at == Place::default() => self.chunks.insert(0, Chunk::default()),
            Some(count) if at.node == count && at.chunk + 1 == self.chunks.len() => {
                self.chunks.push(Chunk::default());
                let chunk = at.chunk + 1;
                return Place { chunk, node: 0 };
            }
            Some(count) => {
                let half = count / 2;
                let (first, second) = self.chunks[at.chunk].split(half);
                self.chunks[at.chunk] = first;
                self.chunks.insert(at.chunk + 1, second);
                if at.node > half {
                    let (chunk, node) = (at.chunk + 1, at.node - half);
                    return Place { chunk, node };
                }
            }
            None => {
                self.chunks.reserve_exact(1);
                self.chunks.push(Chunk::default());
            }
        }
        at
    }

    pub(super) fn remove(&mut self, at: Place) {
        let chunk = &mut self.chunks[at.chunk];
        let nodes = Arc::make_mut(&mut chunk.nodes);
        let gone = Sum::of(&nodes.remove(at.node));
        chunk.sum = chunk.sum.less(gone);
        self.sum = self.sum.less(gone);
        if nodes.is_empty() {
            self.chunks.remove(at.chunk);
            return;
        }
        if nodes.len() * 4 < nodes.capacity() {
            nodes.shrink_to(nodes.len() * 2);
        }
        if let Some(next) = self.chunks.get(at.chunk + 1)
            && self.chunks[at.chunk].nodes.len() + next.nodes.len() < CHUNK_NODES_MAX / 2
        {
            let next = self.chunks.remove(at.chunk + 1);
            let chunk = &mut self.chunks[at.chunk];
            Arc::make_mut(&mut chunk.nodes).extend_from_slice(&next.nodes);
            chunk.sum = chunk.sum.plus(next.sum);
        }
    }

    /// That the invariants hold, and there are some nodes.
    #[cfg(test)]
    pub(super) fn check(&self) {
        let sum = |nodes: &[Node]| nodes.iter().map(Sum::of).fold(Sum::default(), Sum::plus);
        for chunk in &self.chunks {
            assert!((1..=CHUNK_NODES_MAX).contains(&chunk.nodes.len()));
            assert_eq!(chunk.sum, sum(&chunk.nodes));
            chunk.nodes.iter().for_each(Node::check);
            assert!(chunk.nodes.iter().all(|node| node.count() > 0));
        }
        let all = self.chunks.iter().map(|chunk| chunk.sum);
        assert_eq!(self.sum, all.fold(Sum::default(), Sum::plus));
        let nodes: usize = self.chunks.iter().map(|chunk| chunk.nodes.len()).sum();
        assert!(nodes > 1, "one node is no chunk");
    }
}

impl Chunk {
    /// Bytes that are asked of the allocator, but for those of the nodes.
    fn allocated(&self) -> usize {
        COUNTS + size_of::<Vec<Node>>() + self.nodes.capacity() * size_of::<Node>()
    }

    fn of(nodes: &[Node]) -> Self {
        Self {
            nodes: Arc::new(nodes.to_vec()),
            sum: nodes.iter().map(Sum::of).fold(Sum::default(), Sum::plus),
        }
    }

    /// In two, of which the first has `at` nodes.
    fn split(&self, at: usize) -> (Self, Self) {
        let (first, second) = self.nodes.split_at(at);
        (Self::of(first), Self::of(second))
    }
}

impl Sum {
    fn of(node: &Node) -> Self {
        Self {
            size: node.size(),
            allocated: node.allocated(),
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            size: Size {
                count: self.size.count + other.size.count,
                bytes: self.size.bytes + other.size.bytes,
            },
            allocated: self.allocated + other.allocated,
        }
    }

    const fn less(self, other: Self) -> Self {
        Self {
            size: Size {
                count: self.size.count - other.size.count,
                bytes: self.size.bytes - other.size.bytes,
            },
            allocated: self.allocated - other.allocated,
        }
    }
}

/// In which of some parts the element of this number is, of `count`, and its number there.
fn locate(
    parts: impl DoubleEndedIterator<Item = usize> + ExactSizeIterator,
    count: usize,
    index: usize,
) -> (usize, usize) {
    debug_assert!(index < count, "it is there");
    let length = parts.len();
    if index < count / 2 {
        let mut index = index;
        for (part, count) in parts.enumerate() {
            if index < count {
                return (part, index);
            }
            index -= count;
        }
    } else {
        let mut behind = count - index;
        for (part, count) in parts.rev().enumerate() {
            if behind <= count {
                return (length - 1 - part, count - behind);
            }
            behind -= count;
        }
    }
    unreachable!("it is in one of them")
}
