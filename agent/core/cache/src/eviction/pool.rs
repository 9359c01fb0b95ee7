//! The best of all keys that were looked at to be evicted.

/// How many are remembered.
const CANDIDATES_MAX: usize = 16;

/// A key that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The larger, the sooner it goes.
    pub(crate) rank: u64,
    pub(crate) database: usize,
    pub(crate) key: Box<[u8]>,
}

/// Candidates, the best one last. What is in it may be gone meanwhile, or in use again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool(Vec<Candidate>);

impl Pool {
    /// Whether one of this rank would be remembered.
    pub(crate) fn takes(&self, rank: u64) -> bool {
        self.0.len() < CANDIDATES_MAX || self.0.first().is_some_and(|least| least.rank < rank)
    }

    /// Remembers one, and forgets the least of them if there are too many.
    pub(crate) fn add(&mut self, candidate: Candidate) {
        let is_same =
            |one: &Candidate| one.database == candidate.database && one.key == candidate.key;
        self.0.retain(|one| !is_same(one));
        if self.0.len() == CANDIDATES_MAX {
            self.0.remove(0);
        }
        let at = self.0.partition_point(|one| one.rank < candidate.rank);
        self.0.insert(at, candidate);
    }

    /// The best one.
    pub(crate) fn take(&mut self) -> Option<Candidate> {
        self.0.pop()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_remembered() {
        let mut pool = Pool::default();
        for rank in [5, 9, 1, 40, 3, 9].into_iter().chain(10..30) {
            if pool.takes(rank) {
                pool.add(Candidate {
                    rank,
                    database: 0,
                    key: rank.to_le_bytes().into(),
                });
            }
        }
        let ranks: Vec<_> = std::iter::from_fn(|| pool.take())
            .map(|it| it.rank)
            .collect();
        assert_eq!(
            ranks,
            [
                40, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15
            ]
        );
    }
}
