use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Edit, Entry, Tree};

#[derive(Clone, Debug, PartialEq)]
struct Pair(Vec<u8>, u64);

impl Entry for Pair {
    fn key(&self) -> &[u8] {
        &self.0
    }

    fn weight(&self) -> u64 {
        self.1
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Vec<u8>, u64),
    Remove(Vec<u8>),
    Double(Vec<u8>),
    Pin,
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(0u8..4, 1..5),
        (0u16..400).prop_map(|number| number.to_be_bytes().to_vec()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (key(), 0u64..5).prop_map(|(key, weight)| Step::Insert(key, weight)),
        5 => key().prop_map(Step::Remove),
        2 => key().prop_map(Step::Double),
        1 => Just(Step::Pin),
    ]
}

fn check(tree: &Tree<Pair>, model: &BTreeMap<Vec<u8>, u64>) {
    tree.invariants();
    assert_eq!(tree.len(), model.len());
    let walked: Vec<_> = tree.iter().map(|pair| (pair.0.clone(), pair.1)).collect();
    let expected: Vec<_> = model
        .iter()
        .map(|(key, weight)| (key.clone(), *weight))
        .collect();
    assert_eq!(walked, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn behaves_as_an_ordered_map(
        steps in proptest::collection::vec(step(), 1..600),
        probes in proptest::collection::vec((key(), key()), 8),
    ) {
        let mut tree = Tree::default();
        let mut model = BTreeMap::new();
        let mut pinned = Vec::new();
        for step in steps {
            match step {
                Step::Insert(key, weight) => {
                    tree.insert(Pair(key.clone(), weight));
                    model.insert(key, weight);
                }
                Step::Remove(key) => {
                    let removed = tree.remove(&key).map(|pair| pair.1);
                    prop_assert_eq!(removed, model.remove(&key));
                }
                Step::Double(key) => {
                    let seen = tree.edit(&key, |found| {
                        let seen = found.is_some();
                        if let Some(pair) = found {
                            pair.1 *= 2;
                        }
                        (Edit::Keep, seen)
                    });
                    prop_assert_eq!(seen, model.contains_key(&key));
                    if let Some(weight) = model.get_mut(&key) {
                        *weight *= 2;
                    }
                }
                Step::Pin => pinned.push((tree.clone(), model.clone())),
            }
        }
        check(&tree, &model);
        prop_assert_eq!(tree.last(None).map(|pair| &pair.0), model.keys().next_back());
        for (view, model) in &pinned {
            check(view, model);
        }
        for (start, end) in probes {
            let expected: Vec<_> =
                model.range(start.clone()..).take_while(|(key, _)| **key < end).map(|(key, _)| key.clone()).collect();
            let walked: Vec<_> = tree.range(&start, Some(&end)).map(|pair| pair.0.clone()).collect();
            prop_assert_eq!(&walked, &expected);
            let weight: u64 = expected.iter().map(|key| model[key]).sum();
            if start <= end {
                prop_assert_eq!(tree.weight_in(&start, Some(&end)), weight);
            }
            let above: u64 = model.range(start.clone()..).map(|(_, weight)| weight).sum();
            prop_assert_eq!(tree.weight_in(&start, None), above);
            let before = model.range(..start.clone()).next_back().map(|(key, _)| key);
            prop_assert_eq!(tree.last(Some(&start)).map(|pair| &pair.0), before);
            prop_assert_eq!(tree.get(&start).map(|pair| pair.1), model.get(&start).copied());
        }
    }
}

#[test]
fn keys_in_order_fill_leaves() {
    let mut tree = Tree::default();
    for number in 0u32..10_000 {
        tree.insert(Pair(number.to_be_bytes().to_vec(), 1));
    }
    tree.invariants();
    assert_eq!(tree.weight(), 10_000);
    for number in 0u32..10_000 {
        assert!(tree.remove(&number.to_be_bytes()).is_some());
    }
    tree.invariants();
    assert_eq!(tree.len(), 0);
}
