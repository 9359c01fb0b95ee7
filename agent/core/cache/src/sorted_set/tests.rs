use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Put(u16, i8),
    Remove(u16),
    RemoveRanks(usize, usize),
    Pin,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..400_u16, any::<i8>()).prop_map(|(member, score)| Step::Put(member, score)),
        6 => (0..400_u16).prop_map(Step::Remove),
        1 => (0..300_usize, 0..40_usize).prop_map(|(first, count)| Step::RemoveRanks(first, count)),
        1 => Just(Step::Pin),
    ]
}

/// Members of all lengths, some of which are much longer than a leaf.
fn member(number: u16) -> Vec<u8> {
    let length = match number % 50 {
        0 => 300,
        1 => 100,
        2 => 26,
        other => usize::from(other % 7),
    };
    let text = format!("{}{number}", "x".repeat(length));
    text.into_bytes()
}

type Model = BTreeMap<Vec<u8>, f64>;

fn in_order(model: &Model) -> Vec<(Vec<u8>, f64)> {
    let mut all: Vec<_> = model.clone().into_iter().collect();
    all.sort_by(|one, other| Element::new(one.1, &one.0).cmp(&Element::new(other.1, &other.0)));
    all
}

fn check(set: SortedSetView<'_>, model: &Model) {
    let all = in_order(model);
    let owned = |element: Element<'_>| (element.member.to_vec(), element.score());
    assert_eq!(set.len(), all.len());
    assert!(set.iter().map(owned).eq(all.iter().cloned()));
    assert!(
        set.range(0..all.len(), true)
            .map(owned)
            .eq(all.iter().rev().cloned())
    );
    for (rank, (member, score)) in all.iter().enumerate().step_by(7) {
        assert_eq!(set.rank(member), Some((rank, *score)));
        let end = all.len().min(rank + 20);
        assert!(
            set.range(rank..end, false)
                .map(owned)
                .eq(all[rank..end].iter().cloned())
        );
        assert!(
            set.range(rank..end, true)
                .map(owned)
                .eq(all[rank..end].iter().rev().cloned())
        );
    }
    assert_eq!(set.score(b"no such member"), None);
    if let SortedSetView::Many(many) = set {
        many.check();
        let (mut scanned, mut cursor) = (Model::new(), 0);
        loop {
            cursor = many.scan(cursor, |it| {
                scanned.insert(it.member.to_vec(), it.score());
            });
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(&scanned, model);
    }
}

fn applied(set: &mut SortedSet, model: &mut Model, step: &Step, scores: i8) {
    let limits = Limits::default();
    match step {
        Step::Put(number, score) => {
            let (member, score) = (member(*number), f64::from(score % scores));
            let change = SortedSetChange::Put {
                member: &member,
                score,
            };
            let is_new = set.apply(&change, &limits);
            assert_eq!(is_new, model.insert(member, score).is_none());
        }
        Step::Remove(number) => {
            let member = member(*number);
            let was_there = set.apply(&SortedSetChange::Remove { member: &member }, &limits);
            assert_eq!(was_there, model.remove(&member).is_some());
        }
        Step::RemoveRanks(first, count) => {
            let (first, count) = (*first, *count);
            set.apply(&SortedSetChange::RemoveRanks { first, count }, &limits);
            for (member, _) in in_order(model).iter().skip(first).take(count) {
                model.remove(member);
            }
        }
        Step::Pin => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// It is as a plain map is, and what was pinned stays as it was.
    #[test]
    fn as_a_map_in_order(steps in prop::collection::vec(step(), 0..700), scores in prop_oneof![Just(1_i8), Just(5), Just(127)]) {
        let (mut set, mut model) = (SortedSet::default(), Model::new());
        let mut pinned: Option<(LargeSortedSet, Model)> = None;
        for (index, step) in steps.iter().enumerate() {
            applied(&mut set, &mut model, step, scores);
            if index % 150 == 0 {
                check(set.view(), &model);
            }
            if let (Step::Pin, Members::Large(large)) = (step, &set.members) {
                if let Some((large, model)) = pinned {
                    check(large.view(), &model);
                }
                pinned = Some((LargeSortedSet::clone(large), model.clone()));
            }
        }
        check(set.view(), &model);
        if let Some((large, model)) = pinned {
            check(large.view(), &model);
        }
    }
}

/// A walk meets what is there all the time, while others come and go, and while scores change.
#[test]
fn walks_miss_nothing() {
    let limits = Limits::default();
    let mut set = SortedSet::default();
    let name = |number: usize| format!("member-{number}").into_bytes();
    let put = |set: &mut SortedSet, number: usize, score: f64| {
        let member = name(number);
        set.apply(
            &SortedSetChange::Put {
                member: &member,
                score,
            },
            &limits,
        );
    };
    (0..300).for_each(|number| put(&mut set, number, 0.0));
    assert!(matches!(set.view(), SortedSetView::Many(_)));
    let (mut met, mut cursor, mut round) = (std::collections::HashSet::new(), 0, 0);
    loop {
        let (elements, next) = set.view().scan(cursor, 10, 0);
        met.extend(elements.iter().map(|element| element.member.to_vec()));
        if next == 0 {
            break;
        }
        cursor = next;
        round += 1;
        for number in 300..600 {
            if round % 3 == 0 {
                let member = name(number);
                set.apply(&SortedSetChange::Remove { member: &member }, &limits);
            } else {
                put(&mut set, number, f64::from(round));
            }
        }
        (0..300).for_each(|number| put(&mut set, number, f64::from(round * (number % 3) as i32)));
    }
    assert!((0..300).all(|number| met.contains(&name(number))));
    assert!(round > 5);
}

/// Members in order fill leaves; memory is counted as it is taken.
#[test]
fn memory_comes_back() {
    let limits = Limits::default();
    let mut set = SortedSet::default();
    let names: Vec<_> = (0..5000).map(|number| format!("m{number:05}")).collect();
    for (index, name) in names.iter().enumerate() {
        let (member, score) = (name.as_bytes(), index as f64);
        set.apply(&SortedSetChange::Put { member, score }, &limits);
    }
    let allocated = |set: &SortedSet| match &set.members {
        Members::Large(large) => large.allocated(),
        Members::Packed(bytes) => bytes.capacity(),
    };
    let full = allocated(&set);
    for name in &names[10..] {
        let member = name.as_bytes();
        set.apply(&SortedSetChange::Remove { member }, &limits);
    }
    check(
        set.view(),
        &(0..10)
            .map(|at| (names[at].clone().into_bytes(), at as f64))
            .collect(),
    );
    assert!(allocated(&set) < full / 10, "{} of {full}", allocated(&set));
}

/// As Redis shows it: small until there are too many members, or a long one, and never again.
#[test]
fn what_is_shown() {
    let limits = Limits::default();
    let put = |set: &mut SortedSet, member: &[u8], score: f64| {
        set.apply(&SortedSetChange::Put { member, score }, &limits);
    };
    let mut set = SortedSet::default();
    for number in 0..128_u8 {
        put(&mut set, &[number], -0.0);
    }
    assert_eq!(set.shown, LISTPACK);
    assert!(set.view().score(&[7]).is_some_and(f64::is_sign_positive));
    put(&mut set, &[200], -0.0);
    assert_eq!(set.shown, SKIPLIST);
    assert!(set.view().score(&[200]).is_some_and(f64::is_sign_negative));
    set.apply(
        &SortedSetChange::RemoveRanks {
            first: 1,
            count: 128,
        },
        &limits,
    );
    assert_eq!((set.view().len(), set.shown), (1, SKIPLIST));
    let mut set = SortedSet::default();
    put(&mut set, &[b'x'; 64], 1.0);
    assert_eq!(set.shown, LISTPACK);
    put(&mut set, &[b'x'; 65], 1.0);
    assert_eq!(set.shown, SKIPLIST);
}
