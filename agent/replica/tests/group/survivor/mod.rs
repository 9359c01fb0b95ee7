//! A group lost its quorum for good: what a member makes of a survivor's disk, by what that is, and what comes of it.

mod cut_short;
mod next_group;
mod refused;

use std::collections::BTreeMap;

use synod_paxos::{Change, Configuration, Member, MemberRole, Node, Slot};
use synod_replica::{ClusterUid, Event, MemberContext, OpenError, Phase, Request, StartMode};

use crate::disk::MemoryDisk;
use crate::ledger::RENEWED;
use crate::world::{Answer, CLUSTER, World, initial};

/// The group that goes on.
const NEXT: ClusterUid = ClusterUid([8; 16]);
const ONE: Node = Node(1);

const RECOVER: StartMode = StartMode::Recover { former: CLUSTER };

/// A world in which member 1 belongs to the next group and has a copy of `disk`, or the disk itself.
fn next_world(disk: &MemoryDisk) -> World {
    let mut world = World::later();
    world.disks.insert(ONE, disk.clone());
    world.clusters.insert(ONE, NEXT);
    world
}

/// Starts member 1 of the next group with `disk` and lets it have its time.
fn recovered(disk: &MemoryDisk, start: StartMode) -> World {
    let mut world = next_world(disk);
    world.start(ONE, start).unwrap();
    world.run(3_000);
    world
}

fn refused(disk: &MemoryDisk, start: StartMode) -> OpenError {
    let before = contents(disk);
    let error = next_world(disk).start(ONE, start).expect_err("refused");
    assert_eq!(contents(disk), before, "nothing is changed");
    error
}

fn contents(disk: &MemoryDisk) -> BTreeMap<String, Vec<u8>> {
    let names = disk.names().into_iter();
    names
        .map(|name| (name.clone(), disk.bytes(&name)))
        .collect()
}

fn configuration(world: &World, node: Node) -> Configuration {
    let core = world.members[&node].status().core;
    core.expect("it runs").configuration
}

fn context(member: &Member) -> MemberContext {
    MemberContext::decode(&member.context).unwrap()
}

/// A group of three with writes, and the disk of member 1: what it knows to be decided, then what it only accepted.
struct Loss {
    decided: Vec<String>,
    accepted: Vec<String>,
    disk: MemoryDisk,
    disk_id: u128,
    last: Slot,
    world: World,
}

fn loss() -> Loss {
    loss_with(|_| {})
}

fn loss_with(set: fn(&mut World)) -> Loss {
    let mut world = World::new();
    set(&mut world);
    world.bootstrap(3);
    world.run(5_000);
    for i in 0..12 {
        let line = format!("{i} {}", "x".repeat(i * 37));
        assert!(matches!(world.put(ONE, &line), Answer::Applied(Ok(_))));
    }
    world.run(100);
    let decided = world.lines(ONE);
    let leader = world.leader().unwrap();
    if leader == ONE {
        world.request(ONE, |ticket| Request::Transfer { ticket, to: None });
        world.run(2_000);
    }
    let leader = world.leader().unwrap();
    assert_ne!(leader, ONE);
    let last = |world: &World| world.members[&ONE].status().core.unwrap().last;
    let before = last(&world);
    world.propose(leader, "accepted, and not known to be decided");
    while last(&world) == before {
        world.run(1);
    }
    // By the time it knows, it need not have written it down.
    let status = world.members[&ONE].status();
    Loss {
        decided,
        accepted: vec!["accepted, and not known to be decided".to_owned()],
        disk: world.disks[&ONE].copy(),
        disk_id: status.disk_id,
        last: before.next(),
        world,
    }
}

impl Loss {
    /// What the next group begins with.
    fn lines(&self) -> Vec<String> {
        let mut lines = self.decided.clone();
        lines.push(RENEWED.to_owned());
        lines.extend(self.accepted.clone());
        lines
    }

    fn check(&self, world: &World, what: &str) {
        let status = world.members[&ONE].status();
        assert_eq!(status.phase, Phase::Running, "{what}");
        assert!(status.leads && status.ready, "{what}: {status:?}");
        assert_eq!(
            (status.cluster, status.disk_id),
            (NEXT, self.disk_id),
            "{what}"
        );
        assert_eq!(world.lines(ONE), self.lines(), "{what}");
        let configuration = configuration(world, ONE);
        assert_eq!(configuration.id.0, 2, "{what}");
        assert_eq!(configuration.highest, Node(3), "{what}");
        assert!(configuration.members.keys().eq([&ONE]), "{what}");
        assert!(configuration.is_voter(ONE), "{what}");
        let own = context(&configuration.members[&ONE]);
        assert_eq!((own.name.as_str(), own.disk_id), ("m-1", self.disk_id));
        assert!(status.snapshot > self.last, "{what}");
    }
}

/// Starts member 1 of the next group, or a founder, and lets the disk carry out only so many operations before the
/// machine dies. False if there were not so many.
fn die_after(disk: &MemoryDisk, operations: usize, start: Option<&StartMode>) -> bool {
    let mut world = next_world(disk);
    let founder = StartMode::Bootstrap {
        initial: initial(1),
    };
    if start.is_none() {
        world.clusters.clear();
    }
    world.start(ONE, start.unwrap_or(&founder).clone()).unwrap();
    let done = work(&mut world, operations);
    disk.crash();
    done == operations
}

fn work(world: &mut World, operations: usize) -> usize {
    let disk = world.disks[&ONE].clone();
    let member = world.members.get_mut(&ONE).unwrap();
    let mut done = 0;
    while done < operations
        && member.status().phase != Phase::Running
        && let Some(completion) = disk.work()
    {
        member.handle(world.now, Event::Disk(completion));
        member.flush(world.now);
        while member.next_deadline() <= world.now && member.status().phase != Phase::Running {
            member.flush(world.now);
        }
        done += 1;
    }
    done
}

/// Is the disk still that of the group of before? Then it resumes there as if nothing had been tried.
fn is_of_before(disk: &MemoryDisk, loss: &Loss) -> bool {
    let mut before = World::new();
    before.disks.insert(ONE, disk.copy());
    if before.start(ONE, StartMode::Resume).is_err() {
        return false;
    }
    before.run(1_000);
    let status = before.members[&ONE].status();
    assert_eq!(status.phase, Phase::Running);
    assert_eq!(status.core.unwrap().last, loss.last);
    true
}

/// Adds a member to a group and waits until it votes.
fn add(world: &mut World, leader: Node, node: Node, cluster: ClusterUid) {
    world.clusters.insert(node, cluster);
    world.start(node, StartMode::Join).unwrap();
    let context = MemberContext {
        name: format!("m-{}", node.0),
        ..MemberContext::default()
    };
    let member = Member {
        role: MemberRole::Joining,
        context: context.encode(),
    };
    let added = world.change(leader, Change::Add { node, member });
    assert!(matches!(added, Answer::Changed(Ok(_))), "{added:?}");
    world.run(8_000);
}
