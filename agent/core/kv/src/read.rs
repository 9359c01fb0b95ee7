//! Reading the state: ranges, compares and read-only transactions. Shared by the live store, pinned views and
//! transactions in progress.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::command::{
    Compare, CompareResult, CompareTarget, Op, Range, SortOrder, SortTarget, Txn,
};
use crate::error::Error;
use crate::history::History;
use crate::key_range::{End, KeyRange};
use crate::mutation::mutated;
use crate::response::{OpResponse, RangeResponse, TxnResponse};
use crate::state::State;
use crate::version::{KeyValue, Version};

impl State {
    /// The histories of a range, in key order.
    pub(crate) fn histories<'a>(
        &'a self,
        range: &'a KeyRange,
    ) -> impl Iterator<Item = &'a History> {
        let (point, walk) = match &range.end {
            End::Point => (self.keys.get(&range.start), None),
            End::Before(end) => (None, Some(self.keys.range(&range.start, Some(end)))),
            End::Unbounded => (None, Some(self.keys.range(&range.start, None))),
        };
        point.into_iter().chain(walk.into_iter().flatten())
    }

    /// The versions of a range that are alive at revision `at`, or now.
    pub(crate) fn live<'a>(
        &'a self,
        range: &'a KeyRange,
        at: Option<i64>,
    ) -> impl Iterator<Item = &'a Arc<Version>> {
        self.histories(range).filter_map(move |history| match at {
            None => history.live(),
            Some(main) => history.live_at(main),
        })
    }

    fn count_live(&self, range: &KeyRange, at: Option<i64>) -> u64 {
        match (&range.end, at) {
            (End::Before(end), None) => self.keys.weight_in(&range.start, Some(end)),
            (End::Unbounded, None) => self.keys.weight_in(&range.start, None),
            _ => self.live(range, at).count() as u64,
        }
    }

    /// The revision to read at: `None` is the newest.
    pub(crate) fn readable(&self, revision: i64) -> Result<Option<i64>, Error> {
        match revision {
            ..=0 => Ok(None),
            _ if revision > self.revision => Err(Error::FutureRevision),
            _ if revision < self.compact_revision => Err(Error::Compacted),
            _ if revision == self.revision => Ok(None),
            _ => Ok(Some(revision)),
        }
    }

    /// Executes a range read; `header` is the revision to answer with.
    pub(crate) fn range(&self, request: &Range, header: i64) -> Result<RangeResponse, Error> {
        // A revision given within a transaction that has written by then means the state before its writes.
        let at = match self.readable(request.revision)? {
            None if request.revision > 0 && header > self.revision => Some(self.revision),
            at => at,
        };
        let count = self.count_live(&request.range, at) as i64;
        if request.count_only {
            return Ok(RangeResponse {
                kvs: Vec::new(),
                more: false,
                count,
                revision: header,
            });
        }
        let limit = usize::try_from(request.limit)
            .ok()
            .filter(|limit| *limit > 0);
        let fetch = limit
            .filter(|_| !needs_all(request))
            .map_or(usize::MAX, |limit| limit.saturating_add(1));
        let mut versions: Vec<_> = self
            .live(&request.range, at)
            .take(fetch)
            .filter(|version| passes(request, version))
            .collect();
        sort(&mut versions, request);
        let more = limit.is_some_and(|limit| versions.len() > limit);
        versions.truncate(limit.unwrap_or(usize::MAX));
        let show = if request.keys_only {
            KeyValue::without_value
        } else {
            KeyValue::new
        };
        let kvs = versions
            .into_iter()
            .map(|version| show(Arc::clone(version)))
            .collect();
        Ok(RangeResponse {
            kvs,
            more,
            count,
            revision: header,
        })
    }

    /// Whether a compare holds now, for every key of its range.
    fn holds(&self, compare: &Compare) -> bool {
        let mut found = false;
        for history in self.histories(&compare.range) {
            let Some(version) = history.live() else {
                continue;
            };
            found = true;
            let version = if mutated("kv.txn.stale_version") {
                second_newest(history)
            } else {
                version
            };
            if !version_holds(compare, version) {
                return false;
            }
        }
        found || absent_holds(compare)
    }

    /// Which branch each transaction of the nest takes, outermost first, in the order of execution. All compares see
    /// the state as it is now.
    pub(crate) fn path(&self, txn: &Txn) -> Vec<bool> {
        let mut path = Vec::new();
        self.extend_path(txn, &mut path);
        path
    }

    fn extend_path(&self, txn: &Txn, path: &mut Vec<bool>) {
        let succeeded = txn.compare.iter().all(|compare| self.holds(compare));
        path.push(succeeded);
        for op in branch(txn, succeeded) {
            if let Op::Txn(nested) = op {
                self.extend_path(nested, path);
            }
        }
    }

    /// Executes a transaction whose chosen branches only read.
    pub(crate) fn read_txn(&self, txn: &Txn) -> Result<TxnResponse, Error> {
        let path = self.path(txn);
        self.read_branch(txn, &mut path.into_iter())
    }

    fn read_branch(
        &self,
        txn: &Txn,
        path: &mut impl Iterator<Item = bool>,
    ) -> Result<TxnResponse, Error> {
        let succeeded = path
            .next()
            .expect("the path names a branch for every transaction");
        let mut responses = Vec::new();
        for op in branch(txn, succeeded) {
            responses.push(match op {
                Op::Range(range) => OpResponse::Range(self.range(range, self.revision)?),
                Op::Txn(nested) => OpResponse::Txn(self.read_branch(nested, path)?),
                Op::Put(_) | Op::DeleteRange(_) => unreachable!("a read-only transaction writes"),
            });
        }
        Ok(TxnResponse {
            succeeded,
            responses,
        })
    }
}

