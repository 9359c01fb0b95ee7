//! What is read, and when.

use super::*;

/// However long it takes, and whatever is written meanwhile.
pub(super) fn a_count_is_of_one_moment() {
    let mut bench = bench();
    for path in ["/a", "/a/b", "/a/b/c", "/d"] {
        let created = bench.create(1, path, CreateMode::Persistent);
        created.expect("created");
    }
    let before = bench.store.below("/a", &[]).expect("readable");
    for number in 0..1_000 {
        let created = bench.create(1, &format!("/a/{number}"), CreateMode::Persistent);
        created.expect("created");
    }
    let after = bench.store.below("/a", &[]).expect("readable");
    assert_eq!((before.count(), after.count()), (2, 1_002));
    assert_eq!(
        bench.store.below("/d", &[]).map(|below| below.count()),
        Ok(0)
    );
    assert_eq!(bench.store.below("/e", &[]).err(), Some(Error::NoNode));
}
