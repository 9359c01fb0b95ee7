//! Which buckets of a table have an entry that is about to expire.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// For each bucket a time before which nothing in it expires, and the buckets by these times.
///
/// Entries are not listed, so one that expires costs no more here than one that does not: whoever comes to a bucket looks at all
/// that is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expiries {
    /// By bucket, in Unix milliseconds; shorter than there are buckets while nothing expires in the last ones.
    soonest: Vec<i64>,
    /// Times that were the soonest of their buckets at some time.
    queue: BinaryHeap<Reverse<(i64, usize)>>,
}

impl Expiries {
    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        self.soonest.capacity() * size_of::<i64>()
            + self.queue.capacity() * size_of::<Reverse<(i64, usize)>>()
    }

    /// Something in a bucket expires then.
    pub(crate) fn note(&mut self, bucket: usize, at: i64) {
        if self.soonest.len() <= bucket {
            self.soonest.resize(bucket + 1, i64::MAX);
        }
        if at < self.soonest[bucket] {
            self.soonest[bucket] = at;
            self.queue.push(Reverse((at, bucket)));
            self.forget_old();
        }
    }

    /// What was in one bucket may be in another one now.
    pub(crate) fn copy(&mut self, from: usize, to: usize) {
        if let Some(&at) = self.soonest.get(from)
            && at < i64::MAX
        {
            self.note(to, at);
        }
    }

    /// A bucket in which something may have expired; who asks notes what is left in it.
    pub(crate) fn due(&mut self, now: i64) -> Option<usize> {
        while let Some(Reverse((at, bucket))) = self.queue.peek().copied() {
            if at >= now {
                return None;
            }
            self.queue.pop();
            if self.soonest.get(bucket) == Some(&at) {
                self.soonest[bucket] = i64::MAX;
                return Some(bucket);
            }
        }
        None
    }

    /// Of the first `count` buckets those in which something may expire, from one on, and around.
    pub(super) fn buckets(&self, from: usize, count: usize) -> impl Iterator<Item = usize> {
        let noted = &self.soonest[..count.min(self.soonest.len())];
        let (before, after) = noted.split_at(from.min(noted.len()));
        let after = after.iter().enumerate();
        let after = after.map(move |(index, at)| (index + from, at));
        let all = after.chain(before.iter().enumerate());
        all.filter(|(_, at)| **at < i64::MAX)
            .map(|(bucket, _)| bucket)
    }

    /// When [`Self::due`] may have something next.
    pub(crate) fn next(&self) -> Option<i64> {
        self.queue.peek().map(|Reverse((at, _))| *at)
    }

    /// Times that hold no more are kept until they come, but not more of them than of the others.
    fn forget_old(&mut self) {
        if self.queue.len() > 2 * self.soonest.len() + 64 {
            let buckets = self.soonest.iter().enumerate();
            let with_one = buckets.filter(|(_, at)| **at < i64::MAX);
            self.queue = with_one
                .map(|(bucket, at)| Reverse((*at, bucket)))
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_due_in_their_time() {
        let mut expiries = Expiries::default();
        for (bucket, at) in [(3, 50), (1, 20), (3, 40), (1, 90), (7, 30)] {
            expiries.note(bucket, at);
        }
        expiries.copy(7, 9);
        expiries.copy(8, 10);
        assert_eq!(expiries.next(), Some(20));
        assert_eq!(expiries.due(19), None);
        assert_eq!(expiries.due(45), Some(1));
        let mut two = [expiries.due(45), expiries.due(45)];
        two.sort_unstable();
        assert_eq!(two, [Some(7), Some(9)]);
        assert_eq!(expiries.due(45), Some(3));
        // What had 50 before has 40 since, and was told.
        assert_eq!(expiries.due(1000), None);
    }

    #[test]
    fn old_times_do_not_pile_up() {
        let mut expiries = Expiries::default();
        for at in (0..100_000).rev() {
            expiries.note(at as usize % 10, at);
        }
        assert!(expiries.queue.len() <= 100, "{}", expiries.queue.len());
        assert_eq!(expiries.next(), Some(0));
    }
}
