//! What can be said of a request before it is proposed. The front end refuses with these errors; commands that passed
//! apply on any state.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::{Compare, DeleteRange, Op, Put, Range, TXN_DEPTH_MAX, Txn};
use crate::error::Error;
use crate::key_range::{End, KeyRange};

impl Put {
    /// Checks the request by itself.
    ///
    /// # Errors
    /// `EmptyKey`, `ValueProvided`, `LeaseProvided`.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            _ if self.key.is_empty() => Err(Error::EmptyKey),
            _ if self.ignore_value && !self.value.is_empty() => Err(Error::ValueProvided),
            _ if self.ignore_lease && self.lease != 0 => Err(Error::LeaseProvided),
            _ => Ok(()),
        }
    }
}

impl Range {
    /// Checks the request by itself.
    ///
    /// # Errors
    /// `EmptyKey`.
    pub fn check(&self) -> Result<(), Error> {
        check_key(&self.range)
    }
}

impl DeleteRange {
    /// Checks the request by itself.
    ///
    /// # Errors
    /// `EmptyKey`.
    pub fn check(&self) -> Result<(), Error> {
        check_key(&self.range)
    }
}

fn check_key(range: &KeyRange) -> Result<(), Error> {
    if range.start.is_empty() {
        Err(Error::EmptyKey)
    } else {
        Ok(())
    }
}

impl Txn {
    /// Checks the transaction by itself: at most `ops_max` operations on a level (less what the levels above took, as
    /// etcd counts), each one valid, and no key written twice on any one path.
    ///
    /// # Errors
    /// `TooManyOps`, `TooDeep`, `DuplicateKey`, or what an operation's own check says.
    pub fn check(&self, ops_max: usize) -> Result<(), Error> {
        self.check_ops(ops_max, TXN_DEPTH_MAX)?;
        Writes::of(&self.success)?;
        Writes::of(&self.failure)?;
        Ok(())
    }

    fn check_ops(&self, ops_max: usize, depth: usize) -> Result<(), Error> {
        let depth = depth.checked_sub(1).ok_or(Error::TooDeep)?;
        let ops = self
            .compare
            .len()
            .max(self.success.len())
            .max(self.failure.len());
        let left = ops_max.checked_sub(ops).ok_or(Error::TooManyOps)?;
        for Compare { range, .. } in &self.compare {
            check_key(range)?;
        }
        for op in self.success.iter().chain(&self.failure) {
            match op {
                Op::Range(range) => range.check()?,
                Op::Put(put) => put.check()?,
                Op::DeleteRange(delete) => delete.check()?,
                Op::Txn(txn) => txn.check_ops(left, depth)?,
            }
        }
        Ok(())
    }
}

/// The keys that a list of operations puts, and the ranges that it deletes.
#[derive(Default)]
struct Writes {
    puts: BTreeSet<Bytes>,
    deletes: Ranges,
}

impl Writes {
    /// Collects in etcd's order, which decides what counts as an overlap: deletes of this level, then nested
    /// transactions in turn, then puts of this level. What one nested transaction put, a later one may delete.
    fn of(ops: &[Op]) -> Result<Self, Error> {
        let mut writes = Self::default();
        for op in ops {
            if let Op::DeleteRange(delete) = op {
                writes.deletes.add(&delete.range);
            }
        }
        for op in ops {
            if let Op::Txn(txn) = op {
                writes.nest(Self::of(&txn.success)?, Self::of(&txn.failure)?)?;
            }
        }
        for op in ops {
            if let Op::Put(put) = op {
                writes.put(&put.key)?;
            }
        }
        Ok(writes)
    }

    fn put(&mut self, key: &Bytes) -> Result<(), Error> {
        if self.deletes.contains(key) || !self.puts.insert(key.clone()) {
            return Err(Error::DuplicateKey);
        }
        Ok(())
    }

    /// Takes in the two branches of a nested transaction; only one of them will run, so both may put one key.
    fn nest(&mut self, success: Self, failure: Self) -> Result<(), Error> {
        for key in &success.puts {
            self.put(key)?;
        }
        for key in failure.puts.difference(&success.puts) {
            self.put(key)?;
        }
        self.deletes.take(success.deletes);
        self.deletes.take(failure.deletes);
        Ok(())
    }
}

/// A union of ranges: disjoint, by start, with their ends.
#[derive(Default)]
struct Ranges {
    by_start: BTreeMap<Bytes, Bytes>,
}

