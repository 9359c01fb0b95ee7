//! What a group does, by what goes wrong.

use bytes::Bytes;
use synod_paxos::{Change, Member, MemberRole, Node, RoleName, Slot};
use synod_replica::{MemberContext, Phase, Quarantine, Refusal, Request, StartMode};

use crate::world::{Answer, World, initial};

fn applied(index: usize) -> Answer {
    Answer::Applied(Ok(index))
}

fn other(leader: Node) -> Node {
    Node(leader.0 % 3 + 1)
}

#[test]
fn a_single_member_writes_and_resumes() {
    let mut world = World::group(1);
    assert_eq!(world.put(Node(1), "a"), applied(1));
    world.crash(Node(1));
    world
        .start(
            Node(1),
            StartMode::Bootstrap {
                initial: initial(1),
            },
        )
        .unwrap();
    world.run(3_000);
    assert_eq!(world.put(Node(1), "b"), applied(2));
    assert_eq!(world.lines(Node(1)), ["a", "b"]);
}

#[test]
fn leader_and_followers_write_in_one_order() {
    let mut world = World::group(3);
    for node in 1..=3 {
        let ticket = world.propose(Node(node), &format!("from {node}"));
        assert!(matches!(world.wait(ticket), Answer::Applied(Ok(_))));
    }
    world.run(500);
    assert_eq!(world.lines(Node(1)).len(), 3);
    assert_eq!(world.lines(Node(1)), world.lines(Node(2)));
    assert_eq!(world.lines(Node(1)), world.lines(Node(3)));
}

#[test]
fn reads_and_soft_requests_are_answered_everywhere() {
    let mut world = World::group(3);
    for node in 1..=3 {
        let read = world.request(Node(node), |ticket| Request::Read { ticket });
        assert_eq!(world.wait(read), Answer::Read(Ok(())));
        let soft = world.request(Node(node), |ticket| Request::Soft { ticket, request: 4 });
        assert_eq!(world.wait(soft), Answer::Soft(Ok(5)));
    }
}

#[test]
fn a_dead_leader_is_replaced_and_what_was_forwarded_applies_once() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    let follower = other(leader);
    assert_eq!(world.put(follower, "a"), applied(1));
    world.crash(leader);
    let tickets: Vec<u64> = (0..20)
        .map(|i| world.propose(follower, &format!("b{i}")))
        .collect();
    for ticket in tickets {
        assert!(matches!(world.wait(ticket), Answer::Applied(Ok(_))));
    }
    world.start(leader, StartMode::Resume).unwrap();
    world.run(3_000);
    assert_eq!(world.lines(leader).len(), 21);
    assert_eq!(world.lines(leader), world.lines(follower));
}

#[test]
fn a_cut_off_member_answers_that_it_has_no_leader() {
    let mut world = World::group(3);
    let follower = other(world.leader().unwrap());
    world.cut = [follower].into();
    world.run(5_000);
    let write = world.propose(follower, "a");
    let read = world.request(follower, |ticket| Request::Read { ticket });
    assert_eq!(world.wait(write), Answer::Applied(Err(Refusal::NoLeader)));
    assert_eq!(world.wait(read), Answer::Read(Err(Refusal::NoLeader)));
    world.cut.clear();
    world.run(3_000);
    assert!(matches!(world.put(follower, "b"), Answer::Applied(Ok(_))));
}

#[test]
fn snapshots_shorten_the_log_and_are_resumed_from() {
    let mut world = World::new();
    world.bounds.snapshot_log_bytes = 4 << 10;
    world.bootstrap(3);
    world.run(5_000);
    let leader = world.leader().unwrap();
    for i in 0..400 {
        assert_eq!(world.put(leader, &format!("line {i}")), applied(i + 1));
    }
    world.run(1_000);
    for node in 1..=3 {
        let status = world.members[&Node(node)].status();
        assert!(status.snapshot > Slot(300), "{:?}", status.snapshot);
        assert!(
            status.log_bytes < 40 << 10,
            "{} bytes of log",
            status.log_bytes
        );
    }
    for node in 1..=3 {
        world.crash(Node(node));
    }
    for node in 1..=3 {
        world.start(Node(node), StartMode::Resume).unwrap();
    }
    world.run(5_000);
    for node in 1..=3 {
        assert_eq!(world.lines(Node(node)).len(), 400);
    }
}

