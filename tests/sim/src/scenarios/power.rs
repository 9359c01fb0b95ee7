//! Machines that lose power, and crashes in the middle of writes.

use super::steps::{put, read};
use crate::clock::{MS, SECOND};
use crate::profile::Fault;
use crate::world::World;

pub(super) fn power_of_all(world: &mut World) {
    for round in 0..5 {
        let leader = world.await_leader(None);
        for step in 0..10 {
            world.must(leader, &put("k00", &format!("{round}.{step}")));
        }
        world.fault(Fault::PowerAll);
        world.pass(3 * SECOND);
    }
    let leader = world.await_leader(None);
    world.must(leader, &read("k00"));
}

pub(super) fn power_of_one(world: &mut World) {
    power_of_all(world);
}

pub(super) fn revision_drift(world: &mut World) {
    for round in 0..8 {
        let leader = world.await_leader(None);
        for other in world.others(leader) {
            world.begin(other, put("k00", &format!("{round}.{other}")));
        }
        world.crash_for(leader, true, 700 * MS);
        world.pass(SECOND);
    }
    world.pass(5 * SECOND);
}
