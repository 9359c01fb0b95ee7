//! Which nodes a large list has, in their order.

use std::sync::Arc;

use super::End;
use super::listpack::Size;
use super::node::Node;
use super::row::COUNTS;

/// The nodes of a list: one, or chunks of some.
///
/// Invariants, after [`Directory::settle`]: 1. only one that is alone may be empty; 2. a chunk has a node, and at most
/// [`CHUNK_NODES_MAX`]; 3. the sums of each chunk, and of all, are those of their nodes; 4. one node is no chunk.
#[derive(Clone, Debug)]
pub(super) enum Directory {
    One(Node),
    Many(Box<Many>),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Many {
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
            Self::Many(many) => many.sum.size.count,
        }
    }

    pub(super) fn size(&self) -> Size {
        match self {
            Self::One(node) => node.size(),
            Self::Many(many) => many.sum.size,
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
            Self::Many(many) => {
                let places = |chunk: &Chunk| {
                    let vector = COUNTS + size_of::<Vec<Node>>();
                    vector + chunk.nodes.capacity() * size_of::<Node>()
                };
                let chunks: usize = many.chunks.iter().map(places).sum();
                let places = many.chunks.capacity() * size_of::<Chunk>();
                size_of::<Many>() + places + chunks + many.sum.allocated
            }
        }
    }

    /// The node at a place.
    pub(super) fn node(&self, at: Place) -> &Node {
        self.get(at).expect("a place has its node")
    }

    fn get(&self, at: Place) -> Option<&Node> {
        match self {
            Self::One(node) => (at == Place::default()).then_some(node),
            Self::Many(many) => many.chunks.get(at.chunk)?.nodes.get(at.node),
        }
    }

    /// The first node, or the last one.
    pub(super) fn end(&self, end: End) -> Place {
        match (self, end) {
            (Self::Many(many), End::Tail) => Place {
                chunk: many.chunks.len() - 1,
                node: many.chunks[many.chunks.len() - 1].nodes.len() - 1,
            },
            _ => Place::default(),
        }
    }

    /// The node beside another one, towards an end.
    pub(super) fn beside(&self, at: Place, towards: End) -> Option<Place> {
        let Self::Many(many) = self else {
            return None;
        };
        match towards {
            End::Tail => {
                let next = Place {
                    node: at.node + 1,
                    ..at
                };
                many.there(next)
            }
            End::Head if at.node > 0 => Some(Place {
                node: at.node - 1,
                ..at
            }),
            End::Head => {
                let chunk = at.chunk.checked_sub(1)?;
                let node = many.chunks[chunk].nodes.len() - 1;
                Some(Place { chunk, node })
            }
        }
    }

    /// The node with the element of this number, which is there, and its number in the node.
    pub(super) fn find(&self, index: usize) -> (Place, usize) {
        let Self::Many(many) = self else {
            return (Place::default(), index);
        };
        let counts = many.chunks.iter().map(|chunk| chunk.sum.size.count);
        let (chunk, index) = locate(counts, many.sum.size.count, index);
        let nodes = &many.chunks[chunk];
        let counts = nodes.nodes.iter().map(Node::count);
        let (node, index) = locate(counts, nodes.sum.size.count, index);
        (Place { chunk, node }, index)
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
        let Self::Many(many) = self else {
            return self.node(Place::default()).check();
        };
        let sum = |nodes: &[Node]| nodes.iter().map(Sum::of).fold(Sum::default(), Sum::plus);
        for chunk in &many.chunks {
            assert!((1..=CHUNK_NODES_MAX).contains(&chunk.nodes.len()));
            assert_eq!(chunk.sum, sum(&chunk.nodes));
            chunk.nodes.iter().for_each(Node::check);
            assert!(chunk.nodes.iter().all(|node| node.count() > 0));
        }
        let all = many.chunks.iter().map(|chunk| chunk.sum);
        assert_eq!(many.sum, all.fold(Sum::default(), Sum::plus));
        let nodes: usize = many.chunks.iter().map(|chunk| chunk.nodes.len()).sum();
        assert!(nodes > 1, "one node is no chunk");
    }

    /// To be called after nodes were removed.
    pub(super) fn settle(&mut self) {
        if let Self::Many(many) = self {
            match many.chunks.as_mut_slice() {
                [] => *self = Self::default(),
                [chunk] if chunk.nodes.len() == 1 => *self = Self::One(chunk.nodes[0].clone()),
                _ => {}
            }
        }
    }
}

impl Many {
    /// A place, or that at which the next chunk begins if it is behind the last node of its own.
    fn there(&self, at: Place) -> Option<Place> {
        match self.chunks.get(at.chunk) {
            Some(chunk) if at.node < chunk.nodes.len() => Some(at),
            _ if at.chunk + 1 < self.chunks.len() => Some(Place {
                chunk: at.chunk + 1,
                node: 0,
            }),
            _ => None,
        }
    }

    fn change<R>(&mut self, at: Place, change: impl FnOnce(&mut Node) -> R) -> R {
        let chunk = &mut self.chunks[at.chunk];
        let node = &mut Arc::make_mut(&mut chunk.nodes)[at.node];
        let before = Sum::of(node);
        let result = change(node);
        let after = Sum::of(node);
        chunk.sum = chunk.sum.less(before).plus(after);
        self.sum = self.sum.less(before).plus(after);
        result
    }

    fn insert(&mut self, at: Place, node: Node) -> Place {
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

    fn remove(&mut self, at: Place) {
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
}

impl Chunk {
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
