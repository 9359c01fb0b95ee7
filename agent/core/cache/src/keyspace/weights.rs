//! What the objects of a keyspace weigh, summed while they are changed.

use crate::collection::Object;

/// What each object weighs, in bytes that are asked of the allocator, and the sum of it.
///
/// Most are weighed whenever they are changed. Of those for which that would take long, what most of their bytes are is known at
/// once; the rest is weighed anew when they have a part in [`PRECISION`] more pieces, or fewer, than when it was weighed.
///
/// Invariant: `sum` is that of `bytes`.
#[derive(Debug, Default)]
pub(super) struct Weights {
    weights: Vec<Weight>,
    sum: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    bytes: usize,
    /// See [`Object::bulk`], as it was when all was weighed, but for the bytes, which are those of now.
    bulk: (usize, usize),
}

/// See [`Weights`].
const PRECISION: usize = 32;
/// What is lighter is weighed at once.
const LIGHT_BYTES: usize = 64 * 1024;

impl Weights {
    /// Of all objects.
    pub(super) const fn of_objects(&self) -> usize {
        self.sum
    }

    /// Of all objects, and of what is kept here.
    pub(super) const fn all(&self) -> usize {
        self.sum + self.weights.capacity() * size_of::<Weight>()
    }

    /// An object is there, or another one than before.
    pub(super) fn put(&mut self, number: usize, object: &Object) {
        self.set(
            number,
            Weight {
                bytes: object.allocated(),
                bulk: object.bulk().unwrap_or_default(),
            },
        );
    }

    /// The object is gone.
    pub(super) fn put_nothing(&mut self, number: usize) {
        self.set(number, Weight::default());
    }

    /// An object was changed.
    pub(super) fn changed(&mut self, number: usize, object: &Object) {
        let before = self.weights[number];
        match object.bulk() {
            Some((bytes, pieces)) if before.bytes >= LIGHT_BYTES && before.is_near(pieces) => {
                let weight = Weight {
                    bytes: (before.bytes + bytes).saturating_sub(before.bulk.0),
                    bulk: (bytes, before.bulk.1),
                };
                self.set(number, weight);
            }
            _ => self.put(number, object),
        }
    }

    fn set(&mut self, number: usize, weight: Weight) {
        if self.weights.len() <= number {
            self.weights.resize(number + 1, Weight::default());
        }
        self.sum = self.sum - self.weights[number].bytes + weight.bytes;
        self.weights[number] = weight;
    }
}

impl Weight {
    /// Whether it had about so many pieces when it was weighed.
    const fn is_near(&self, pieces: usize) -> bool {
        pieces.abs_diff(self.bulk.1) <= self.bulk.1 / PRECISION
    }
}
