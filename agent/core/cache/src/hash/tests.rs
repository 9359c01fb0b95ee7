use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Deed {
    Put(u16, usize, Option<i64>),
    Remove(u16),
    Expire(u16, Option<i64>),
    /// What has expired by then goes, about so many fields of it.
    Due(i64, usize),
    /// Of eight fields one stays.
    Thin(u16),
    /// What is there now is looked at when all is done.
    Pin,
}

type Model = HashMap<Vec<u8>, (Vec<u8>, Option<i64>)>;

fn deed(fields: u16) -> impl Strategy<Value = Deed> {
    let size = prop_oneof![20 => 0..40_usize, 1 => 240..270_usize, 1 => 900..1100_usize];
    let expiry = proptest::option::weighted(0.5, -5..100_i64);
    prop_oneof![
        10 => (0..fields, size, expiry.clone()).prop_map(|(field, size, expiry)| Deed::Put(field, size, expiry)),
        5 => (0..fields).prop_map(Deed::Remove),
        5 => (0..fields, expiry).prop_map(|(field, expiry)| Deed::Expire(field, expiry)),
        1 => (prop_oneof![4 => -5..20_i64, 1 => -5..110_i64], prop_oneof![Just(1_usize), Just(usize::MAX)])
            .prop_map(|(now, most)| Deed::Due(now, most)),
        1 => Just(Deed::Pin),
    ]
}

fn thinned() -> impl Strategy<Value = Vec<Deed>> {
    let many = || proptest::collection::vec(deed(600), 300..600);
    (many(), 0..8_u16, proptest::collection::vec(deed(600), 0..5))
        .prop_map(|(many, stays, some)| [many, vec![Deed::Thin(stays)], some].concat())
}

/// Nothing expires: it becomes neither small nor large.
fn lasting() -> impl Strategy<Value = Vec<Deed>> {
    let put = |size: usize| move |field| Deed::Put(field, size, None);
    let deed = prop_oneof![
        12 => (0..450_u16).prop_map(put(8)),
        2 => (0..450_u16).prop_map(put(20)),
        3 => (0..450_u16).prop_map(Deed::Remove),
        1 => (0..450_u16).prop_map(|field| Deed::Expire(field, None)),
        1 => Just(Deed::Pin),
    ];
    let last = prop_oneof![
        Just(vec![]),
        proptest::collection::vec(self::deed(600), 0..3)
    ];
    (proptest::collection::vec(deed, 0..900), last).prop_map(|(all, last)| [all, last].concat())
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    prop_oneof![
        lasting(),
        proptest::collection::vec(deed(8), 0..60),
        proptest::collection::vec(deed(600), 0..1500),
        thinned(),
    ]
}

fn name(field: u16) -> Vec<u8> {
    format!("field-{field}").into_bytes()
}

/// Closed and opened again.
fn again(hash: Hash) -> Hash {
    let Closed { kept, shown } = hash.close();
    match kept {
        Kept::Packed(bytes) => {
            assert!(bytes.len() <= PACKED_BYTES_MAX);
            Hash::open_packed(bytes, shown)
        }
        Kept::Object(object) => Hash::open_object(object, shown),
    }
}

fn before(hash: &Hash) -> Option<i64> {
    match &hash.fields {
        Fields::Packed(packed) => soonest(packed.bytes()),
        Fields::Large(large) => large.soonest(),
    }
}

fn expired(hash: &mut Hash, now: i64, most: usize) -> Vec<Box<[u8]>> {
    match &mut hash.fields {
        Fields::Packed(packed) => due(packed.bytes(), now),
        Fields::Large(large) => large.due(now, most),
    }
}

