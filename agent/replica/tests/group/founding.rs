//! How a group begins, and what a founder or a newcomer is whose disk is emptied before anybody noted that it was in use.

use synod_paxos::{Change, Member, MemberRole, Node, RoleName};
use synod_replica::{MemberContext, StartMode};

use crate::disk::{MemoryDisk, altered};
use crate::world::{Answer, World, initial};

fn bootstrap() -> StartMode {
    StartMode::Bootstrap {
        initial: initial(3),
    }
}

/// The member's machine dies and comes back with an empty disk, as if it had never run.
fn empty(world: &mut World, node: Node, start: StartMode) {
    if world.members.contains_key(&node) {
        world.kill(node);
    }
    world.disks.insert(node, MemoryDisk::default());
    world.start(node, start).unwrap();
}

fn role(world: &World, node: Node) -> Option<RoleName> {
    let core = world.members[&node].status().core;
    core.map(|core| core.role)
}

fn votes(world: &World, node: Node) -> bool {
    let role = role(world, node);
    matches!(
        role,
        Some(RoleName::Leader | RoleName::Candidate | RoleName::Follower)
    )
}

fn configuration(world: &World, node: Node) -> u64 {
    let core = world.members[&node].status().core;
    core.map_or(0, |core| core.configuration.id.0)
}

/// Everybody votes, and a write is answered everywhere.
fn works(world: &mut World, what: &str) {
    world.run(8_000);
    for node in [1, 2, 3].map(Node) {
        assert!(
            votes(world, node),
            "{what}: {node} is {:?}",
            role(world, node)
        );
    }
    let answer = world.put(Node(1), "works");
    assert!(
        matches!(answer, Answer::Applied(Ok(_))),
        "{what}: {answer:?}"
    );
}

#[test]
fn a_group_begins_when_all_its_founders_have_met() {
    let mut world = World::new();
    world.start(Node(1), bootstrap()).unwrap();
    world.start(Node(2), bootstrap()).unwrap();
    world.run(20_000);
    for node in [1, 2].map(Node) {
        assert_eq!(role(&world, node), Some(RoleName::Founder));
        let status = world.members[&node].status();
        assert_eq!(status.awaited_founders, [Node(3)]);
        assert!(!status.ready);
    }
    // They need not be there at the same time.
    world.crash(Node(1));
    world.start(Node(3), bootstrap()).unwrap();
    world.run(5_000);
    assert_eq!(role(&world, Node(3)), Some(RoleName::Founder));
    world.start(Node(1), bootstrap()).unwrap();
    works(&mut world, "met");
    assert_eq!(world.members[&Node(1)].status().awaited_founders, []);
}

#[test]
fn a_founder_that_was_emptied_before_the_group_began_begins_anew() {
    let mut world = World::new();
    world.start(Node(1), bootstrap()).unwrap();
    world.start(Node(2), bootstrap()).unwrap();
    world.run(2_000);
    empty(&mut world, Node(2), bootstrap());
    world.run(2_000);
    world.start(Node(3), bootstrap()).unwrap();
    works(&mut world, "emptied before");
    assert_eq!(configuration(&world, Node(1)), 1, "nobody was demoted");
}

/// Whether the group has begun such a disk cannot tell. Were its loss taken for a beginning, a founder that it had not noted
/// would give way to a group that never began.
#[test]
fn a_founder_whose_disk_rots_before_the_group_began_is_not_waited_for() {
    for file in ["identity", "wal-0000000000000001"] {
        let mut world = World::new();
        world.start(Node(1), bootstrap()).unwrap();
        world.start(Node(2), bootstrap()).unwrap();
        world.run(2_000);
        world.kill(Node(2));
        let rotten = altered(&world.disks[&Node(2)], "identity", |data| data[40] ^= 1);
        let rotten = altered(&rotten, file, |data| data[100] ^= 1);
        world.disks.insert(Node(2), rotten);
        world.start(Node(2), bootstrap()).unwrap();
        world.run(2_000);
        assert_eq!(role(&world, Node(1)), Some(RoleName::Founder), "{file}");
        world.start(Node(3), bootstrap()).unwrap();
        works(&mut world, file);
        // Demoted, promoted.
        assert_eq!(configuration(&world, Node(1)), 3, "{file}");
    }
}

