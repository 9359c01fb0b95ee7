//! What the objects of a keyspace weigh, summed while they are changed.

use crate::collection::Object;

/// What each object weighs, in bytes that are asked of the allocator, and the sum of it.
///
/// Most are weighed whenever they are changed. One that is not weighed at once is weighed anew when it may have become heavier or
/// lighter by a part in [`PRECISION`]: so the sum is near, and costs nothing beside the changes.
///
/// Invariant: `sum` is that of `bytes`.
#[derive(Debug, Default)]
pub(super) struct Weights {
    weights: Vec<Weight>,
    sum: usize,
    /// How many pieces the object has that was taken last, to be changed.
    pieces: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    bytes: usize,
    /// By how many bytes it may have changed since.
    drift: usize,
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
        self.set(number, object.allocated());
    }

    /// The object is gone.
    pub(super) fn put_nothing(&mut self, number: usize) {
        self.set(number, 0);
    }

    /// An object is about to be changed.
    pub(super) fn taken(&mut self, object: &Object) {
        self.pieces = object.pieces().unwrap_or_default();
    }

    /// The object that was taken was changed, by effects of so many bytes.
    pub(super) fn changed(&mut self, number: usize, object: &Object, written: usize) {
        let Some(pieces) = object.pieces() else {
            return self.put(number, object);
        };
        let weight = &mut self.weights[number];
        let one = weight.bytes / self.pieces.max(1);
        weight.drift += written + one.saturating_mul(pieces.abs_diff(self.pieces));
        if weight.bytes < LIGHT_BYTES || weight.drift > weight.bytes / PRECISION {
            self.put(number, object);
        }
    }

    fn set(&mut self, number: usize, bytes: usize) {
        if self.weights.len() <= number {
            self.weights.resize(number + 1, Weight::default());
        }
        self.sum = self.sum - self.weights[number].bytes + bytes;
        self.weights[number] = Weight { bytes, drift: 0 };
    }
}
