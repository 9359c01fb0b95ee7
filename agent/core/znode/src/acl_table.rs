//! The access control lists in use, each once: nodes name them by number.

use std::collections::BTreeMap;
use std::sync::Arc;

use synod_tree::{Edit, Entry, Tree};
use xxhash_rust::xxh3::xxh3_64;

use crate::acl::{self, Acl};

/// The number of the open list. It is always there and not counted.
pub(crate) const OPEN: u64 = 0;

/// A list, and how many nodes name it.
#[derive(Clone)]
pub(crate) struct Listed {
    key: [u8; 8],
    pub(crate) list: Arc<[Acl]>,
    nodes: u64,
}

impl Listed {
    pub(crate) const fn number(&self) -> u64 {
        u64::from_be_bytes(self.key)
    }
}

impl Entry for Listed {
    fn key(&self) -> &[u8] {
        &self.key
    }
}

/// All lists.
///
/// Invariants: 1. no two numbers have equal lists; 2. no number is `next` or above it; 3. a list that no node names is in `idle`
/// until [`AclTable::sweep`] removes it.
#[derive(Clone)]
pub(crate) struct AclTable {
    lists: Tree<Listed>,
    numbers: BTreeMap<Arc<[Acl]>, u64>,
    open: Arc<[Acl]>,
    idle: Vec<u64>,
    next: u64,
    digest: u64,
    bytes: u64,
}

impl Default for AclTable {
    fn default() -> Self {
        Self {
            lists: Tree::default(),
            numbers: BTreeMap::new(),
            open: Acl::open().into(),
            idle: Vec::new(),
            next: OPEN + 1,
            digest: 0,
            bytes: 0,
        }
    }
}

/// No counting comes so far: a snapshot that says so is damaged.
const NUMBER_MAX: u64 = 1 << 62;

impl AclTable {
    pub(crate) fn get(&self, number: u64) -> &Arc<[Acl]> {
        if number == OPEN {
            return &self.open;
        }
        let listed = self.lists.get(&number.to_be_bytes());
        &listed.expect("nodes name lists that are there").list
    }

    /// Whether there is a list of this number.
    pub(crate) fn has(&self, number: u64) -> bool {
        number == OPEN || self.lists.get(&number.to_be_bytes()).is_some()
    }

    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }

    /// Bytes of all lists.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next number to be given.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn since(&self, number: u64) -> impl Iterator<Item = &Listed> {
        self.lists.range(&number.to_be_bytes(), None)
    }

    /// The number of a list, a new one if it has none. Until a node names it the list is idle.
    pub(crate) fn intern(&mut self, list: Vec<Acl>) -> u64 {
        if *list == *self.open {
            return OPEN;
        }
        if let Some(number) = self.numbers.get(&*list) {
            return *number;
        }
        let number = self.next;
        self.insert(number, list.into());
        self.idle.push(number);
        number
    }

    /// Puts a list where a snapshot says it is; false if that cannot be. The nodes that name it follow.
    pub(crate) fn restore(&mut self, number: u64, list: Vec<Acl>) -> bool {
        let counted = number >= self.next && number < NUMBER_MAX;
        let fits = counted && !self.numbers.contains_key(&*list) && *list != *self.open;
        if fits {
            self.insert(number, list.into());
        }
        fits
    }

    /// Sets the next number as a snapshot says; false if that cannot be.
    pub(crate) const fn restore_next(&mut self, next: u64) -> bool {
        let fits = next >= self.next && next <= NUMBER_MAX;
        if fits {
            self.next = next;
        }
        fits
    }

    fn insert(&mut self, number: u64, list: Arc<[Acl]>) {
        self.next = number + 1;
        self.digest = self.digest.wrapping_add(digest(number, &list));
        self.bytes += acl::cost(&list) as u64;
        self.numbers.insert(Arc::clone(&list), number);
        self.lists.insert(Listed {
            key: number.to_be_bytes(),
            list,
            nodes: 0,
        });
    }

    /// One node more, or one less, names a list.
    pub(crate) fn count(&mut self, number: u64, more: bool) {
        if number == OPEN {
            return;
        }
        let left = self.lists.edit(&number.to_be_bytes(), |listed| {
            let listed = listed.expect("nodes name lists that are there");
            listed.nodes = if more {
                listed.nodes + 1
            } else {
                listed.nodes - 1
            };
            (Edit::Keep, listed.nodes)
        });
        if left == 0 {
            self.idle.push(number);
        }
    }

    /// Removes the lists that no node names. At the end of a command, so that what is undone within it finds its list.
    pub(crate) fn sweep(&mut self) {
        for number in std::mem::take(&mut self.idle) {
            let key = number.to_be_bytes();
            if self.lists.get(&key).is_some_and(|listed| listed.nodes == 0) {
                let listed = self.lists.remove(&key).expect("it was found");
                self.numbers.remove(&listed.list);
                self.digest = self.digest.wrapping_sub(digest(number, &listed.list));
                self.bytes -= acl::cost(&listed.list) as u64;
            }
        }
    }

    /// Checks everything against how many nodes name each number.
    pub(crate) fn invariants(&self, named: &BTreeMap<u64, u64>) {
        self.lists.invariants();
        assert_eq!(
            self.lists.len(),
            self.numbers.len(),
            "lists by number and by content"
        );
        assert!(self.idle.is_empty(), "idle lists were swept");
        let mut sum = 0u64;
        for listed in self.lists.iter() {
            assert_eq!(
                self.numbers.get(&listed.list),
                Some(&listed.number()),
                "a list's number"
            );
            assert_eq!(
                Some(&listed.nodes),
                named.get(&listed.number()),
                "nodes of a list"
            );
            assert!(listed.number() < self.next, "numbers are given in order");
            sum = sum.wrapping_add(digest(listed.number(), &listed.list));
        }
        assert_eq!(sum, self.digest, "the digest of lists");
        let missing = named
            .keys()
            .find(|number| self.lists.get(&number.to_be_bytes()).is_none());
        assert_eq!(missing, None, "a list that is named and not there");
    }
}

fn digest(number: u64, list: &[Acl]) -> u64 {
    let mut bytes = number.to_le_bytes().to_vec();
    for acl in list {
        bytes.extend_from_slice(&acl.permissions.0.to_le_bytes());
        for text in [&acl.id.scheme, &acl.id.id] {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    xxh3_64(&bytes)
}
