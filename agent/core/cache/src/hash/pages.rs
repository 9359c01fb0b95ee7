//! Hashes that are neither small nor large: as many fields as Redis packs, at most.

use super::page::{ENTRY_BYTES_MAX, Entry, PAGE_BYTES_MAX, Page};

/// Fields in some [`Page`]s, in about the order in which they came. None of them expires.
///
/// Whoever looks for a field looks through all pages, which is less than what Redis does with a hash of that size.
///
/// Invariant: no page is empty, and there is one.
#[derive(Clone, Debug)]
pub(crate) struct Pages(Box<[Page]>);

/// There are no more fields in pages.
const FIELDS_MAX: usize = 512;
/// There are no more pages.
const PAGES_MAX: usize = 24;

impl Pages {
    /// Of these fields, which are different, if there are not too many and none is long.
    pub(super) fn of<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Option<Self> {
        let mut pages = Self(Box::default());
        for (field, value) in fields {
            if !pages.push(field, value) {
                return None;
            }
        }
        (!pages.0.is_empty()).then_some(pages)
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        const COUNTS: usize = 16;
        let page = |page: &Page| page.capacity() + COUNTS + size_of::<Page>();
        self.0.iter().map(page).sum()
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(Page::count).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let entries = self.0.iter().flat_map(Page::entries);
        entries.map(|entry| (entry.field, entry.value))
    }

    pub(super) fn get(&self, field: &[u8]) -> Option<&[u8]> {
        self.find(field).map(|(_, entry)| entry.value)
    }

    fn find(&self, field: &[u8]) -> Option<(usize, Entry<'_>)> {
        let mut pages = self.0.iter().enumerate();
        pages.find_map(|(page, it)| Some((page, it.find(field)?)))
    }

    /// Gives a field a value; whether it is new. Nothing, and nothing is changed, if that is too much for pages.
    pub(super) fn put(&mut self, field: &[u8], value: &[u8]) -> Option<bool> {
        let Some((page, entry)) = self.find(field) else {
            return self.push(field, value).then_some(true);
        };
        let range = entry.range();
        if self.0[page].set(range.clone(), field, value) {
            return Some(false);
        }
        if !self.takes(field, value) {
            return None;
        }
        // One page more than there may be is made less by whoever puts something next.
        self.cut(page, range);
        self.add(field, value);
        Some(false)
    }

    /// Removes a field; whether it was there.
    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        let Some((page, entry)) = self.find(field) else {
            return false;
        };
        let range = entry.range();
        self.cut(page, range);
        true
    }

    /// Whether this field and value are short enough.
    fn takes(&self, field: &[u8], value: &[u8]) -> bool {
        field.len() + value.len() <= ENTRY_BYTES_MAX && self.0.len() <= PAGES_MAX
    }

    /// Adds a field that is not there, if that is not too much for pages.
    fn push(&mut self, field: &[u8], value: &[u8]) -> bool {
        let takes = self.takes(field, value) && self.len() < FIELDS_MAX;
        if takes {
            self.add(field, value);
        }
        takes
    }

    fn add(&mut self, field: &[u8], value: &[u8]) {
        let last = self.0.last_mut();
        if !last.is_some_and(|page| page.push(field, value)) {
            self.change(|pages| pages.push(Page::of(field, value)));
        }
    }

    /// Removes an entry of a page, and the page if it is empty, or joins it with the next one if both are small.
    fn cut(&mut self, page: usize, entry: std::ops::Range<usize>) {
        if self.0[page].count() == 1 {
            return self.change(|pages| drop(pages.remove(page)));
        }
        self.0[page].remove(entry);
        for first in [page, page.wrapping_sub(1)] {
            if let Some([one, other]) = self.0.get(first..).and_then(|pages| pages.get(..2))
                && one.end() + other.end() <= PAGE_BYTES_MAX / 2
                && let Some(joined) = joined(one, other)
            {
                return self.change(|pages| drop(pages.splice(first..first + 2, [joined])));
            }
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<Page>)) {
        let mut pages = std::mem::take(&mut self.0).into_vec();
        pages.reserve_exact(1);
        change(&mut pages);
        self.0 = pages.into_boxed_slice();
    }
}

/// The entries of two pages in one, if they fit.
fn joined(one: &Page, other: &Page) -> Option<Page> {
    let mut joined = one.clone();
    let mut entries = other.entries();
    entries
        .all(|entry| joined.push(entry.field, entry.value))
        .then_some(joined)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Deed {
        Put(u16, usize),
        Remove(u16),
        Pin,
    }

    fn deed() -> impl Strategy<Value = Deed> {
        let size = prop_oneof![30 => Just(8_usize), 3 => 0..40_usize, 1 => 200..600_usize];
        prop_oneof![
            12 => (0..600_u16, size).prop_map(|(field, size)| Deed::Put(field, size)),
            6 => (0..600_u16).prop_map(Deed::Remove),
            1 => Just(Deed::Pin),
        ]
    }

    /// Few are not of the same length; one is empty.
    fn name(field: u16) -> Vec<u8> {
        match field {
            0 => Vec::new(),
            1..20 => format!("field {field}").into_bytes(),
            _ => format!("{field:08}").into_bytes(),
        }
    }

    type Model = HashMap<Vec<u8>, Vec<u8>>;

    fn check(pages: &Pages, model: &Model) {
        let all: Vec<_> = pages.iter().collect();
        assert_eq!((all.len(), pages.len()), (model.len(), model.len()));
        for (field, value) in all {
            assert_eq!(model[field], value);
            assert_eq!(pages.get(field), Some(value));
        }
        assert_eq!(pages.get(b"none"), None);
        assert!(pages.0.iter().all(|page| page.count() > 0));
        assert!(pages.0.iter().all(|page| page.end() <= page.capacity()));
        assert!(pages.0.len() <= PAGES_MAX + 1 && model.len() <= FIELDS_MAX);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn they_are_a_map(first in 0..600_u16, deeds in proptest::collection::vec(deed(), 0..1500)) {
            let mut model = Model::from([(name(first), b"1".to_vec())]);
            let mut pages = Pages::of(model.iter().map(|(field, value)| (field.as_slice(), value.as_slice()))).expect("one is few");
            let mut pinned = Vec::new();
            for (step, deed) in deeds.into_iter().enumerate() {
                match deed {
                    Deed::Put(field, size) => {
                        let (field, value) = (name(field), vec![step as u8; size]);
                        let is_new = pages.put(&field, &value);
                        let is_many = model.len() == FIELDS_MAX || pages.0.len() > PAGES_MAX;
                        if is_new.is_none() {
                            prop_assert!(is_many || field.len() + size > ENTRY_BYTES_MAX);
                        } else {
                            prop_assert_eq!(is_new, Some(model.insert(field, value).is_none()));
                        }
                    }
                    Deed::Remove(field) => {
                        let field = name(field);
                        prop_assert_eq!(pages.remove(&field), model.remove(&field).is_some());
                    }
                    Deed::Pin => pinned.push((pages.clone(), model.clone())),
                }
            }
            check(&pages, &model);
            for (pages, model) in pinned.iter().rev().take(5) {
                check(pages, model);
            }
        }
    }

    #[test]
    fn fields_that_are_alike_cost_little() {
        let fields: Vec<_> = (0..500).map(|field| format!("{field:08}")).collect();
        let all = fields.iter().map(|field| (field.as_bytes(), &[7; 8][..]));
        let pages = Pages::of(all).expect("they are not many");
        assert!(pages.allocated() < 500 * 17 + 100, "{}", pages.allocated());
    }
}
