//! A sorted set in many leaves: its elements in order, and where each member is.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::branch;
use super::element::{Element, Elements};
use super::leaf::Leaves;
use super::order::{Moved, Order};
use super::places::Places;
use super::walk::Walk;

/// Elements in order, and the leaf of each member by its hash once they are many.
///
/// Invariants: 1. no member is there twice; 2. `places` has the leaf of each member, if they are kept.
#[derive(Clone, Debug)]
pub(crate) struct Many {
    order: Order,
    places: Option<Box<Places>>,
    seed: u64,
}

/// With so many elements, or fewer, all are looked through for a member.
const UNPLACED_MAX: usize = if cfg!(test) { 24 } else { 128 };

impl Many {
    /// Of elements in order.
    pub(super) fn of(elements: Elements<'_>, seed: u64) -> Self {
        let mut many = Self {
            order: Order::default(),
            places: None,
            seed,
        };
        elements.for_each(|element| many.insert(&element));
        many
    }

    pub(crate) const fn len(&self) -> usize {
        self.order.len
    }

    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        let places = self
            .places
            .as_ref()
            .map_or(0, |it| size_of::<Places>() + it.allocated());
        let order = branch::allocated(&self.order.root) + self.order.leaves.allocated();
        size_of::<Self>() + order + places
    }

    /// Bytes that the leaves ask of the allocator, but for what finds them.
    pub(super) const fn leaf_bytes(&self) -> usize {
        self.order.leaves.bytes()
    }

    /// A member with its score.
    #[inline]
    pub(super) fn find(&self, member: &[u8]) -> Option<Element<'_>> {
        self.locate(member).map(|(_, element)| element)
    }

    /// The leaf that a member is in, and it with its score.
    fn locate(&self, member: &[u8]) -> Option<(u32, Element<'_>)> {
        let leaves = &self.order.leaves;
        match &self.places {
            Some(places) => {
                let mut candidates = places.find(hash(member, self.seed));
                candidates.find_map(|leaf| Some((leaf, leaves.get(leaf).find(member)?)))
            }
            None => leaves
                .iter()
                .find_map(|(leaf, elements)| Some((leaf, elements.find(member)?))),
        }
    }

    /// Gives a member a score; whether it is new.
    pub(super) fn put(&mut self, element: &Element<'_>) -> bool {
        let is_new = !self.take(element.member);
        self.insert(element);
        is_new
    }

    /// Removes a member; whether it was there.
    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        let was_there = self.take(member);
        if self.len() < UNPLACED_MAX / 2 {
            self.places = None;
        }
        was_there
    }

    fn insert(&mut self, element: &Element<'_>) {
        let (places, seed) = (&mut self.places, self.seed);
        let leaf = self
            .order
            .insert(element, |leaves, moved| follow(places, leaves, moved, seed));
        match &mut self.places {
            Some(places) => places.insert(hash(element.member, seed), leaf),
            None if self.order.len > UNPLACED_MAX => {
                self.places = Some(Box::new(self.all_places()))
            }
            None => {}
        }
    }

    fn take(&mut self, member: &[u8]) -> bool {
        let found = self
            .locate(member)
            .map(|(leaf, found)| (leaf, found.score()));
        let Some((leaf, score)) = found else {
            return false;
        };
        let (places, seed) = (&mut self.places, self.seed);
        if let Some(places) = places {
            places.remove(hash(member, seed), leaf);
        }
        let element = Element::new(score, member);
        self.order.remove(&element, |leaves, moved| {
            follow(places, leaves, moved, seed);
        });
        true
    }

    fn all_places(&self) -> Places {
        let mut places = Places::default();
        for (number, leaf) in self.order.leaves.iter() {
            for element in leaf.elements() {
                places.insert(hash(element.member, self.seed), number);
            }
        }
        places
    }

    /// How many of the first elements there are of which `before` holds.
    pub(super) fn count_before(&self, before: impl Fn(&Element<'_>) -> bool) -> usize {
        self.order.count_before(before)
    }

    /// Elements from a rank on, up or down.
    pub(super) fn walk(&self, rank: usize, down: bool) -> Walk<'_> {
        Walk::new(&self.order, rank, down)
    }

    /// Of a walk's next step in the order of hashes: some elements, and where it goes on.
    pub(super) fn scan<'a>(&'a self, cursor: u64, mut each: impl FnMut(Element<'a>)) -> u64 {
        let Some(places) = &self.places else {
            self.walk(0, false).for_each(each);
            return 0;
        };
        let (bucket, leaves, next) = places.walk(cursor);
        for leaf in leaves {
            let elements = self.order.leaves.get(leaf).elements();
            elements
                .filter(|element| places.is_in(hash(element.member, self.seed), bucket))
                .for_each(&mut each);
        }
        next
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        let mut leaves = Vec::new();
        branch::check(&self.order.root, true, &mut leaves);
        let mut all: Vec<(u32, u32)> = Vec::new();
        for (number, count) in &leaves {
            let leaf = self.order.leaves.get(*number);
            assert_eq!(leaf.elements().count(), *count, "a leaf's count");
            assert!(*count < 2 || leaf.bytes().len() <= super::leaf::LEAF_BYTES_MAX);
            all.extend(
                leaf.elements()
                    .map(|it| (hash(it.member, self.seed), *number)),
            );
        }
        let mut elements = leaves
            .iter()
            .flat_map(|(number, _)| self.order.leaves.get(*number).elements());
        let mut last = elements.next();
        for element in elements {
            assert!(last < Some(element), "elements grow");
            last = Some(element);
        }
        assert_eq!(all.len(), self.len(), "how many elements there are");
        if let Some(places) = &self.places {
            all.sort_unstable();
            assert_eq!(places.check(), all, "each member has its place");
        }
    }
}

fn hash(member: &[u8], seed: u64) -> u32 {
    xxh3_64_with_seed(member, seed) as u32
}

/// Notes that elements are in another leaf.
fn follow(places: &mut Option<Box<Places>>, leaves: &Leaves, moved: Moved, seed: u64) {
    if let Some(places) = places {
        let elements = &leaves.get(moved.to).bytes()[moved.start..];
        for element in Elements::of(elements) {
            places.set(hash(element.member, seed), moved.from, moved.to);
        }
    }
}
