use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Deed {
    /// So many elements, beginning with one of [`element`].
    Push(End, usize, usize),
    Pop(End, usize),
    /// At so many thousandths of the list.
    Set(usize, usize),
    Insert(usize, usize),
    Drop(usize, End, usize),
    /// An element goes from one end to the other, so often.
    Turn(End, usize),
    /// What is there now is looked at when all is done.
    Pin,
}

const LENGTHS: [usize; 16] = [
    0, 1, 3, 8, 9, 63, 64, 127, 128, 252, 253, 300, 1000, 2042, 2043, 5000,
];

/// Elements of many lengths, some of them numbers, the short ones first.
fn element(number: usize) -> Vec<u8> {
    match number % 24 {
        0 => b"12".to_vec(),
        1 => b"-5000".to_vec(),
        2 => b"123456789012".to_vec(),
        3 => b"9223372036854775808".to_vec(),
        number @ 4..8 => vec![b'a' + number as u8; number],
        number => vec![b'a' + number as u8; LENGTHS[number - 8]],
    }
}

fn end() -> impl Strategy<Value = End> + Clone {
    prop_oneof![Just(End::Head), Just(End::Tail)]
}

/// With elements of these numbers, and so many.
fn deed(
    number: impl Strategy<Value = usize> + Clone,
    count: impl Strategy<Value = usize> + Clone,
) -> impl Strategy<Value = Deed> {
    let place = || 0..=1000_usize;
    let (some, one) = ((end(), count, number.clone()), (place(), number));
    let ends = (some.0.clone(), some.1.clone());
    prop_oneof![
        12 => some.clone().prop_map(|(end, count, number)| Deed::Push(end, count, number)),
        6 => ends.clone().prop_map(|(end, count)| Deed::Pop(end, count)),
        4 => one.clone().prop_map(|(place, number)| Deed::Set(place, number)),
        10 => one.prop_map(|(place, number)| Deed::Insert(place, number)),
        3 => some.prop_map(|(end, count, number)| Deed::Drop(number, end, count)),
        2 => ends.prop_map(|(end, count)| Deed::Turn(end, count)),
        1 => Just(Deed::Pin),
    ]
}

/// Mostly of short elements.
fn short() -> impl Strategy<Value = Deed> {
    let number = prop_oneof![6 => 0..16_usize, 1 => 0..24_usize].boxed();
    let count = prop_oneof![6 => 0..5_usize, 3 => 0..200_usize, 1 => 0..1000_usize];
    deed(number, count.boxed())
}

/// Of long elements, so that there are many nodes.
fn long() -> impl Strategy<Value = Deed> {
    deed(20..24_usize, 0..100_usize)
}

/// Makes a change, as who reads it from the effects.
fn apply(list: &mut List, change: &ListChange<'_>) -> usize {
    let mut written = Vec::new();
    List::write(change, &mut Writer(&mut written));
    let mut from = Reader(&written);
    let read = List::read(&mut from).expect("it was written");
    assert!(from.is_empty());
    list.apply(&read, &Limits::default())
}

fn act(list: &mut List, model: &mut Vec<Vec<u8>>, deed: &Deed) {
    let at = |place: usize, length: usize| place * length / 1000;
    match *deed {
        Deed::Push(end, count, number) => {
            let spread = 1 + count % 7;
            let elements = (0..count).map(|step| element(number + step % spread));
            let elements: Vec<_> = elements.collect();
            let given: Vec<_> = elements.iter().map(Vec::as_slice).collect();
            let elements = Elements::Given(&given);
            apply(list, &ListChange::Push { end, elements });
            put(model, end, &given);
        }
        Deed::Pop(end, count) => {
            apply(list, &ListChange::Pop { end, count });
            let count = count.min(model.len());
            let from = if end == End::Head {
                0
            } else {
                model.len() - count
            };
            model.drain(from..from + count);
        }
        Deed::Set(place, number) => {
            let (index, element) = (at(place, model.len()), &element(number));
            apply(list, &ListChange::Set { index, element });
            if let Some(own) = model.get_mut(index) {
                own.clone_from(element);
            }
        }
        Deed::Insert(place, number) => {
            let (index, element) = (at(place, model.len()), &element(number));
            apply(list, &ListChange::Insert { index, element });
            model.insert(index, element.clone());
        }
        Deed::Drop(number, end, count) => {
            let element = &element(number);
            let dropped = apply(
                list,
                &ListChange::Drop {
                    element,
                    end,
                    count,
                },
            );
            assert_eq!(dropped, drop_equal(model, element, end, count));
        }
        Deed::Turn(end, count) if !model.is_empty() => {
            for _ in 0..count {
                let element = list
                    .view()
                    .end(end)
                    .expect("there are some")
                    .bytes()
                    .to_vec();
                apply(list, &ListChange::Pop { end, count: 1 });
                let (end, elements) = (end.other(), Elements::Given(&[&element]));
                apply(list, &ListChange::Push { end, elements });
            }
            let by = count % model.len();
            match end {
                End::Head => model.rotate_left(by),
                End::Tail => model.rotate_right(by),
            }
        }
        Deed::Turn(..) | Deed::Pin => {}
    }
}

