//! Under faults, stale reads and crashes between any two actions: no step leaves less than a quorum, one voter changes
//! at a time, and once the faults stop all is as asked for and nothing more is written.

use serde_json::json;
use synod_operator::child::ChildKind;

use crate::group::quorum;
use crate::observed::View;
use crate::world::World;

/// SplitMix64: equal seeds give equal runs.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let length = u64::try_from(from.len()).expect("small");
        (length > 0).then(|| &from[usize::try_from(self.roll(length)).expect("small")])
    }
}

const ROUNDS: usize = 100;

/// What happens besides crashes and stale reads.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// Edits, and losses of pods, claims and nodes.
    Restless,
    /// The authority is replaced again and again, agents do not notice, and whatever else happens but rolls.
    Replaced,
}

/// One run. What was violated, if anything.
fn play(seed: u64, fate: Fate) -> Result<(), String> {
    let mut dice = Dice(seed);
    let members = *dice.pick(&[1, 3, 3, 5, 7]).expect("some");
    let mut world = World::new(json!({ "members": members }));
    let mut view = View::of(&world);
    // One seed by itself tells its story.
    let trace = std::env::var_os("SYNOD_SEED").is_some();
    for round in 0..ROUNDS {
        world.group.fresh = see(&mut view, &world, &mut dice);
        // A new process knows no floor, and asks every agent anew.
        let restarted = dice.one_in(10);
        if restarted {
            view = View::of(&world);
            world.floor = 0;
        }
        // No watch is behind for as long as clients are given.
        if fate == Fate::Replaced && dice.one_in(8) {
            world.leap(70);
            view = View::of(&world);
        }
        let decision = view.decide(world.floor);
        world.trust.seen = view.authority();
        for action in &decision.actions {
            if dice.one_in(30) {
                break;
            }
            let done = world.act(action);
            if trace {
                println!("{round}: {action}: {done:?}");
            }
            if done.is_err() {
                break;
            }
            if dice.one_in(3) {
                world.settle();
                world.group.fresh = false;
            }
        }
        world.status = decision.status;
        match fate {
            Fate::Restless => disturb(&mut world, &mut dice),
            Fate::Replaced => replace_authority(&mut world, &mut dice),
        }
        if !dice.one_in(4) {
            world.settle();
        }
        if trace {
            println!("{round}: {}", world.group.told());
        }
        if let Some(violation) = world.group.violations.first() {
            return Err(violation.clone());
        }
    }
    calm(&mut world)
}

/// Each watch delivers, or is late. Returns whether the agents' answers are not.
fn see(view: &mut View, world: &World, dice: &mut Dice) -> bool {
    type See = fn(&mut View, &World);
    let watches: [See; 4] = [
        View::see_objects,
        View::see_claims,
        View::see_pods,
        View::see_others,
    ];
    for watch in watches {
        if !dice.one_in(3) {
            watch(view, world);
        }
    }
    let fresh = !dice.one_in(3);
    if fresh {
        view.see_agents(world);
    }
    fresh
}

fn disturb(world: &mut World, dice: &mut Dice) {
    match dice.roll(40) {
        0 => {
            let members = *dice.pick(&[1, 3, 5, 7]).expect("some");
            world.edit("members", json!(members));
        }
        1 => {
            let learners = dice.roll(3);
            world.edit("learners", json!(learners));
        }
        2 => {
            let image = format!("agent:{}", dice.roll(5));
            world.edit("image", json!(image));
        }
        3 => world.broken_image = Some(format!("agent:{}", dice.roll(5))),
        4 => world.broken_image = None,
        5 | 6 => {
            if let Some(pod) = dice.pick(&world.objects.of(ChildKind::Pod)) {
                world.lose_pod(&pod.clone());
            }
        }
        7 => lose_claim(world, dice),
        8 => {
            let healthy = world.group.healthy();
            if world.group.leader.is_some()
                && let Some(next) = dice.pick(&healthy)
            {
                world.group.leader = Some(*next);
                world.group.round += 1;
            }
        }
        9 => {
            let numbers: Vec<u64> = world.group.disks.keys().copied().collect();
            world.silent = dice.pick(&numbers).copied().into_iter().collect();
        }
        10 => world.silent.clear(),
        11 => world.edit("hibernated", json!(true)),
        12 | 13 if world.spec["hibernated"] == true => world.edit("hibernated", json!(false)),
        14 => {
            let nodes: Vec<String> = world.nodes.keys().cloned().collect();
            let node = dice.pick(&nodes).expect("some");
            world.lose_node(node);
        }
        _ => {}
    }
}

