use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::*;

#[derive(Clone, Debug)]
enum Deed {
    Put(u16, usize),
    /// A part of a value gives way to so many bytes.
    Splice(u16, usize, usize, usize),
    Remove(u16),
    /// What is there now is looked at when all is done.
    Pin,
}

fn deed() -> impl Strategy<Value = Deed> {
    let size = prop_oneof![8 => 0..200_usize, 1 => 900..1100_usize, 1 => 4000..9000_usize];
    prop_oneof![
        10 => (0..400_u16, size.clone()).prop_map(|(key, size)| Deed::Put(key, size)),
        6 => (0..400_u16, 0..300_usize, 0..300_usize, size)
            .prop_map(|(key, start, length, with)| Deed::Splice(key, start, length, with)),
        5 => (0..400_u16).prop_map(Deed::Remove),
        1 => Just(Deed::Pin),
    ]
}

/// Keys of various lengths; some are too long for one byte.
fn key(number: u16) -> Vec<u8> {
    let length = if number % 50 == 7 {
        300
    } else {
        3 + usize::from(number % 9)
    };
    let text = format!("{number}-");
    text.bytes().cycle().take(length.max(text.len())).collect()
}

fn put(table: &mut Table, key: &[u8], value: &[u8]) {
    let hash = xxh3_64(key);
    if let Some(at) = table.find(hash, key) {
        let length = table.value(at).len();
        table
            .splice(at, hash, 0..length, value.len())
            .copy_from_slice(value);
    } else {
        table.insert(hash, key, value.len()).copy_from_slice(value);
    }
    while table.grow(xxh3_64) {}
}

fn contents(table: &Table) -> HashMap<Vec<u8>, Vec<u8>> {
    let entries: Vec<_> = table.iter().collect();
    let contents: HashMap<_, _> = entries
        .iter()
        .map(|(_, key, value)| (key.to_vec(), value.to_vec()))
        .collect();
    assert_eq!(contents.len(), entries.len(), "a key is there twice");
    contents
}

fn check(table: &Table, model: &HashMap<Vec<u8>, Vec<u8>>) {
    assert_eq!(&contents(table), model);
    assert_eq!(table.len(), model.len());
    for (at, key, _) in table.iter() {
        assert_eq!(table.find(xxh3_64(key), key), Some(at));
    }
    let used: usize = (0..table.buckets())
        .map(|bucket| table.node(bucket).used())
        .sum();
    assert_eq!(used, table.used);
    let capacity: usize = (0..table.buckets())
        .map(|bucket| table.node(bucket).capacity())
        .sum();
    assert_eq!(capacity, table.capacity);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_is_a_map(deeds in proptest::collection::vec(deed(), 0..600)) {
        let mut table = Table::default();
        let mut model = HashMap::new();
        let mut pinned = Vec::new();
        for (step, deed) in deeds.into_iter().enumerate() {
            let filling = |length: usize| vec![step as u8; length];
            match deed {
                Deed::Put(number, size) => {
                    put(&mut table, &key(number), &filling(size));
                    model.insert(key(number), filling(size));
                }
                Deed::Splice(number, start, length, with) => {
                    let key = key(number);
                    let hash = xxh3_64(&key);
                    let Some(at) = table.find(hash, &key) else { continue };
                    let value = model.get_mut(&key).expect("it is in the table");
                    let start = start.min(value.len());
                    let range = start..(start + length).min(value.len());
                    value.splice(range.clone(), filling(with));
                    let changed = table.splice(at, hash, range, with);
                    changed[start..start + with].fill(step as u8);
                    while table.grow(xxh3_64) {}
                }
                Deed::Remove(number) => {
                    let key = key(number);
                    let found = table.find(xxh3_64(&key), &key);
                    prop_assert_eq!(found.is_some(), model.remove(&key).is_some());
                    found.into_iter().for_each(|at| table.remove(at));
                    while table.shrink(xxh3_64) {}
                }
                Deed::Pin => pinned.push((table.clone(), model.clone())),
            }
        }
        check(&table, &model);
        for (table, model) in &pinned {
            check(table, model);
        }
        let keys: Vec<_> = model.keys().cloned().collect();
        for key in keys {
            table.remove(table.find(xxh3_64(&key), &key).expect("it is there"));
            while table.shrink(xxh3_64) {}
        }
        check(&table, &HashMap::new());
        prop_assert_eq!(table.buckets(), 1);
    }

    /// While a walk goes on, keys come and go; those that stay are met.
    #[test]
    fn a_walk_meets_what_stays(before in 1..3000_u64, steps in proptest::collection::vec(0..60_u64, 1..60), grows in any::<bool>()) {
        let mut table = Table::default();
        let name = |number: u64| format!("key-{number}").into_bytes();
        for number in 0..before + 3000 * u64::from(!grows) {
            put(&mut table, &name(number), b"0123456789012345678901234567890123456789");
        }
        let mut next = before + 3000 * u64::from(!grows);
        let mut met = HashSet::new();
        let mut steps = steps.into_iter().cycle();
        let mut cursor = 0;
        loop {
            let (bucket, following) = table.walk(cursor);
            met.extend(table.bucket(bucket).map(|(_, key, _)| key.to_vec()));
            if following == 0 {
                break;
            }
            cursor = following;
            for _ in 0..steps.next().expect("it goes on") {
                if grows && next < before + 5000 {
                    put(&mut table, &name(next), b"0123456789012345678901234567890123456789");
                    next += 1;
                } else if !grows && next > before {
                    next -= 1;
                    let key = name(next);
                    table.remove(table.find(xxh3_64(&key), &key).expect("it is there"));
                    while table.shrink(xxh3_64) {}
                }
            }
        }
        for number in 0..before {
            prop_assert!(met.contains(&name(number)), "{} was not met", number);
        }
    }
}

#[test]
fn a_short_entry_costs_little() {
    const KEYS: u64 = 200_000;
    let mut table = Table::default();
    for number in 0..KEYS {
        put(
            &mut table,
            format!("key:{number:06}").as_bytes(),
            &[b'x'; 68],
        );
    }
    let payload = KEYS * (10 + 68);
    let overhead = (table.allocated() as u64 - payload) / KEYS;
    assert!(overhead <= 20, "{overhead} bytes beyond key and value");
}

#[test]
fn random_entries_are_about_as_probable() {
    let mut table = Table::default();
    for number in 0..1000_u64 {
        put(&mut table, &number.to_le_bytes(), &[0; 60]);
    }
    let mut state = 1_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut met = HashMap::new();
    for _ in 0..100_000 {
        let at = table.random(&mut random).expect("there are some");
        *met.entry(table.entry(at).0.to_vec()).or_insert(0) += 1;
    }
    assert_eq!(met.len(), 1000);
    assert!(
        met.values().all(|count| (50..=160).contains(count)),
        "{:?}",
        met.values().max()
    );
}
