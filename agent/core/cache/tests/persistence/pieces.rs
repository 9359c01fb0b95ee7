//! Pieces of a pinned view make the same partition again.

use std::convert::Infallible;

use proptest::prelude::*;
use synod_cache::partition::Partition;
use synod_cache::{Content, Kind, Pinned};

use crate::filling::{NOW, Numbers, fill, partitions, run};

/// A partition that is made of pieces.
fn made_of(pinned: &Pinned, bytes_max: usize) -> (Partition, Vec<usize>) {
    let mut made = Partition::new(99);
    made.set_now(NOW);
    made.set_recording(false);
    let mut lengths = Vec::new();
    let given = pinned.pieces(bytes_max, |piece| {
        lengths.push(piece.len());
        made.apply(piece).expect("these are effects");
        Ok::<_, Infallible>(())
    });
    given.expect("nothing fails");
    (made, lengths)
}

/// What is there, but for the encodings that lists are shown as: those are Redis's choice by how a list came to be, and here, as in
/// Redis, one that is read is made anew.
fn contents(partition: &mut Partition) -> Vec<Content> {
    let mut contents = partition.contents();
    for content in contents.iter_mut().filter(|it| it.kind == Kind::List) {
        content.shown = 0;
    }
    contents
}

/// What is there once and not the other time.
fn different(made: &[Content], expected: &[Content]) -> Vec<String> {
    let lacks = |of: &[Content], it: &Content| !of.contains(it);
    let made_only = made.iter().filter(|it| lacks(expected, it));
    let missed = expected.iter().filter(|it| lacks(made, it));
    let told = |word: &str, it: &Content| {
        let (key, parts) = (it.key.escape_ascii(), it.parts.len());
        format!(
            "{word}: {} {key} {:?} shown {} expires {:?}, {parts} parts",
            it.database, it.kind, it.shown, it.expiry
        )
    };
    made_only
        .map(|it| told("made", it))
        .chain(missed.map(|it| told("expected", it)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is done after it was pinned, and in whatever pieces.
    #[test]
    fn what_was_pinned_is_made_again(
        seed in any::<u64>(),
        before in 0_usize..400,
        after in 0_usize..400,
        bytes_max in prop_oneof![Just(1_usize), 10..2000_usize, Just(64 * 1024)],
    ) {
        let mut numbers = Numbers(seed);
        let mut filled = partitions(1);
        fill(&mut filled, &mut numbers, before);
        let expected = contents(&mut filled[0]);
        let first = filled[0].pin();
        fill(&mut filled, &mut numbers, after / 2);
        let between = contents(&mut filled[0]);
        let second = filled[0].pin();
        fill(&mut filled, &mut numbers, after / 2);
        let made = contents(&mut made_of(&first, bytes_max).0);
        prop_assert!(made == expected, "{:?}", different(&made, &expected));
        drop(first);
        fill(&mut filled, &mut numbers, after / 2);
        let made = contents(&mut made_of(&second, bytes_max).0);
        prop_assert!(made == between, "{:?}", different(&made, &between));
    }
}

#[test]
fn pieces_of_a_large_collection_are_small() {
    const PIECE: usize = 4096;
    let mut filled = partitions(1);
    for number in 0..20_000 {
        let (text, score) = (format!("element-{number}"), (number % 100).to_string());
        let text = text.as_bytes();
        run(&mut filled, 0, &[b"rpush", b"l", text]);
        run(&mut filled, 0, &[b"sadd", b"m", text]);
        run(&mut filled, 0, &[b"hset", b"h", text, b"value"]);
        run(&mut filled, 0, &[b"zadd", b"z", score.as_bytes(), text]);
        run(&mut filled, 0, &[b"xadd", b"x", b"*", b"field", text]);
    }
    run(&mut filled, 0, &[b"pexpireat", b"m", b"4000000000000"]);
    let pinned = filled[0].pin();
    let (mut made, lengths) = made_of(&pinned, PIECE);
    assert!(made.contents() == filled[0].contents());
    let longest = lengths.iter().max().expect("there are some");
    assert!(*longest < 3 * PIECE, "{longest}");
    assert_eq!(pinned.keys(), 5);
}

#[test]
fn effects_are_noted_only_for_who_takes_them() {
    let mut filled = partitions(1);
    filled[0].set_recording(false);
    fill(&mut filled, &mut Numbers(1), 200);
    assert!(filled[0].effects().is_empty());
    let before = filled[0].pin();
    filled[0].set_recording(true);
    fill(&mut filled, &mut Numbers(2), 200);
    let mut replica = made_of(&before, 1000).0;
    replica.set_primary(false);
    replica
        .apply(filled[0].effects())
        .expect("these are effects");
    assert!(replica.contents() == filled[0].contents());
    filled[0].clear_effects();
    assert!(filled[0].take_effects().is_empty());
}
