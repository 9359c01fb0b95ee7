//! Members that fall behind, are added, and are removed.

use synod_paxos::{Change, Node};
use synod_replica::Request;

use super::steps::put;
use crate::clock::SECOND;
use crate::demand;
use crate::world::{Asker, World};

pub(super) fn laggard(world: &mut World) {
    let leader = world.await_leader(None);
    let away = world.others(leader)[0];
    world.crash_for(away, true, 30 * SECOND);
    for step in 0..600 {
        world.must(leader, &put("k00", &format!("{step}{}", "x".repeat(1_000))));
    }
    world.pass(35 * SECOND);
    world.crash_for(away, true, SECOND);
    world.pass(5 * SECOND);
}

pub(super) fn below_quorum(world: &mut World) {
    let leader = world.await_leader(None);
    let others = world.others(leader);
    world.crash_for(others[0], true, 20 * SECOND);
    world.pass(8 * SECOND);
    world.change(leader, Change::Remove { node: others[1] });
    world.pass(4 * SECOND);
    world.must(leader, &put("k00", "still there"));
    world.pass(12 * SECOND);
}

pub(super) fn scale(world: &mut World) {
    for _ in 0..2 {
        let leader = world.await_leader(None);
        world.must(leader, &put("k00", "growing"));
        let change = world.newcomer();
        world.change(leader, change);
        world.pass(6 * SECOND);
    }
    demand!(
        "membership",
        world.voter_count() == 5,
        "two members were added, there are {} voters",
        world.voter_count()
    );
    while world.voter_count() > 1 {
        let leader = world.await_leader(None);
        world.must(leader, &put("k00", "shrinking"));
        let victim = world.a_voter_but(leader);
        world.change(leader, Change::Remove { node: victim });
        world.pass(3 * SECOND);
    }
    for _ in 0..2 {
        let leader = world.await_leader(None);
        world.must(leader, &put("k00", "growing again"));
        let change = world.newcomer();
        world.change(leader, change);
        world.pass(6 * SECOND);
    }
    demand!(
        "membership",
        world.voter_count() == 3,
        "there are {} voters",
        world.voter_count()
    );
}

impl World {
    fn change(&mut self, node: Node, change: Change) {
        self.ask(node, Asker::Admin, |ticket| Request::Change {
            ticket,
            expected: None,
            change,
        });
    }
}
