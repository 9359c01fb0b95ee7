//! Leases that end too early, or whose keys do not end with them.

use super::steps::{key, put, read};
use crate::clock::SECOND;
use crate::demand;
use crate::operation::{Operation, Outcome};
use crate::world::World;

pub(super) fn old_leader_revokes(world: &mut World) {
    let old = world.await_leader(None);
    let lease = 77;
    world.must(old, &Operation::Grant { lease, ttl_s: 2 });
    world.must(
        old,
        &Operation::Put {
            key: key("k01"),
            value: key("leased"),
            lease,
        },
    );
    world.pause_for(old, 6 * SECOND);
    let new = world.await_leader(Some(old));
    world.keep_alive_for(new, lease, 8 * SECOND);
    let Outcome::Range { pairs, .. } = world.must(new, &read("k01")) else {
        unreachable!("a range answers")
    };
    demand!(
        "leases",
        pairs.len() == 1,
        "the key of a lease that was kept alive is gone"
    );
}

pub(super) fn lease_survives_leader(world: &mut World) {
    let lease = 78;
    let leader = world.await_leader(None);
    world.must(leader, &Operation::Grant { lease, ttl_s: 4 });
    for _ in 0..3 {
        let leader = world.await_leader(None);
        world.crash_for(leader, true, SECOND);
        let next = world.await_leader(Some(leader));
        world.keep_alive_for(next, lease, 2 * SECOND);
    }
    let leader = world.await_leader(None);
    let outcome = world.must(leader, &Operation::KeepAlive { lease });
    demand!(
        "leases",
        outcome == Outcome::KeptAlive { ttl_s: Some(4) },
        "the lease is gone: {outcome:?}"
    );
}

pub(super) fn keys_go_with_lease(world: &mut World) {
    let leader = world.await_leader(None);
    world.must(
        leader,
        &Operation::Grant {
            lease: 79,
            ttl_s: 1,
        },
    );
    for name in ["k01", "k02", "k03"] {
        world.must(
            leader,
            &Operation::Put {
                key: key(name),
                value: key("x"),
                lease: 79,
            },
        );
    }
    // Attached anew to nothing: this one stays.
    world.must(leader, &put("k02", "free"));
    world.pass(20 * SECOND);
    for (name, expected) in [("k01", 0), ("k02", 1), ("k03", 0)] {
        let Outcome::Range { pairs, .. } = world.must(leader, &read(name)) else {
            unreachable!("a range answers")
        };
        demand!(
            "leases",
            pairs.len() == expected,
            "{name} has {} versions after its lease ended",
            pairs.len()
        );
    }
}