#[test]
fn a_new_member_gets_a_snapshot_and_is_promoted() {
    let mut world = World::new();
    world.bounds.snapshot_log_bytes = 4 << 10;
    world.bootstrap(3);
    world.run(5_000);
    let leader = world.leader().unwrap();
    for i in 0..200 {
        world.put(leader, &format!("line {i}"));
    }
    world.start(Node(4), StartMode::Join).unwrap();
    let member = Member {
        role: MemberRole::Joining,
        context: MemberContext::default().encode(),
    };
    let node = Node(4);
    let asked = other(leader);
    assert!(matches!(
        world.change(asked, Change::Add { node, member }),
        Answer::Changed(Ok(_))
    ));
    world.run(10_000);
    let status = world.members[&node].status();
    assert_eq!(status.counters.installs, 1);
    assert_eq!(world.lines(node).len(), 200);
    let core = status.core.unwrap();
    assert!(core.configuration.is_voter(node));
    world.crash(node);
    world.start(node, StartMode::Resume).unwrap();
    world.run(3_000);
    assert_eq!(world.lines(node).len(), 200);
}

#[test]
fn a_laggard_gets_a_snapshot() {
    let mut world = World::new();
    world.bounds.snapshot_log_bytes = 4 << 10;
    world.bootstrap(3);
    world.run(5_000);
    let leader = world.leader().unwrap();
    let laggard = other(leader);
    world.put(laggard, "before");
    world.cut = [laggard].into();
    for i in 0..200 {
        world.put(leader, &format!("line {i}"));
    }
    world.cut.clear();
    world.run(10_000);
    let status = world.members[&laggard].status();
    assert_eq!(status.counters.installs, 1);
    assert_eq!(world.lines(laggard).len(), 201);
    assert!(matches!(
        world.put(laggard, "after"),
        Answer::Applied(Ok(_))
    ));
    world.crash(laggard);
    world.start(laggard, StartMode::Resume).unwrap();
    world.run(3_000);
    assert_eq!(world.lines(laggard).len(), 202);
}

/// A status is made anew when its generation changes, and never else: what it says then must stay true.
#[test]
fn a_laggard_is_told_to_follow_once_it_does() {
    let mut world = World::group(3);
    let leader = world.leader().expect("a leader");
    let laggard = other(leader);
    world.kill(laggard);
    for number in 0..6_000 {
        let last = world.propose(leader, &format!("{number:0>400}"));
        if number % 50 == 49 {
            world.wait(last);
        }
    }
    let mut shown = world.members[&leader].status();
    world.start(laggard, StartMode::Resume).unwrap();
    for _ in 0..20_000 {
        world.run(1);
        let driver = &world.members[&leader];
        if driver.glance().generation == shown.generation {
            continue;
        }
        shown = driver.status();
        let core = shown.core.as_ref().expect("it runs");
        for (node, progress) in &core.members {
            let follows = shown.following.contains(node);
            assert!(
                !follows || progress.is_caught_up(core.decided),
                "{node} follows: {progress:?}"
            );
        }
        if shown.following.contains(&laggard) {
            return;
        }
    }
    panic!("{laggard} is never told to follow: {shown:?}");
}

#[test]
fn a_snapshot_that_rotted_at_its_sender_is_refused_and_written_anew() {
    let mut world = World::new();
    world.bounds.snapshot_log_bytes = 4 << 10;
    world.bootstrap(3);
    world.run(5_000);
    let leader = world.leader().unwrap();
    let laggard = other(leader);
    world.cut = [laggard].into();
    for i in 0..200 {
        world.put(leader, &format!("line {i}"));
    }
    for node in (1..=3).map(Node) {
        let disk = &world.disks[&node];
        for name in disk.names() {
            if name.starts_with("snapshot-") {
                let mut data = disk.bytes(&name);
                let middle = data.len() / 2;
                data[middle] ^= 4;
                disk.put(&name, data);
            }
        }
    }
    world.cut.clear();
    world.run(15_000);
    assert_eq!(world.members[&laggard].status().counters.installs, 1);
    assert_eq!(world.lines(laggard).len(), 200);
}

#[test]
fn an_emptied_disk_is_an_amnesiac_until_the_group_takes_note() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    let lost = other(leader);
    world.put(leader, "a");
    world.crash(lost);
    world.disks.remove(&lost);
    world.start(lost, StartMode::Resume).unwrap();
    world.run(1);
    assert!(world.members[&lost].status().amnesiac);
    world.run(10_000);
    let status = world.members[&lost].status();
    assert!(!status.amnesiac);
    let core = status.core.unwrap();
    assert_eq!(core.role, RoleName::Follower);
    let context = MemberContext::decode(&core.configuration.members[&lost].context).unwrap();
    assert_eq!(context.disk_id, status.disk_id);
    assert_eq!(world.lines(lost), ["a"]);
    world.crash(lost);
    world.start(lost, StartMode::Resume).unwrap();
    world.run(1_000);
    assert!(!world.members[&lost].status().amnesiac);
}

#[test]
fn a_full_disk_stops_writes_until_there_is_space() {
    let mut world = World::group(1);
    world.disks[&Node(1)].0.borrow_mut().full = true;
    let ticket = world.propose(Node(1), "a");
    world.run(500);
    assert_eq!(
        world.put(Node(1), "b"),
        Answer::Applied(Err(Refusal::Overloaded))
    );
    world.disks[&Node(1)].0.borrow_mut().full = false;
    assert!(matches!(world.wait(ticket), Answer::Applied(Ok(1))));
    world.run(5_000);
    assert_eq!(world.put(Node(1), "c"), applied(2));
}

