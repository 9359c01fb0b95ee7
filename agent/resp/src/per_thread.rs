//! How many of something each thread has.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many clients of each thread want to know something.
#[derive(Debug)]
pub(crate) struct PerThread {
    all: AtomicUsize,
    of_threads: Vec<AtomicUsize>,
}

impl PerThread {
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            all: AtomicUsize::new(0),
            of_threads: (0..threads).map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    /// One more of a thread, or one less; how many there are of all threads.
    pub(crate) fn count(&self, thread: usize, is_more: bool) -> usize {
        if is_more {
            self.of_threads[thread].fetch_add(1, Ordering::AcqRel);
            self.all.fetch_add(1, Ordering::AcqRel) + 1
        } else {
            self.of_threads[thread].fetch_sub(1, Ordering::AcqRel);
            self.all.fetch_sub(1, Ordering::AcqRel) - 1
        }
    }

    /// How many there are of all threads.
    pub(crate) fn all(&self) -> usize {
        self.all.load(Ordering::Relaxed)
    }

    /// Whether there are any.
    #[inline]
    pub(crate) fn are_any(&self) -> bool {
        self.all() > 0
    }

    /// Those of which there is one at least, of these that belong to the threads.
    pub(crate) fn among<'a, T>(&'a self, threads: &'a [T]) -> impl Iterator<Item = &'a T> {
        let pairs = threads.iter().zip(&self.of_threads);
        let wanted = pairs.filter(|(_, count)| count.load(Ordering::Acquire) > 0);
        wanted.map(|(thread, _)| thread)
    }
}
