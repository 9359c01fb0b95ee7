//! Quorums that are lost for good, and what the group goes on with.

use super::steps::{key, put, read};
use crate::clock::SECOND;
use crate::demand;
use crate::operation::{Operation, Outcome, Refused};
use crate::world::World;

pub(super) fn survivor(world: &mut World) {
    for round in 0..4 {
        let leader = world.await_leader(None);
        for step in 0..10 {
            world.must(leader, &put("k00", &format!("{round}.{step}")));
        }
        // What was acknowledged to all is known to all.
        world.pass(2 * SECOND);
        for member in world.reachable() {
            world.begin(member, put("k01", "perhaps"));
        }
        let done = world.lose_quorum_for_good();
        demand!("survivor", done, "none of the disks is whole");
        let leader = world.await_leader(None);
        let Outcome::Range { pairs, revision } = world.must(leader, &read("k00")) else {
            unreachable!("a range answers")
        };
        let value = pairs
            .first()
            .map(|pair| pair.value.clone())
            .unwrap_or_default();
        demand!(
            "survivor",
            value.starts_with(format!("{round}.9").as_bytes())
                && revision > 900_000_000 * (round + 1),
            "after round {round} there is {value:?} at revision {revision}"
        );
        let past = Operation::Range {
            from: key("k00"),
            to: key("k01"),
            revision: 5,
            serializable: false,
        };
        let outcome = world.must(leader, &past);
        demand!(
            "survivor",
            outcome == Outcome::Refused(Refused::Compacted),
            "what was before the recovery is read: {outcome:?}"
        );
    }
}