/// The operations that run.
pub(crate) fn branch(txn: &Txn, succeeded: bool) -> &[Op] {
    if succeeded {
        &txn.success
    } else {
        &txn.failure
    }
}

/// Whether the limit can only be applied to the whole range.
fn needs_all(request: &Range) -> bool {
    request.order != SortOrder::None
        || request.mod_revision_min != 0
        || request.mod_revision_max != 0
        || request.create_revision_min != 0
        || request.create_revision_max != 0
}

fn passes(request: &Range, version: &Version) -> bool {
    let within = |number: i64, min: i64, max: i64| {
        (min == 0 || number >= min) && (max == 0 || number <= max)
    };
    within(
        version.at.main,
        request.mod_revision_min,
        request.mod_revision_max,
    ) && within(
        version.create,
        request.create_revision_min,
        request.create_revision_max,
    )
}

/// Sorts as asked. What is equal in the target stays in key order.
fn sort(versions: &mut [&Arc<Version>], request: &Range) {
    let compare: fn(&Version, &Version) -> Ordering = match request.target {
        SortTarget::Key => |a, b| a.key().cmp(b.key()),
        SortTarget::Version => |a, b| a.version.cmp(&b.version),
        SortTarget::Create => |a, b| a.create.cmp(&b.create),
        SortTarget::Mod => |a, b| a.at.main.cmp(&b.at.main),
        SortTarget::Value => |a, b| a.value().cmp(b.value()),
    };
    match (request.order, request.target) {
        (SortOrder::None | SortOrder::Ascend, SortTarget::Key) => {}
        (SortOrder::None | SortOrder::Ascend, _) => versions.sort_by(|a, b| compare(a, b)),
        (SortOrder::Descend, _) => versions.sort_by(|a, b| compare(b, a)),
    }
}

fn second_newest(history: &History) -> &Arc<Version> {
    history
        .get(history.len().saturating_sub(2))
        .expect("a history is never empty")
}

fn version_holds(compare: &Compare, version: &Version) -> bool {
    let ordering = match &compare.target {
        CompareTarget::Version(number) => version.version.cmp(number),
        CompareTarget::Create(number) => version.create.cmp(number),
        CompareTarget::Mod(number) => version.at.main.cmp(number),
        CompareTarget::Value(value) => version.value().cmp(value.as_ref()),
        CompareTarget::Lease(number) => version.lease.cmp(number),
    };
    result_holds(compare.result, ordering)
}

/// A key that does not exist counts as all zeroes, but it has no value that could be compared.
fn absent_holds(compare: &Compare) -> bool {
    match &compare.target {
        CompareTarget::Value(_) => false,
        CompareTarget::Version(number)
        | CompareTarget::Create(number)
        | CompareTarget::Mod(number)
        | CompareTarget::Lease(number) => result_holds(compare.result, 0.cmp(number)),
    }
}

fn result_holds(result: CompareResult, ordering: Ordering) -> bool {
    match result {
        CompareResult::Equal => ordering.is_eq(),
        CompareResult::Greater => ordering.is_gt(),
        CompareResult::Less => ordering.is_lt(),
        CompareResult::NotEqual => ordering.is_ne(),
    }
}