fn replace_authority(world: &mut World, dice: &mut Dice) {
    match dice.roll(30) {
        0..3 => world.trust.ask_for_another(),
        3 => {
            let numbers: Vec<u64> = world.group.disks.keys().copied().collect();
            world.trust.stuck = dice.pick(&numbers).copied().into_iter().collect();
        }
        4 | 5 => world.trust.stuck.clear(),
        6 => {
            let numbers: Vec<u64> = world.group.disks.keys().copied().collect();
            world.silent = dice.pick(&numbers).copied().into_iter().collect();
        }
        7 | 8 => world.silent.clear(),
        9 => {
            if let Some(pod) = dice.pick(&world.objects.of(ChildKind::Pod)) {
                world.lose_pod(&pod.clone());
            }
        }
        10 => {
            let members = *dice.pick(&[1, 3, 5, 7]).expect("some");
            world.edit("members", json!(members));
        }
        11 => lose_claim(world, dice),
        12 => world.edit("hibernated", json!(true)),
        13..15 if world.spec["hibernated"] == true => world.edit("hibernated", json!(false)),
        _ => {}
    }
}

/// Somebody deletes a claim, or its volume breaks; never so many that the data is lost by that alone.
fn lose_claim(world: &mut World, dice: &mut Dice) {
    let claims = world.objects.of(ChildKind::Claim);
    let Some(claim) = dice.pick(&claims).cloned() else {
        return;
    };
    let number = crate::api::number(claim.meta()).expect("a member's claim");
    let stays = |n: &u64| {
        let mut claims = claims
            .iter()
            .filter(|claim| crate::api::number(claim.meta()) == Some(*n));
        *n != number && claims.all(|claim| claim.meta().deletion_timestamp.is_none())
    };
    let left = world.group.intact().iter().filter(|n| stays(n)).count();
    let started = world.group.id > 1 || world.group.leader.is_some();
    if !started || left < quorum(world.group.voters().len()) {
        return;
    }
    // One that goes only when its pod does may belong to a voter by then, and be one too many.
    let votes = world.group.voters().contains(&number);
    if votes && dice.one_in(2) {
        world.objects.delete(ChildKind::Claim, claim.name());
    } else {
        let pods = world.objects.of(ChildKind::Pod);
        if let Some(pod) = pods
            .iter()
            .find(|pod| crate::api::number(pod.meta()) == Some(number))
        {
            world.lose_pod(pod);
        }
        world.lose_claim(&claim);
    }
}

/// The faults stop: all must become as asked for, and then nothing more is written.
fn calm(world: &mut World) -> Result<(), String> {
    world.silent.clear();
    world.broken_image = None;
    world.edit("hibernated", json!(false));
    // A kubelet tries again to start what could not be started.
    for pod in world.objects.of(ChildKind::Pod) {
        world.objects.change(ChildKind::Pod, pod.name(), |pod| {
            if let synod_operator::child::Child::Pod(pod) = pod
                && pod
                    .status
                    .as_ref()
                    .is_some_and(|s| s.phase.as_deref() == Some("Pending"))
            {
                pod.status = None;
            }
        });
    }
    world.trust.stuck.clear();
    world.settle();
    let lines = world.finish_rotation()?;
    let told = |name: &str| world.status[name].to_string();
    let spec = |name: &str, default: u64| world.spec[name].as_u64().unwrap_or(default).to_string();
    let found = [
        told("state"),
        told("members"),
        told("readyMembers"),
        told("learners"),
    ];
    let wanted = [
        "\"Ready\"".to_owned(),
        spec("members", 3),
        spec("members", 3),
        spec("learners", 0),
    ];
    if found != wanted {
        return Err(format!(
            "ends as {found:?}, not {wanted:?}: {}\n{lines}",
            world.status
        ));
    }
    let expected = world.group.members.len();
    for kind in [ChildKind::Pod, ChildKind::Claim, ChildKind::ConfigMap] {
        let left = world.objects.of(kind);
        if left.len() != expected {
            let names: Vec<_> = left.iter().map(|object| object.name()).collect();
            let members: Vec<_> = world.group.members.keys().collect();
            return Err(format!(
                "{kind}s {names:?} are left for {members:?}\n{lines}"
            ));
        }
    }
    Ok(())
}

#[test]
fn faults_stale_reads_and_crashes() {
    check(Fate::Restless);
}

#[test]
fn an_authority_is_replaced_under_faults() {
    check(Fate::Replaced);
}

fn check(fate: Fate) {
    for seed in seeds() {
        let result = std::panic::catch_unwind(|| play(seed, fate));
        match result {
            Ok(Ok(())) => {}
            Ok(Err(violation)) => panic!("seed {seed}: {violation}; replay with SYNOD_SEED={seed}"),
            Err(_) => panic!("seed {seed} panicked; replay with SYNOD_SEED={seed}"),
        }
    }
}

/// `SYNOD_SEED` plays up to and including one seed only by itself; `SYNOD_SEEDS` says how many are played.
fn seeds() -> std::ops::Range<u64> {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|text: String| text.parse().ok())
    };
    match number("SYNOD_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SYNOD_SEEDS").unwrap_or(40),
    }
}