impl Ranges {
    /// Adds a range. One without an end is left out, as in etcd, which reads its end as before its start here.
    fn add(&mut self, range: &KeyRange) {
        let start = range.start.clone();
        match &range.end {
            End::Point => {
                let end = [start.as_ref(), &[0]].concat();
                self.join(start, end.into());
            }
            End::Before(end) if *end > start => self.join(start, end.clone()),
            End::Before(_) | End::Unbounded => {}
        }
    }

    fn join(&mut self, mut start: Bytes, mut end: Bytes) {
        if let Some((before, until)) = self.by_start.range(..=start.clone()).next_back()
            && *until >= start
        {
            start = before.clone();
            end = end.max(until.clone());
        }
        while let Some((next, until)) = self.by_start.range(start.clone()..=end.clone()).next() {
            end = end.max(until.clone());
            let next = next.clone();
            self.by_start.remove(&next);
        }
        self.by_start.insert(start, end);
    }

    fn take(&mut self, other: Self) {
        for (start, end) in other.by_start {
            self.join(start, end);
        }
    }

    fn contains(&self, key: &Bytes) -> bool {
        self.by_start
            .range(..=key.clone())
            .next_back()
            .is_some_and(|(_, end)| key < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &'static str) -> Op {
        Op::Put(Put {
            key: key.into(),
            ..Put::default()
        })
    }

    fn delete(key: &'static str, end: &'static str) -> Op {
        Op::DeleteRange(DeleteRange {
            range: KeyRange::new(key.into(), end.into()),
            prev_kv: false,
        })
    }

    fn nested(success: Vec<Op>, failure: Vec<Op>) -> Op {
        Op::Txn(Txn {
            compare: vec![],
            success,
            failure,
        })
    }

    fn check(success: Vec<Op>, expected: Result<(), Error>) {
        let txn = Txn {
            compare: vec![],
            success: success.clone(),
            failure: vec![],
        };
        assert_eq!(txn.check(128), expected, "{success:?}");
        let txn = Txn {
            compare: vec![],
            success: vec![],
            failure: success,
        };
        assert_eq!(txn.check(128), expected);
    }

    #[test]
    fn duplicates_as_in_etcd() {
        let duplicate = Err(Error::DuplicateKey);
        check(vec![put("a"), put("b")], Ok(()));
        check(vec![put("a"), put("a")], duplicate);
        check(vec![put("a"), delete("a", "")], duplicate);
        check(vec![put("b"), delete("a", "c")], duplicate);
        check(vec![put("c"), delete("a", "c")], Ok(()));
        check(vec![delete("a", "c"), delete("b", "d")], Ok(()));
        check(vec![put("b"), delete("a", "\0")], Ok(()));
        check(vec![put("b"), delete("c", "a")], Ok(()));
        check(vec![nested(vec![put("a")], vec![put("a")])], Ok(()));
        check(vec![nested(vec![put("a")], vec![]), put("a")], duplicate);
        check(
            vec![
                nested(vec![put("a")], vec![]),
                nested(vec![], vec![put("a")]),
            ],
            duplicate,
        );
        check(
            vec![
                nested(vec![put("a")], vec![]),
                nested(vec![delete("a", "")], vec![]),
            ],
            Ok(()),
        );
        check(
            vec![
                nested(vec![delete("a", "")], vec![]),
                nested(vec![put("a")], vec![]),
            ],
            duplicate,
        );
        check(
            vec![delete("a", ""), nested(vec![put("a")], vec![])],
            duplicate,
        );
    }

    #[test]
    fn operations_are_counted_over_levels() {
        let txn = Txn {
            success: vec![nested(vec![put("a"), put("b")], vec![])],
            ..Txn::default()
        };
        assert_eq!(txn.check(3), Ok(()));
        assert_eq!(txn.check(2), Err(Error::TooManyOps));
        assert_eq!(txn.check(0), Err(Error::TooManyOps));
    }

    #[test]
    fn parts_are_checked() {
        check(vec![put("")], Err(Error::EmptyKey));
        let value = Put {
            key: "a".into(),
            value: "v".into(),
            ignore_value: true,
            ..Put::default()
        };
        check(vec![Op::Put(value)], Err(Error::ValueProvided));
        let lease = Put {
            key: "a".into(),
            lease: 1,
            ignore_lease: true,
            ..Put::default()
        };
        check(vec![Op::Put(lease)], Err(Error::LeaseProvided));
    }
}
