//! A row of versions that grows at one end and is dropped from the other. Long ones (a key that is written all the time)
//! are rows of shared chunks: copying one, as the first write after pinning a view does, copies a pointer per chunk.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::version::{Revision, Version};

/// Versions in a chunk; a row that is not longer has none.
const CHUNK: usize = if cfg!(test) { 4 } else { 256 };

type Row = VecDeque<Arc<Version>>;

/// Versions, oldest first.
#[derive(Clone)]
pub(super) enum Run {
    Short(Row),
    /// The first chunk may have lost some, the last may not be full yet; none is empty, the others hold `CHUNK`.
    Long(VecDeque<Arc<Row>>),
}

impl Default for Run {
    fn default() -> Self {
        Self::Short(Row::new())
    }
}

impl Run {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Short(row) => row.len(),
            Self::Long(chunks) => match (chunks.front(), chunks.back()) {
                (Some(first), Some(last)) if chunks.len() > 1 => {
                    first.len() + CHUNK * (chunks.len() - 2) + last.len()
                }
                (Some(only), _) => only.len(),
                (None, _) => 0,
            },
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<&Arc<Version>> {
        match self {
            Self::Short(row) => row.get(index),
            Self::Long(chunks) => {
                let first = chunks.front()?.len();
                match index.checked_sub(first) {
                    None => chunks[0].get(index),
                    Some(rest) => chunks.get(1 + rest / CHUNK)?.get(rest % CHUNK),
                }
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Version>> {
        let (row, chunks) = match self {
            Self::Short(row) => (Some(row), None),
            Self::Long(chunks) => (None, Some(chunks)),
        };
        let chunked = chunks.into_iter().flatten().flat_map(|chunk| chunk.iter());
        row.into_iter().flatten().chain(chunked)
    }

    /// How many versions are before position `at`.
    pub(super) fn count_before(&self, at: Revision) -> usize {
        let before = |row: &Row| row.partition_point(|version| version.at < at);
        match self {
            Self::Short(row) => before(row),
            Self::Long(chunks) => {
                let whole =
                    chunks.partition_point(|chunk| chunk.back().is_some_and(|last| last.at < at));
                let passed = match whole {
                    0 => 0,
                    _ if whole == chunks.len() => return self.len(),
                    _ => chunks[0].len() + CHUNK * (whole - 1),
                };
                passed + chunks.get(whole).map_or(0, |chunk| before(chunk))
            }
        }
    }

    pub(super) fn push(&mut self, version: Arc<Version>) {
        match self {
            Self::Short(row) if row.len() < CHUNK => row.push_back(version),
            Self::Short(row) => {
                let full = Arc::new(std::mem::take(row));
                *self = Self::Long(VecDeque::from([full, Arc::new(Row::from([version]))]));
            }
            Self::Long(chunks) => match chunks.back_mut() {
                Some(last) if last.len() < CHUNK => Arc::make_mut(last).push_back(version),
                _ => {
                    let mut row = Row::with_capacity(CHUNK);
                    row.push_back(version);
                    chunks.push_back(Arc::new(row));
                }
            },
        }
    }

    /// Drops the first `count` versions, fewer than there are, handing each to `dropped`.
    pub(super) fn drop_first(&mut self, mut count: usize, mut dropped: impl FnMut(&Version)) {
        let mut drain = |row: &mut Row, count: usize| {
            row.drain(..count).for_each(|version| dropped(&version));
            if row.capacity() > 16 && row.capacity() > 4 * row.len() {
                row.shrink_to(2 * row.len());
            }
        };
        match self {
            Self::Short(row) => drain(row, count),
            Self::Long(chunks) => {
                while let Some(first) = chunks.front_mut()
                    && count > 0
                {
                    let here = count.min(first.len());
                    drain(Arc::make_mut(first), here);
                    count -= here;
                    if first.is_empty() {
                        chunks.pop_front();
                    }
                }
                if chunks.len() <= 1 {
                    let row = chunks.pop_front().map(Arc::unwrap_or_clone);
                    *self = Self::Short(row.unwrap_or_default());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: i64) -> Arc<Version> {
        Arc::new(Version::new(
            b"k",
            b"",
            Revision::first(number),
            1,
            number,
            0,
        ))
    }

    #[test]
    fn behaves_as_a_row() {
        let mut run = Run::default();
        let mut row: Vec<i64> = Vec::new();
        for number in 1..200i64 {
            run.push(version(number));
            row.push(number);
            if number % 7 == 0 {
                let view = run.clone();
                let count = (number as usize * 5) % row.len().min(11);
                let mut dropped = Vec::new();
                run.drop_first(count, |version| dropped.push(version.at.main));
                assert_eq!(dropped, row.drain(..count).collect::<Vec<_>>());
                assert_eq!(view.len(), row.len() + count, "a copy stays as it was");
            }
            assert_eq!(run.len(), row.len());
            assert_eq!(
                run.iter()
                    .map(|version| version.at.main)
                    .collect::<Vec<_>>(),
                row
            );
            for (index, number) in row.iter().enumerate() {
                assert_eq!(run.get(index).map(|version| version.at.main), Some(*number));
                assert_eq!(run.count_before(Revision::first(*number)), index);
            }
            assert!(run.get(row.len()).is_none());
            assert_eq!(run.count_before(Revision::first(number + 1)), row.len());
        }
    }
}