fn put(model: &mut Vec<Vec<u8>>, end: End, elements: &[&[u8]]) {
    let elements = elements.iter().map(|element| element.to_vec());
    match end {
        End::Tail => model.extend(elements),
        End::Head => drop(model.splice(0..0, elements.rev())),
    }
}

fn drop_equal(model: &mut Vec<Vec<u8>>, element: &[u8], end: End, count: usize) -> usize {
    let places = (0..model.len()).filter(|at| model[*at] == element);
    let mut places: Vec<_> = places.collect();
    if end == End::Tail {
        places.reverse();
    }
    places.truncate(count);
    places.sort_unstable();
    places.iter().rev().for_each(|at| drop(model.remove(*at)));
    places.len()
}

fn check(list: &List, model: &[Vec<u8>]) {
    let view = list.view();
    assert_eq!(view.len(), model.len());
    let forth: Vec<_> = view.run_from(End::Head).map(Element::bytes).collect();
    assert!(forth == model, "it differs from head to tail");
    let mut back: Vec<_> = view.run_from(End::Tail).map(Element::bytes).collect();
    back.reverse();
    assert!(back == model, "it differs from tail to head");
    for index in (0..model.len() + 2).step_by(model.len() / 50 + 1) {
        let from = view.get(index).map(Element::bytes);
        assert_eq!(from, model.get(index).map(Vec::as_slice));
        let back = view.run(index, End::Head).nth(index.min(3));
        let expected = model.get(index).map(|_| &model[index - index.min(3)]);
        assert_eq!(back.map(Element::bytes), expected.map(Vec::as_slice));
    }
    let bytes = model.iter().map(|element| listpack_bytes(element)).sum();
    let count = model.len();
    assert_eq!(list.size(), Size { count, bytes });
    match &list.body {
        Body::Packed(packed) => assert!(packed.bytes().len() <= PACKED_BYTES_MAX),
        Body::Large(large) => large.check(),
    }
}