#[test]
fn an_emptied_founder_votes_only_after_the_group_took_note() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    let (missed, emptied) = (Node(leader.0 % 3 + 1), Node((leader.0 + 1) % 3 + 1));
    // One member misses a write that the other two have; one of these is emptied, the other one is cut off.
    world.cut.insert(missed);
    assert!(matches!(world.put(leader, "kept"), Answer::Applied(Ok(_))));
    world.cut.insert(leader);
    world.cut.remove(&missed);
    empty(&mut world, emptied, bootstrap());
    world.run(10_000);
    assert_eq!(role(&world, emptied), Some(RoleName::Amnesiac));
    assert!(!world.members[&missed].status().leads);
    world.cut.clear();
    works(&mut world, "emptied");
    assert!(world.lines(missed).contains(&"kept".to_owned()));
}

#[test]
fn founders_that_are_emptied_one_after_the_other_lose_nothing() {
    let mut world = World::group(3);
    for (round, node) in [1, 2, 3, 1, 2].map(Node).into_iter().enumerate() {
        let line = format!("round {round}");
        let answer = world.put(Node(node.0 % 3 + 1), &line);
        assert!(matches!(answer, Answer::Applied(Ok(_))));
        let before = configuration(&world, Node(node.0 % 3 + 1));
        empty(&mut world, node, bootstrap());
        works(&mut world, &line);
        assert!(world.lines(node).contains(&line));
        // Demoted, promoted.
        assert_eq!(configuration(&world, node), before + 2);
    }
}

#[test]
fn a_beginning_that_was_cut_short_anywhere_is_gone_on_with() {
    for operations in 0..40 {
        for emptied in [false, true] {
            let what = format!("cut short after {operations}, emptied: {emptied}");
            let mut world = World::new();
            let disk = MemoryDisk::default();
            disk.0.borrow_mut().left = Some(operations);
            world.disks.insert(Node(2), disk);
            world.bootstrap(3);
            world.run(3_000);
            world.crash(Node(2));
            world.disks[&Node(2)].0.borrow_mut().left = None;
            if emptied {
                world.disks.insert(Node(2), MemoryDisk::default());
            }
            world.run(1_000);
            world.start(Node(2), bootstrap()).unwrap();
            works(&mut world, &what);
        }
    }
}

#[test]
fn a_joined_member_that_was_emptied_votes_only_after_the_group_took_note() {
    let mut world = World::group(3);
    let context = MemberContext {
        name: "four".into(),
        client_urls: vec!["http://four:2379".into()],
        ..MemberContext::default()
    };
    let node = Node(4);
    let member = Member {
        role: MemberRole::Joining,
        context: context.encode(),
    };
    let leader = world.leader().unwrap();
    world.start(node, StartMode::Join).unwrap();
    let added = world.change(leader, Change::Add { node, member });
    assert!(matches!(added, Answer::Changed(Ok(_))), "{added:?}");
    works(&mut world, "joined");
    assert!(votes(&world, node));
    let known = |world: &World| {
        let status = world.members[&leader].status();
        let members = status.core.unwrap().configuration.members;
        MemberContext::decode(&members[&node].context).unwrap()
    };
    let first = known(&world);
    assert_eq!(first.disk_id, world.members[&node].status().disk_id);
    let told = MemberContext {
        disk_id: 0,
        ..first.clone()
    };
    assert_eq!(told, context, "what the group was told of it stays");

    world.cut.extend([1, 2, 3].map(Node));
    empty(&mut world, node, StartMode::Join);
    world.run(1_000);
    assert!(!votes(&world, node));
    world.cut.clear();
    works(&mut world, "joined, then emptied");
    assert!(votes(&world, node));
    assert_ne!(known(&world).disk_id, first.disk_id);
}
