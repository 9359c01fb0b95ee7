//! Seeded accidents: crashes that lose what was not synced, cut-off members, full and stuck disks, snapshots, all at
//! random, under writes. The full simulator does this in earnest; this is the quick look.

use std::collections::BTreeSet;

use synod_paxos::Node;
use synod_replica::{Request, StartMode};

use crate::world::{Answer, World};

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// What was acknowledged is there, once, in the same order everywhere.
fn check(world: &World, acknowledged: &BTreeSet<String>, seed: u64) {
    let lines = world.lines(Node(1));
    let unique: BTreeSet<&String> = lines.iter().collect();
    assert_eq!(
        unique.len(),
        lines.len(),
        "seed {seed}: a command applied twice"
    );
    for line in acknowledged {
        assert!(
            unique.contains(line),
            "seed {seed}: {line} was acknowledged and is lost"
        );
    }
    for node in 2..=3 {
        assert_eq!(
            world.lines(Node(node)),
            lines,
            "seed {seed}: n{node} deviates"
        );
    }
}

fn run(seed: u64) {
    let mut random = Random(seed ^ 0x5EED);
    let mut world = World::new();
    world.bounds.snapshot_log_bytes = [2 << 10, 8 << 10, 1 << 20][random.below(3) as usize];
    world.bounds.log_memory_bytes = 4 << 10;
    world.bootstrap(3);
    world.run(10);
    let mut open = Vec::new();
    let mut acknowledged = BTreeSet::new();
    for step in 0..250 {
        let node = Node(1 + random.below(3));
        match random.below(24) {
            0 if world.members.len() == 3 => world.crash(node),
            1 | 2 => {
                if let Some(down) = (1..=3).map(Node).find(|n| !world.members.contains_key(n)) {
                    world.disks[&down].0.borrow_mut().full = false;
                    world.disks[&down].0.borrow_mut().stuck = false;
                    world.start(down, StartMode::Resume).unwrap();
                }
            }
            3 => {
                world.cut = [node].into();
            }
            4 | 5 => world.cut.clear(),
            6 => world.disks[&node].0.borrow_mut().full = true,
            7 => world.disks[&node].0.borrow_mut().stuck = true,
            8..=10 => {
                for disk in world.disks.values() {
                    disk.0.borrow_mut().full = false;
                    disk.0.borrow_mut().stuck = false;
                }
            }
            11 if world.members.contains_key(&node) => {
                world.request(node, |ticket| Request::Snapshot { ticket });
            }
            12 => {
                for node in (1..=3).map(Node) {
                    if world.members.contains_key(&node) {
                        world.crash(node);
                    }
                    world.start(node, StartMode::Resume).unwrap();
                }
            }
            13 if world.members.contains_key(&node) => {
                world.request(node, |ticket| Request::Transfer { ticket, to: None });
            }
            _ if world.members.contains_key(&node) => {
                for i in 0..random.below(6) {
                    let line = format!("{step}.{i} {}", "z".repeat(random.below(300) as usize));
                    open.push((world.propose(node, &line), line));
                }
            }
            _ => {}
        }
        let pause = random.below(if step % 10 == 0 { 3_000 } else { 60 });
        world.run(pause);
    }
    world.cut.clear();
    for disk in world.disks.values() {
        disk.0.borrow_mut().full = false;
        disk.0.borrow_mut().stuck = false;
    }
    for node in (1..=3).map(Node) {
        if !world.members.contains_key(&node) {
            world.start(node, StartMode::Resume).unwrap();
        }
    }
    world.run(30_000);
    for (ticket, line) in open {
        if let Some(Answer::Applied(Ok(_))) = world.answers.get(&ticket) {
            acknowledged.insert(line);
        }
    }
    let last = world.put(Node(2), "the last");
    if !matches!(last, Answer::Applied(Ok(_))) {
        for (node, member) in &world.members {
            let names = world.disks[node].names();
            eprintln!("seed {seed}: {node} {names:?} {:?}", member.status());
        }
    }
    assert!(
        matches!(last, Answer::Applied(Ok(_))),
        "seed {seed}: {last:?}"
    );
    world.run(3_000);
    for node in (1..=3).map(Node) {
        let status = world.members[&node].status();
        assert!(!status.amnesiac, "seed {seed}: {node} lost its promises");
    }
    check(&world, &acknowledged, seed);
}

#[test]
fn seeded_accidents_lose_nothing() {
    let (first, count) = match std::env::var("SYNOD_SEED") {
        Ok(seed) => (seed.parse().expect("SYNOD_SEED is a number"), 1),
        Err(_) => (0, 12),
    };
    for seed in first..first + count {
        run(seed);
    }
}
