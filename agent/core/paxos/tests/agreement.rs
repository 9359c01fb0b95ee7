//! Random schedules: loss, repetition, reordering, crashes, lost unsynced records, wiped disks, membership changes. Every
//! slot is decided once, the group goes on when the faults stop, and invariants hold after every step.

mod group;

use bytes::Bytes;
use group::{Group, context};
use synod_paxos::*;

struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
}

fn chaos(seed: u64, steps: usize) -> Group {
    let mut dice = Dice(seed);
    let size = [1, 3, 3, 5][dice.below(4)];
    let numbers: Vec<u64> = (1..=size).collect();
    let lease = (dice.below(3) == 0).then_some(Lease {
        length: Span::from_millis(500),
        drift_ppm: 1000,
    });
    let mut group = Group::new(&numbers, seed, lease);
    let (mut words, mut next, mut wiped) = (0_u64, 100, 0);
    for _ in 0..steps {
        let nodes: Vec<Node> = group.members.keys().copied().collect();
        let node = nodes.get(dice.below(nodes.len())).copied();
        match dice.below(100) {
            0..55 if !group.wire.is_empty() => {
                let index = dice.below(group.wire.len());
                match dice.below(20) {
                    0 => group.lose(index),
                    1 => {
                        let copy = group.wire[index].clone();
                        group.wire.push(copy);
                    }
                    2..10 => group.deliver(0),
                    _ => group.deliver(index),
                }
            }
            55..75 => node.into_iter().for_each(|node| group.sync(node)),
            75..85 => group.tick(1 + dice.below(60) as u64),
            85..93 => {
                words += 1;
                let word = format!("w{words}");
                node.into_iter().for_each(|node| {
                    let _ = group.propose(node, &word);
                });
            }
            93 => {
                let down = group.down.len();
                if down * 2 < nodes.len() + down && dice.below(3) == 0 {
                    node.into_iter().for_each(|node| group.crash(node));
                }
            }
            94 => {
                let down: Vec<Node> = group.down.keys().copied().collect();
                down.get(dice.below(down.len()))
                    .into_iter()
                    .for_each(|node| group.restart(*node));
            }
            95 => {
                let Some(leader) = group.leader() else {
                    continue;
                };
                // Whoever changes members by hand first mends what is lost.
                let whole = group
                    .members
                    .values()
                    .all(|m| *m.replica.standing() == Standing::Whole);
                if !whole || !group.down.is_empty() {
                    continue;
                }
                let now = group.now;
                let replica = &mut group.members.get_mut(&leader).expect("leads").replica;
                let members: Vec<Node> = replica.configuration().members.keys().copied().collect();
                let some = members[dice.below(members.len())];
                let change = match dice.below(4) {
                    0 if members.len() < 7 => {
                        next += 1;
                        let member = Member {
                            role: MemberRole::Joining,
                            context: context("disk"),
                        };
                        Change::Add {
                            node: Node(next),
                            member,
                        }
                    }
                    1 => Change::Remove { node: some },
                    2 => {
                        let context = replica.configuration().members[&some].context.clone();
                        Change::Update {
                            node: some,
                            context,
                        }
                    }
                    _ => Change::Swap {
                        out: some,
                        into: Node(next),
                    },
                };
                let added = matches!(change, Change::Add { .. });
                if replica.change(now, None, change).is_ok() && added {
                    group.join(Node(next));
                }
                group.pump(leader);
            }
            96 => {
                let compact = node.filter(|_| dice.below(2) == 0);
                compact.into_iter().for_each(|node| {
                    let member = group.members.get_mut(&node).expect("runs");
                    if member.unsynced.is_empty() {
                        member.disk.base = member.replica.base_at(member.applied).expect("applied");
                        member.replica.compact(member.applied);
                        member.disk.records.extend(member.replica.durable_records());
                    }
                });
            }
            97 => {
                let now = group.now;
                node.into_iter().for_each(|node| {
                    let _ = group.replica(node.0).transfer(now, None);
                    group.pump(node);
                });
            }
            98 => {
                let now = group.now;
                let other = nodes.get(dice.below(nodes.len())).copied();
                if let (Some(node), Some(other)) = (node, other) {
                    group.replica(node.0).peer_down(now, other);
                }
            }
            _ => {
                if dice.below(6) == 0 {
                    group.settle();
                    if !group.can_lose_a_disk() {
                        continue;
                    }
                    wiped += 1;
                    node.into_iter()
                        .for_each(|node| group.restart_wiped(node, &format!("disk after {wiped}")));
                }
            }
        }
    }
    group
}

/// Faults stop: the group must elect, decide and agree.
fn heal(group: &mut Group) {
    let down: Vec<Node> = group.down.keys().copied().collect();
    down.into_iter().for_each(|node| group.restart(node));
    for round in 0..3000 {
        group.tick(10);
        group.settle();
        let Some(leader) = group.leader() else {
            continue;
        };
        if group.propose(leader, &format!("healed {round}")).is_err() {
            continue;
        }
        group.settle();
        let members: Vec<Node> = group.members[&leader]
            .replica
            .configuration()
            .members
            .keys()
            .copied()
            .collect();
        let end = group.members[&leader].applied;
        let equal = members
            .iter()
            .all(|m| group.members.get(m).is_some_and(|m| m.applied == end));
        let voting = members.iter().all(|m| {
            group
                .members
                .get(m)
                .is_some_and(|m| *m.replica.standing() == Standing::Whole)
        });
        if equal && voting {
            return;
        }
    }
    let state: Vec<String> = group
        .members
        .values()
        .map(|m| format!("{:?}\n", m.replica.status()))
        .collect();
    panic!(
        "no progress 30 s after the faults stopped:\n{}",
        state.concat()
    );
}

#[test]
fn decides_each_slot_once_whatever_happens() {
    let seeds = std::env::var("PAXOS_SEEDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(300);
    let only: Option<u64> = std::env::var("PAXOS_SEED")
        .ok()
        .and_then(|n| n.parse().ok());
    let mut decided = 0;
    for seed in only.map_or(0..seeds, |seed| seed..seed + 1) {
        let outcome = std::panic::catch_unwind(|| {
            let mut group = chaos(seed, 6000);
            heal(&mut group);
            group.chosen.len()
        });
        match outcome {
            Ok(slots) => decided += slots,
            Err(cause) => {
                eprintln!(
                    "seed {seed}: replay with PAXOS_SEED={seed} cargo test -p synod-paxos --test agreement"
                );
                std::panic::resume_unwind(cause);
            }
        }
    }
    assert!(decided > 0, "nothing was decided at all");
}

#[test]
fn a_bound_in_flight_is_answered() {
    let mut group = Group::new(&[1, 2, 3], 1, None);
    let leader = group.elect();
    let big = Bytes::from(vec![0; 1 << 20]);
    let now = group.now;
    let answers: Vec<_> = (0..10)
        .map(|_| group.replica(leader.0).propose(now, big.clone()))
        .collect();
    assert!(answers.contains(&Err(ProposeError::Full)), "{answers:?}");
    group.pump(leader);
    group.settle();
    assert!(group.propose(leader, "after").is_ok());
}
