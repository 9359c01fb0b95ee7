//! Reads that must not be answered: with what is old, or was compacted.

use super::steps::{key, put, read};
use crate::demand;
use crate::operation::{Operation, Outcome, Refused};
use crate::world::World;

pub(super) fn stale_read(world: &mut World) {
    let old = world.await_leader(None);
    world.must(old, &put("k00", "before"));
    world.cut_off_for_good(&[old]);
    let new = world.await_leader(Some(old));
    world.must(new, &put("k00", "after"));
    // The old leader may not answer with what it has: the ledger would object.
    let stale = world.perform(old, read("k00"));
    demand!(
        "linearizability",
        stale.is_none(),
        "a leader that was cut off answers {stale:?}"
    );
    world.must(new, &read("k00"));
}

pub(super) fn compaction_everywhere(world: &mut World) {
    let leader = world.await_leader(None);
    for step in 0..10 {
        world.must(leader, &put("k00", &format!("{step}")));
    }
    world.must(leader, &Operation::Compact { revision: 8 });
    for node in [leader].into_iter().chain(world.others(leader)) {
        let past = Operation::Range {
            from: key("k00"),
            to: key("k01"),
            revision: 5,
            serializable: false,
        };
        let outcome = world.must(node, &past);
        demand!(
            "linearizability",
            outcome == Outcome::Refused(Refused::Compacted),
            "{node} reads what was compacted: {outcome:?}"
        );
    }
}
