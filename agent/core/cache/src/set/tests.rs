use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Deed {
    Add(Vec<(bool, u16)>),
    Remove(Vec<(bool, u16)>),
    /// What is there now is looked at when all is done.
    Pin,
}

fn deed(members: u16) -> impl Strategy<Value = Deed> {
    let some = || proptest::collection::vec((proptest::bool::weighted(0.8), 0..members), 1..20);
    prop_oneof![
        5 => some().prop_map(Deed::Add),
        3 => some().prop_map(Deed::Remove),
        1 => Just(Deed::Pin),
    ]
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    prop_oneof![
        proptest::collection::vec(deed(8), 0..30),
        proptest::collection::vec(deed(2000), 0..200),
    ]
}

/// An integer, or something else, of various lengths.
fn name((is_integer, number): (bool, u16)) -> Vec<u8> {
    if is_integer {
        return (i64::from(number) * 7 - 100).to_string().into_bytes();
    }
    let length = [5, 70, 260, 1100][usize::from(number % 4)];
    format!("{number:x>length$}").into_bytes()
}

fn again(set: Set) -> Set {
    let Closed { kept, shown } = set.close();
    match kept {
        Kept::Packed(bytes) => {
            assert!(bytes.len() <= PACKED_BYTES_MAX);
            Set::open_packed(bytes, shown)
        }
        Kept::Object(object) => Set::open_object(object, shown),
    }
}

fn check(set: &Set, model: &HashSet<Vec<u8>>) {
    let view = set.view();
    let members: Vec<_> = view.iter().collect();
    assert_eq!((members.len(), view.len()), (model.len(), model.len()));
    assert_eq!(view.is_empty(), model.is_empty());
    assert!(members.iter().all(|member| model.contains(*member)));
    assert!(model.iter().all(|member| view.contains(member)));
    assert!(!view.contains(b"never"));
    if let (SetView::Packed(_), INTSET) = (view, set.shown) {
        let numbers: Vec<_> = members.iter().map(|member| integer(member)).collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
    let (mut cursor, mut met) = (0, HashSet::new());
    while let Some((some, next)) = view.walk(cursor) {
        met.extend(some.into_iter().map(|(member, _)| member));
        cursor = next;
        if next == 0 {
            assert_eq!(met.len(), model.len());
            break;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn it_is_a_set(deeds in deeds()) {
        let limits = Limits::default();
        let (mut set, mut model, mut pinned) = (Set::default(), HashSet::new(), Vec::new());
        for deed in deeds {
            match deed {
                Deed::Add(some) => {
                    let some: Vec<_> = some.into_iter().map(name).collect();
                    let named: Vec<_> = some.iter().map(Vec::as_slice).collect();
                    let members = Members::Named(&named);
                    let added = set.apply(&SetChange::Add { members, expecting: INTSET }, &limits);
                    prop_assert_eq!(added, some.into_iter().filter(|member| model.insert(member.clone())).count());
                }
                Deed::Remove(some) => {
                    let some: Vec<_> = some.into_iter().map(name).collect();
                    let named: Vec<_> = some.iter().map(Vec::as_slice).collect();
                    let members = Members::Named(&named);
                    let removed = set.apply(&SetChange::Remove { members }, &limits);
                    prop_assert_eq!(removed, some.iter().filter(|member| model.remove(*member)).count());
                }
                Deed::Pin => pinned.push((set.clone(), model.clone())),
            }
            set = again(set);
        }
        check(&set, &model);
        for (set, model) in pinned.iter().rev().take(10) {
            check(set, model);
        }
    }

    /// Both ways to a difference, and the others, find what a naive way finds.
    #[test]
    fn algebra_is_as_it_should_be(sets in proptest::collection::vec(proptest::collection::hash_set((any::<bool>(), 0..60_u16), 0..80), 1..5)) {
        let limits = Limits::default();
        let models: Vec<HashSet<_>> = sets.into_iter().map(|set| set.into_iter().map(name).collect()).collect();
        let sets: Vec<_> = models.iter().map(|model| {
            let mut set = Set::default();
            for member in model {
                set.add(member, &limits);
            }
            set
        }).collect();
        let views: Vec<_> = sets.iter().map(Set::view).collect();
        let found = |members: &[&[u8]]| -> HashSet<Vec<u8>> {
            let found: HashSet<_> = members.iter().map(|member| member.to_vec()).collect();
            assert_eq!(found.len(), members.len(), "one is there twice");
            found
        };
        let first = models[0].iter().cloned();
        let others = &models[1..];
        let difference: HashSet<_> = first.clone().filter(|it| !others.iter().any(|set| set.contains(it))).collect();
        let intersection: HashSet<_> = first.filter(|it| others.iter().all(|set| set.contains(it))).collect();
        let union: HashSet<_> = models.iter().flatten().cloned().collect();
        for (operation, expected) in [
            (algebra::Operation::Difference, &difference),
            (algebra::Operation::Intersection, &intersection),
            (algebra::Operation::Union, &union),
        ] {
            let mut made = None;
            algebra::made(operation, &views, &limits, |members| made = Some(found(members)));
            prop_assert_eq!(made.as_ref(), Some(expected));
        }
        let by_removal = algebra::difference_by_removal(&views, &limits);
        prop_assert_eq!(found(&by_removal.view().iter().collect::<Vec<_>>()), difference.clone());
        if let Some(by_look) = algebra::difference_by_look(&views) {
            prop_assert_eq!(found(&by_look), difference);
        }
    }
}

/// As `OBJECT ENCODING` of Redis 7.2 shows them: <https://github.com/redis/redis/blob/7.2/src/t_set.c>.
#[test]
fn encodings_are_shown_as_in_redis() {
    let limits = Limits::default();
    let shown = |members: &mut dyn Iterator<Item = String>| {
        let mut set = Set::default();
        for member in members {
            set.add(member.as_bytes(), &limits);
        }
        set.shown
    };
    let integers = |count: usize| (0..count).map(|number| number.to_string());
    let words = |count: usize| (0..count).map(|number| format!("w{number}"));
    let one = |word: &str| std::iter::once(word.to_owned());
    assert_eq!(shown(&mut integers(512)), INTSET);
    assert_eq!(shown(&mut integers(513)), HASHTABLE);
    assert_eq!(shown(&mut words(128)), LISTPACK);
    assert_eq!(shown(&mut words(129)), HASHTABLE);
    assert_eq!(shown(&mut integers(127).chain(one("x"))), LISTPACK);
    assert_eq!(shown(&mut integers(128).chain(one("x"))), HASHTABLE);
    assert_eq!(shown(&mut one(&"x".repeat(64))), LISTPACK);
    assert_eq!(shown(&mut one(&"x".repeat(65))), HASHTABLE);
    let mut set = Set::default();
    set.add(b"x", &limits);
    set.remove(b"x");
    set.add(b"1", &limits);
    assert_eq!(set.shown, LISTPACK, "it does not go back");
    for (first, count, expected) in [
        ("1", 512, INTSET),
        ("1", 513, HASHTABLE),
        ("x", 128, LISTPACK),
        ("x", 129, HASHTABLE),
    ] {
        let expecting = Set::default().expecting(first.as_bytes(), count, &limits);
        assert_eq!(expecting, expected, "{first} {count}");
    }
    assert_eq!(set.expecting(b"1", 128, &limits), LISTPACK);
    assert_eq!(set.expecting(b"1", 129, &limits), HASHTABLE);
}
