//! Things in a row, of which a copy is had for little: both share all of them, and whoever changes one copies some around it.

use std::sync::Arc;

/// Some things of the row: its own, or what another one has, too.
#[derive(Clone, Debug)]
enum Shelf<T> {
    Own(Vec<T>),
    Shared(Arc<Vec<T>>),
}

impl<T> Shelf<T> {
    #[inline]
    fn things(&self) -> &[T] {
        match self {
            Self::Own(things) => things,
            Self::Shared(things) => things,
        }
    }
}

impl<T: Clone> Shelf<T> {
    /// To be changed; copies the things first if somebody else has them, too.
    #[inline]
    fn own(&mut self) -> &mut Vec<T> {
        if let Self::Shared(shared) = self {
            let shared = std::mem::take(shared);
            let own = Arc::try_unwrap(shared).unwrap_or_else(|shared| shared.to_vec());
            *self = Self::Own(own);
        }
        match self {
            Self::Own(things) => things,
            Self::Shared(_) => unreachable!("it was made its own"),
        }
    }

    fn pin(&mut self) -> Self {
        if let Self::Own(own) = self {
            *self = Self::Shared(Arc::new(std::mem::take(own)));
        }
        self.clone()
    }
}

/// A row of things in shelves of `SIZE`.
///
/// Invariants: 1. all shelves but the last one are full; 2. the last one is not empty.
#[derive(Clone, Debug)]
pub(crate) struct Shelves<T, const SIZE: usize> {
    shelves: Vec<Shelf<T>>,
}

impl<T, const SIZE: usize> Default for Shelves<T, SIZE> {
    fn default() -> Self {
        let shelves = Vec::new();
        Self { shelves }
    }
}

impl<T, const SIZE: usize> Shelves<T, SIZE> {
    pub(crate) fn len(&self) -> usize {
        match self.shelves.split_last() {
            Some((last, full)) => full.len() * SIZE + last.things().len(),
            None => 0,
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> &T {
        &self.shelves[index / SIZE].things()[index % SIZE]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.shelves.iter().flat_map(Shelf::things)
    }

    /// Bytes that are asked of the allocator for the row itself.
    pub(crate) fn allocated(&self) -> usize {
        self.capacity() * size_of::<T>() + self.shelves.capacity() * size_of::<Shelf<T>>()
    }

    /// For how many there is room: at once, since those that are full have room for no more.
    pub(crate) fn capacity(&self) -> usize {
        let room = |shelf: &Shelf<T>| match shelf {
            Shelf::Own(things) => things.capacity(),
            Shelf::Shared(things) => things.capacity(),
        };
        let last = self.shelves.last().map_or(0, room);
        self.shelves.len().saturating_sub(1) * SIZE + last
    }
}

impl<T: Clone, const SIZE: usize> Shelves<T, SIZE> {
    /// To be changed; copies those on its shelf first if somebody else has them, too.
    #[inline]
    pub(crate) fn get_mut(&mut self, index: usize) -> &mut T {
        &mut self.shelves[index / SIZE].own()[index % SIZE]
    }

    pub(crate) fn push(&mut self, thing: T) {
        match self.shelves.last_mut() {
            Some(last) if last.things().len() < SIZE => last.own().push(thing),
            Some(_) => {
                let mut shelf = Vec::with_capacity(SIZE);
                shelf.push(thing);
                self.shelves.push(Shelf::Own(shelf));
            }
            None => self.shelves.push(Shelf::Own(vec![thing])),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let last = self.shelves.last_mut()?.own();
        let thing = last.pop();
        if last.is_empty() {
            self.shelves.pop();
        }
        thing
    }

    /// A copy, for which no thing is touched: from now on all are shared.
    pub(crate) fn pin(&mut self) -> Self {
        let shelves = self.shelves.iter_mut().map(Shelf::pin).collect();
        Self { shelves }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pinned_stays() {
        let mut row = Shelves::<u32, 4>::default();
        (0..11).for_each(|number| row.push(number));
        let pinned = row.pin();
        *row.get_mut(5) = 100;
        row.push(11);
        row.push(12);
        for _ in 0..5 {
            row.pop();
        }
        let again = row.pin();
        drop(pinned.clone());
        *row.get_mut(0) = 7;
        assert_eq!(
            pinned.iter().copied().collect::<Vec<_>>(),
            (0..11).collect::<Vec<_>>()
        );
        assert_eq!(
            again.iter().copied().collect::<Vec<_>>(),
            [0, 1, 2, 3, 4, 100, 6, 7]
        );
        assert_eq!(
            row.iter().copied().collect::<Vec<_>>(),
            [7, 1, 2, 3, 4, 100, 6, 7]
        );
        assert_eq!((row.len(), pinned.len(), *row.get(5)), (8, 11, 100));
        assert_eq!(Shelves::<u32, 4>::default().len(), 0);
    }
}
