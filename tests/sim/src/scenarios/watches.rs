//! Watches over restarts, at the compacted revision, and of the future.

use super::steps::{key, put};
use crate::clock::{MS, SECOND};
use crate::operation::{Operation, Outcome};
use crate::world::World;

pub(super) fn watch_over_restart(world: &mut World) {
    for round in 0..6 {
        let leader = world.await_leader(None);
        for name in ["k00", "k01", "k02"] {
            world.must(leader, &put(name, &format!("{round}")));
        }
        world.must(
            leader,
            &Operation::Delete {
                from: key("k01"),
                to: key("k01"),
            },
        );
        let victim = world.others(leader)[round % 2];
        world.crash_for(victim, true, 500 * MS);
        world.must(leader, &put("k02", "while away"));
        world.pass(SECOND);
    }
}

pub(super) fn delete_at_compaction(world: &mut World) {
    let node = world.await_leader(None);
    for _ in 0..5 {
        world.must(node, &put("k00", "x"));
        let outcome = world.must(
            node,
            &Operation::Delete {
                from: key("k00"),
                to: key("k00"),
            },
        );
        let Outcome::Deleted { revision, .. } = outcome else {
            unreachable!("a delete answers")
        };
        world.must(node, &Operation::Compact { revision });
        // The watchers of the world begin at revisions of the past and at the compacted one.
        world.watch_all_from(node, revision);
        world.pass(2 * SECOND);
    }
}

pub(super) fn watch_future(world: &mut World) {
    let leader = world.await_leader(None);
    world.must(leader, &put("k00", "old"));
    let laggard = world.others(leader)[0];
    world.cut_off_for_good(&[laggard]);
    for step in 0..10 {
        world.must(leader, &put("k00", &format!("{step}")));
    }
    let future = world.ledger.borrow().model.revision() - 2;
    world.watch_all_from(laggard, future);
    world.pass(SECOND);
    world.heal_now();
    world.pass(5 * SECOND);
}