fn play(deeds: &[Deed]) {
    let (mut list, mut model) = (List::default(), Vec::new());
    let mut pinned = Vec::new();
    for deed in deeds {
        if matches!(deed, Deed::Pin) {
            pinned.push((list.clone(), model.clone()));
        }
        act(&mut list, &mut model, deed);
        assert_eq!(list.view().len(), model.len());
    }
    check(&list, &model);
    for (list, model) in &pinned {
        check(list, model);
    }
    act(&mut list, &mut model, &Deed::Pop(End::Head, usize::MAX));
    check(&list, &[]);
    assert!(list.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn it_is_a_list(deeds in proptest::collection::vec(short(), 0..60)) {
        play(&deeds);
    }

    /// Whatever is read as a change can be made.
    #[test]
    fn no_change_breaks_it(
        deeds in proptest::collection::vec(short(), 0..8),
        op in prop_oneof![1..6_u8, 0x81..0x86_u8],
        written in proptest::collection::vec(prop_oneof![0..8_u8, any::<u8>()], 0..40),
    ) {
        let (mut list, mut model) = (List::default(), Vec::new());
        deeds.iter().for_each(|deed| act(&mut list, &mut model, deed));
        let written = [&[op], written.as_slice()].concat();
        if let Ok(change) = List::read(&mut Reader(&written)) {
            list.apply(&change, &Limits::default());
            if let Body::Large(large) = &list.body {
                large.check();
            }
        }
    }

    #[test]
    fn it_is_a_list_of_many_nodes(deeds in proptest::collection::vec(long(), 0..60)) {
        play(&deeds);
    }
}

/// Elements of eight bytes take little more than nine, whichever end they come at.
#[test]
fn a_short_element_costs_little() {
    for end in [End::Head, End::Tail] {
        let mut list = List::default();
        for number in 0..100_000_u64 {
            let element = &number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
            let elements = Elements::Given(&[element]);
            list.apply(&ListChange::Push { end, elements }, &Limits::default());
        }
        let Body::Large(large) = &list.body else {
            panic!("it is large");
        };
        let overhead = large.allocated() - 800_000;
        assert!(overhead <= 120_000, "{overhead} bytes beyond the elements");
    }
}

/// As redis-server 7.2 shows it with `list-max-listpack-size` -2 and 3.
#[test]
fn it_is_shown_as_redis_shows_it() {
    let push = |list: &mut List, element: &[u8], limits: &Limits| {
        let (end, elements) = (End::Tail, Elements::Given(&[element]));
        list.apply(&ListChange::Push { end, elements }, limits);
        list.shown
    };
    let pop = |list: &mut List, limits: &Limits| {
        let (end, count) = (End::Head, 1);
        list.apply(&ListChange::Pop { end, count }, limits);
        list.shown
    };
    let limits = Limits::default();
    let mut list = List::default();
    // 7 bytes, and 103 for each; the next one counts without what tells its length.
    for _ in 0..79 {
        assert_eq!(push(&mut list, &[b'x'; 100], &limits), LISTPACK);
    }
    assert_eq!(push(&mut list, &[b'x'; 100], &limits), QUICKLIST);
    for left in (0..80).rev() {
        let shown = if left > 39 { QUICKLIST } else { LISTPACK };
        assert_eq!(pop(&mut list, &limits), shown, "{left} left");
    }
    let limits = Limits {
        list_size: 3,
        ..limits
    };
    let mut list = List::default();
    let shown: Vec<_> = (0..5).map(|_| push(&mut list, b"1", &limits)).collect();
    assert_eq!(shown, [LISTPACK, LISTPACK, LISTPACK, QUICKLIST, QUICKLIST]);
    let shown: Vec<_> = (0..4).map(|_| pop(&mut list, &limits)).collect();
    assert_eq!(shown, [QUICKLIST, QUICKLIST, QUICKLIST, LISTPACK]);
}

/// Elements without bytes take a byte each, which is to be thought of when a row is divided.
#[test]
fn a_row_of_empty_elements_is_divided() {
    let deeds = [
        Deed::Push(End::Tail, 7000, 8),
        Deed::Push(End::Tail, 1, 20),
        Deed::Insert(500, 21),
        Deed::Insert(500, 21),
        Deed::Set(10, 21),
        Deed::Set(990, 21),
    ];
    play(&deeds);
}

/// Whoever always inserts before the same element does not leave a node for each.
#[test]
fn what_comes_between_rows_shares_one() {
    let mut list = List::default();
    let given = [[b'x'; 1000].as_slice(); 100];
    let (end, elements) = (End::Tail, Elements::Given(&given));
    list.apply(&ListChange::Push { end, elements }, &Limits::default());
    for step in 0..3000 {
        let (index, element) = (16 + step, b"12345678".as_slice());
        list.apply(&ListChange::Insert { index, element }, &Limits::default());
    }
    let Body::Large(large) = &list.body else {
        panic!("it is large");
    };
    large.check();
    let overhead = large.allocated() - 100_000 - 3000 * 8;
    assert!(overhead <= 10_000, "{overhead} bytes beyond the elements");
}

/// Small or large, it is as often turned as it was to be.
#[test]
fn a_list_of_two_is_turned_often() {
    for number in [0, 20] {
        for end in [End::Head, End::Tail] {
            play(&[Deed::Push(End::Tail, 2, number), Deed::Turn(end, 635)]);
        }
    }
}
