//! Directed scenarios, each named for what once went wrong in some store of this kind (most of them in etcd, whose
//! robustness tests list their bugs). All checkers watch them as they watch random worlds.

use bytes::Bytes;
use synod_paxos::{Change, Node};
use synod_replica::Request;

use crate::clock::{Instant, MS, SECOND};
use crate::demand;
use crate::operation::{Operation, Outcome, Refused};
use crate::profile::{Fault, Profile};
use crate::run::{Run, run_in};
use crate::world::{Asker, World};

/// A scenario.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name: what must not happen again.
    pub name: &'static str,
    /// Members.
    members: u64,
    act: fn(&mut World),
}

/// All of them.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "stale read from a leader that was cut off",
        members: 3,
        act: stale_read,
    },
    Scenario {
        name: "lease revoked by a leader that was deposed while it slept",
        members: 3,
        act: old_leader_revokes,
    },
    Scenario {
        name: "lease lost because its leader died",
        members: 3,
        act: lease_survives_leader,
    },
    Scenario {
        name: "keys outlive their lease",
        members: 3,
        act: keys_go_with_lease,
    },
    Scenario {
        name: "acknowledged write lost when all machines lose power",
        members: 3,
        act: power_of_all,
    },
    Scenario {
        name: "acknowledged write lost by the only member",
        members: 1,
        act: power_of_one,
    },
    Scenario {
        name: "revision drifts after crashes in the middle of writes",
        members: 3,
        act: revision_drift,
    },
    Scenario {
        name: "watch events lost at a restart",
        members: 3,
        act: watch_over_restart,
    },
    Scenario {
        name: "delete event missing from a watch at the compacted revision",
        members: 1,
        act: delete_at_compaction,
    },
    Scenario {
        name: "watch of a future revision gets old events",
        members: 3,
        act: watch_future,
    },
    Scenario {
        name: "compacted revision readable at another member",
        members: 3,
        act: compaction_everywhere,
    },
    Scenario {
        name: "member that lost its disk elects a leader without the data",
        members: 3,
        act: lost_disk,
    },
    Scenario {
        name: "member whose disk was emptied unnoticed begins anew and elects a leader without the data",
        members: 3,
        act: emptied_founder,
    },
    Scenario {
        name: "laggard needs a snapshot and deviates",
        members: 3,
        act: laggard,
    },
    Scenario {
        name: "voter removed although the rest is no quorum",
        members: 3,
        act: below_quorum,
    },
    Scenario {
        name: "scaling from three to five to one and back loses data",
        members: 3,
        act: scale,
    },
    Scenario {
        name: "full disk acknowledges or dies",
        members: 3,
        act: full_disk,
    },
    Scenario {
        name: "failed sync is forgotten",
        members: 3,
        act: failed_sync,
    },
    Scenario {
        name: "group that lost its quorum for good goes on without what its survivor had",
        members: 3,
        act: survivor,
    },
    Scenario {
        name: "survivor of many disturbed by members of before",
        members: 5,
        act: survivor,
    },
];

/// Runs one scenario.
#[must_use]
pub fn run(scenario: &Scenario, seed: u64) -> Run {
    let mut world = World::new(seed, Some(Profile::quiet(scenario.members)));
    world.busy = false;
    run_in(world, seed, |world| {
        world.await_leader(None);
        (scenario.act)(world);
        world.end_chaos();
        world.busy = true;
        world.wake_clients();
        world.must_progress("the scenario ended");
        world.fall_silent();
    })
}

fn key(name: &str) -> Bytes {
    Bytes::copy_from_slice(name.as_bytes())
}

fn put(name: &str, value: &str) -> Operation {
    Operation::Put {
        key: key(name),
        value: key(value),
        lease: 0,
    }
}

fn read(name: &str) -> Operation {
    Operation::Range {
        from: key(name),
        to: key(&format!("{name}\0")),
        revision: 0,
        serializable: false,
    }
}

impl World {
    /// Waits until somebody other than `not` leads.
    fn await_leader(&mut self, not: Option<Node>) -> Node {
        let limit = self.now + 30 * SECOND;
        loop {
            self.pass(20 * MS);
            if let Some(leader) = self
                .leader()
                .filter(|leader| Some(*leader) != not && self.hosts[leader].running(self.now))
            {
                return leader;
            }
            demand!("progress", self.now < limit, "nobody leads after 30 s");
        }
    }

    /// Does an operation that must succeed, here or there, within a while.
    fn must(&mut self, node: Node, operation: &Operation) -> Outcome {
        let limit = self.now + 30 * SECOND;
        loop {
            let operation = self.freshen(operation);
            if let Some(outcome) = self.perform(node, operation) {
                return outcome;
            }
            demand!(
                "progress",
                self.now < limit,
                "{node} does not answer for 30 s"
            );
        }
    }

    /// The same operation, with bytes that were not used before.
    fn freshen(&mut self, operation: &Operation) -> Operation {
        let id = self.ledger.borrow().operations.len();
        match operation.clone() {
            Operation::Put {
                key: name,
                value,
                lease,
            } => {
                let value = key(&format!("{}#{id}", String::from_utf8_lossy(&value)));
                Operation::Put {
                    key: name,
                    value,
                    lease,
                }
            }
            Operation::Delete { from, .. } => {
                let to = [from.as_ref(), b"\0", id.to_string().as_bytes()].concat();
                Operation::Delete {
                    from,
                    to: to.into(),
                }
            }
            Operation::Compact { mut revision } => {
                while !self.compactions.insert(revision) {
                    revision += 1;
                }
                Operation::Compact { revision }
            }
            other => other,
        }
    }

    fn others(&self, node: Node) -> Vec<Node> {
        self.hosts
            .keys()
            .copied()
            .filter(|other| *other != node)
            .collect()
    }

    fn keep_alive_for(&mut self, node: Node, lease: i64, span: Instant) {
        let until = self.now + span;
        while self.now < until {
            self.perform(node, Operation::KeepAlive { lease });
            self.pass(300 * MS);
        }
    }
}

fn stale_read(world: &mut World) {
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

fn old_leader_revokes(world: &mut World) {
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

fn lease_survives_leader(world: &mut World) {
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

fn keys_go_with_lease(world: &mut World) {
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

fn power_of_all(world: &mut World) {
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

fn power_of_one(world: &mut World) {
    power_of_all(world);
}

fn revision_drift(world: &mut World) {
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

fn watch_over_restart(world: &mut World) {
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

fn delete_at_compaction(world: &mut World) {
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

fn watch_future(world: &mut World) {
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

fn compaction_everywhere(world: &mut World) {
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

fn lost_disk(world: &mut World) {
    lose_and_elect(world, World::lose_disk);
}

fn emptied_founder(world: &mut World) {
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

fn laggard(world: &mut World) {
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

fn below_quorum(world: &mut World) {
    let leader = world.await_leader(None);
    let others = world.others(leader);
    world.crash_for(others[0], true, 20 * SECOND);
    world.pass(8 * SECOND);
    world.change(leader, Change::Remove { node: others[1] });
    world.pass(4 * SECOND);
    world.must(leader, &put("k00", "still there"));
    world.pass(12 * SECOND);
}

fn scale(world: &mut World) {
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

fn full_disk(world: &mut World) {
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

fn failed_sync(world: &mut World) {
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

fn survivor(world: &mut World) {
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

impl World {
    fn change(&mut self, node: Node, change: Change) {
        self.ask(node, Asker::Admin, |ticket| Request::Change {
            ticket,
            expected: None,
            change,
        });
    }
}