#[test]
fn a_full_disk_of_a_leader_moves_leadership() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    world.disks[&leader].0.borrow_mut().full = true;
    world.propose(leader, "a");
    world.run(8_000);
    assert_ne!(world.leader(), Some(leader));
    let asked = other(leader);
    assert!(matches!(world.put(asked, "b"), Answer::Applied(Ok(_))));
    world.disks[&leader].0.borrow_mut().full = false;
    world.run(5_000);
    assert_eq!(world.lines(leader), world.lines(asked));
}

#[test]
fn a_failed_sync_quarantines_until_restart() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    world.disks[&leader].0.borrow_mut().broken = true;
    let ticket = world.propose(leader, "a");
    assert_eq!(world.wait(ticket), Answer::Applied(Err(Refusal::TimedOut)));
    let phase = world.members[&leader].status().phase;
    assert!(
        matches!(phase, Phase::Quarantined(Quarantine::DiskFailed(_))),
        "{phase:?}"
    );
    world.run(8_000);
    let asked = other(leader);
    assert!(matches!(world.put(asked, "b"), Answer::Applied(Ok(_))));
    world.disks[&leader].0.borrow_mut().broken = false;
    world.crash(leader);
    world.start(leader, StartMode::Resume).unwrap();
    world.run(3_000);
    assert_eq!(world.lines(leader), world.lines(asked));
}

#[test]
fn a_leader_with_a_stuck_disk_hands_over() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    world.disks[&leader].0.borrow_mut().stuck = true;
    world.propose(leader, "a");
    world.run(6_000);
    assert_ne!(world.leader(), Some(leader));
}

#[test]
fn an_unknown_command_halts_everybody_who_applies_it() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    let ticket = world.propose(leader, "?");
    assert_eq!(world.wait(ticket), Answer::Applied(Err(Refusal::TimedOut)));
    let phase = world.members[&leader].status().phase;
    assert!(matches!(
        phase,
        Phase::Quarantined(Quarantine::UnknownCommand(_))
    ));
}

#[test]
fn requests_are_bounded() {
    let mut world = World::new();
    world.bounds.command_bytes_max = 8;
    world.bounds.outstanding_max = 2;
    world.bootstrap(3);
    assert_eq!(
        world.put(Node(1), "123456789"),
        Answer::Applied(Err(Refusal::Overloaded))
    );
    world.run(5_000);
    assert_eq!(
        world.put(Node(1), "123456789"),
        Answer::Applied(Err(Refusal::TooLarge))
    );
    let tickets: Vec<u64> = (0..3).map(|_| world.propose(Node(1), "x")).collect();
    world.run(100);
    assert_eq!(
        world.answers[&tickets[2]],
        Answer::Applied(Err(Refusal::Overloaded))
    );
    assert!(matches!(world.answers[&tickets[1]], Answer::Applied(Ok(_))));
}

#[test]
fn the_level_is_raised_when_all_members_know_it() {
    let mut world = World::new();
    for node in 1..=3 {
        world.level_max.insert(Node(node), 2);
    }
    world.level_max.insert(Node(3), 1);
    world.bootstrap(3);
    world.run(5_000);
    assert_eq!(world.members[&Node(1)].status().level, 1);
    world.crash(Node(3));
    world.level_max.insert(Node(3), 2);
    world.start(Node(3), StartMode::Resume).unwrap();
    world.run(5_000);
    for node in 1..=3 {
        assert_eq!(world.members[&Node(node)].status().level, 2);
    }
}

#[test]
fn random_bytes_from_a_peer_change_nothing() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    let from = other(leader);
    for length in 0..64u8 {
        let frame = Bytes::from((0..length).map(|i| i.wrapping_mul(37)).collect::<Vec<u8>>());
        let event = synod_replica::NetEvent::Received { from, frame };
        let member = world.members.get_mut(&leader).unwrap();
        member.handle(world.now, synod_replica::Event::Net(event));
    }
    let counters = world.members[&leader].status().counters;
    assert_eq!(counters.frames_malformed + counters.frames_newer, 64);
    assert_eq!(world.put(leader, "a"), applied(1));
}

#[test]
fn a_draining_leader_hands_over_and_refuses() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    world.put(leader, "a");
    let now = world.now;
    world.members.get_mut(&leader).unwrap().drain(now);
    assert_eq!(
        world.put(leader, "b"),
        Answer::Applied(Err(Refusal::Stopped))
    );
    world.run(3_000);
    assert_ne!(world.leader(), Some(leader));
    assert!(world.members[&leader].drained());
}