/// Looked at from some time, it has what has not expired by then.
fn check(hash: &Hash, model: &Model) {
    for now in [i64::MIN, 10, 50, i64::MAX] {
        let view = hash.view().at(now);
        let is_left = |expiry: Option<i64>| expiry.is_none_or(|at| at >= now);
        let left: HashMap<_, _> = model
            .iter()
            .filter(|(_, (_, expiry))| is_left(*expiry))
            .collect();
        let found: Vec<_> = view.iter().collect();
        assert_eq!(
            (view.len(), found.len()),
            (left.len(), left.len()),
            "at {now}"
        );
        assert_eq!(view.is_empty(), left.is_empty());
        for (field, value) in found {
            assert_eq!(left[&field.to_vec()].0, value);
        }
        for field in 0..600 {
            let field = name(field);
            let own = left
                .get(&field)
                .map(|(value, expiry)| (value.as_slice(), *expiry));
            assert_eq!(view.entry(&field), own);
        }
        let walked = walk(view);
        assert_eq!(walked.len(), left.len());
    }
    let first = model.values().filter_map(|(_, expiry)| *expiry).min();
    assert!(before(hash).unwrap_or(i64::MAX) <= first.unwrap_or(i64::MAX));
    if first.is_none() {
        assert_eq!(before(hash), None, "nothing expires");
    }
    let expiring = model.values().filter(|(_, expiry)| expiry.is_some());
    let due = expired(&mut hash.clone(), i64::MAX, usize::MAX);
    assert_eq!(due.len(), expiring.count(), "all come in their time");
}

fn walk(view: HashView<'_>) -> HashMap<&[u8], &[u8]> {
    let (mut cursor, mut met) = (0, HashMap::new());
    loop {
        let Some((fields, next)) = view.walk(cursor) else {
            return view.iter().collect();
        };
        met.extend(fields);
        cursor = next;
        if cursor == 0 {
            return met;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_is_a_map_that_expires(deeds in deeds()) {
        let limits = Limits::default();
        let (mut hash, mut model, mut pinned) = (Hash::default(), Model::new(), Vec::new());
        for (step, deed) in deeds.into_iter().enumerate() {
            match deed {
                Deed::Put(field, size, expiry) => {
                    let (field, value) = (name(field), vec![step as u8; size]);
                    let put = HashChange::Put { field: &field, value: &value, expiry };
                    let is_new = hash.apply(&put, &limits);
                    prop_assert_eq!(is_new, model.insert(field, (value, expiry)).is_none());
                }
                Deed::Remove(field) => {
                    let field = name(field);
                    let was_there = hash.apply(&HashChange::Remove { field: &field }, &limits);
                    prop_assert_eq!(was_there, model.remove(&field).is_some());
                }
                Deed::Expire(field, expiry) => {
                    let field = name(field);
                    let is_there = hash.apply(&HashChange::Expire { field: &field, expiry }, &limits);
                    prop_assert_eq!(is_there, model.contains_key(&field));
                    model.entry(field).and_modify(|own| own.1 = expiry);
                }
                Deed::Due(now, most) => {
                    let due = expired(&mut hash, now, most);
                    let all = model.values().filter(|(_, expiry)| expiry.is_some_and(|at| at < now)).count();
                    prop_assert!(due.len() == all || most <= due.len(), "{} of {}", due.len(), all);
                    for field in due {
                        let was_there = hash.apply(&HashChange::Remove { field: &field }, &limits);
                        prop_assert!(was_there);
                        let (_, expiry) = model.remove(field.as_ref()).expect("it is there");
                        prop_assert!(expiry.is_some_and(|at| at < now));
                    }
                }
                Deed::Thin(stays) => {
                    for field in (0..600).filter(|field| field % 8 != stays) {
                        let field = name(field);
                        hash.apply(&HashChange::Remove { field: &field }, &limits);
                        model.remove(&field);
                    }
                }
                Deed::Pin => pinned.push((hash.clone(), model.clone())),
            }
            hash = again(hash);
        }
        check(&hash, &model);
        for (hash, model) in pinned.iter().rev().take(5) {
            check(hash, model);
        }
    }
}

#[test]
fn hashes_without_expiries_pay_nothing() {
    let limits = Limits::default();
    let mut hash = Hash::default();
    let change = |hash: &mut Hash, expiry| {
        hash.apply(
            &HashChange::Expire {
                field: b"f",
                expiry,
            },
            &limits,
        );
        hash.clone().close()
    };
    hash.put(b"f", b"value", None, &limits);
    let Kept::Packed(before) = hash.clone().close().kept else {
        panic!("it is small");
    };
    assert_eq!(before, b"\x01f\x05value");
    let Kept::Packed(with) = change(&mut hash, Some(77)).kept else {
        panic!("it is small");
    };
    assert_eq!(with.len(), before.len() + 9 + 9);
    let closed = change(&mut hash, None);
    assert!(matches!(closed.kept, Kept::Packed(bytes) if bytes == before));
    assert_eq!(
        closed.shown, LISTPACK_EX,
        "as Redis, which does not go back"
    );
}
