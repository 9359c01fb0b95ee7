//! Pieces of a pinned view make the same partition again.

use std::convert::Infallible;

use proptest::prelude::*;
use synod_cache::Pinned;
use synod_cache::partition::Partition;

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
        let expected = filled[0].contents();
        let first = filled[0].pin();
        fill(&mut filled, &mut numbers, after / 2);
        let between = filled[0].contents();
        let second = filled[0].pin();
        fill(&mut filled, &mut numbers, after / 2);
        prop_assert_eq!(made_of(&first, bytes_max).0.contents(), expected);
        drop(first);
        fill(&mut filled, &mut numbers, after / 2);
        prop_assert_eq!(made_of(&second, bytes_max).0.contents(), between);
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
