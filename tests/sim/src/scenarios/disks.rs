//! Disks that are lost, emptied, full, or fail to sync.

use synod_paxos::Node;

use super::steps::{put, read};
use crate::clock::{MS, SECOND};
use crate::demand;
use crate::operation::Outcome;
use crate::world::World;

pub(super) fn lost_disk(world: &mut World) {
    lose_and_elect(world, World::lose_disk);
}

pub(super) fn emptied_founder(world: &mut World) {
    lose_and_elect(world, World::wipe_founder);
}

fn lose_and_elect(world: &mut World, lose: fn(&mut World, Node)) {
    let leader = world.await_leader(None);
    let others = world.others(leader);
    // One member misses a write, another one that has it loses its disk: together they must not elect a leader.
    world.cut_off_for_good(&[others[0]]);
    world.must(leader, &put("k00", "only two have it"));
    world.crash_for(leader, true, 10 * SECOND);
    lose(world, others[1]);
    world.heal_now();
    world.pass(8 * SECOND);
    let next = world.leader().filter(|node| *node != leader);
    demand!(
        "amnesia",
        next.is_none(),
        "{next:?} leads with the help of a member that lost its disk"
    );
    world.pass(10 * SECOND);
    let leader = world.await_leader(None);
    let Outcome::Range { pairs, .. } = world.must(leader, &read("k00")) else {
        unreachable!("a range answers")
    };
    demand!("durability", pairs.len() == 1, "the write is lost");
}

pub(super) fn full_disk(world: &mut World) {
    let leader = world.await_leader(None);
    for node in [leader].into_iter().chain(world.others(leader)) {
        world.fill_disk(node, true);
    }
    for step in 0..200 {
        world.begin(leader, put("k00", &format!("{step}{}", "x".repeat(2_000))));
        world.pass(5 * MS);
    }
    world.pass(5 * SECOND);
    for node in [leader].into_iter().chain(world.others(leader)) {
        world.fill_disk(node, false);
    }
    world.pass(5 * SECOND);
    let leader = world.await_leader(None);
    world.must(leader, &put("k00", "space is back"));
}

pub(super) fn failed_sync(world: &mut World) {
    for _ in 0..4 {
        let leader = world.await_leader(None);
        world.fail_next_sync(leader);
        for other in world.others(leader) {
            world.begin(other, put("k00", "at the failure"));
        }
        world.pass(3 * SECOND);
    }
    let leader = world.await_leader(None);
    world.must(leader, &read("k00"));
}
