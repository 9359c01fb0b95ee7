//! Deduplication: a command counts once, whatever order and how often it comes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use synod_paxos::Slot;

use crate::codec::{Reader, Writer};
use crate::envelope::Origin;
use crate::origins::Origins;

proptest! {
    /// Against a set that remembers everything: sequences at or above the floor count exactly once.
    #[test]
    fn a_window_is_exact(steps in prop::collection::vec((1..40u64, 0..6u64), 1..200)) {
        let mut origins = Origins::default();
        let mut seen = BTreeSet::new();
        let mut floor_seen = 0;
        for (at, (sequence, lag)) in (1..).zip(steps) {
            let floor = sequence.saturating_sub(lag);
            let origin = Origin { incarnation: 1, sequence, floor };
            let fresh = origins.insert(origin, Slot(at));
            let expected = sequence >= floor_seen && !seen.contains(&sequence) && sequence > 0;
            prop_assert_eq!(fresh, expected, "sequence {} floor {}", sequence, floor_seen);
            seen.insert(sequence);
            floor_seen = floor_seen.max(floor);
            prop_assert!(origins.contains(origin));
        }
        let mut w = Writer::default();
        origins.encode(&mut w);
        let decoded = Origins::decode(&mut Reader::new(w.whole()));
        prop_assert_eq!(decoded, Ok(origins));
    }
}

#[test]
fn origins_are_bounded_and_the_oldest_is_forgotten() {
    let mut origins = Origins::default();
    let origin = |incarnation| Origin {
        incarnation,
        sequence: 1,
        floor: 1,
    };
    let count = Origins::MAX as u64 + 1;
    for incarnation in 1..=count {
        assert!(origins.insert(origin(incarnation), Slot(incarnation)));
    }
    assert!(!origins.contains(origin(1)));
    assert!(origins.contains(origin(2)));
    assert!(origins.contains(origin(count)));
}
