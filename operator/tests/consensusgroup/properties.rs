//! Under faults, stale reads, crashes between any two actions, and a second, deposed operator that carries out old rounds
//! late: no step leaves less than a quorum, one voter is taken down or changes at a time, and once the faults stop all is as
//! asked for and nothing more is written.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use synod_agent_api::Change;
use synod_operator::action::Action;
use synod_operator::child::{Child, ChildKind};
use synod_operator::names;
use synod_operator::observe::Floor;

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
/// Played without being asked for more.
const SEEDS: u64 = 500;

/// What happens besides crashes and stale reads.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// Edits, and losses of pods, claims and nodes.
    Restless,
    /// The authority is replaced again and again, agents do not notice, and whatever else happens but rolls.
    Replaced,
    /// Quorums are lost for good, and the user names whom to go on with, rightly or wrongly.
    Bereft,
}

/// How often each fault, and each thing that was done, happened.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    fn add(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    fn take_in(&mut self, other: Self) {
        for (what, times) in other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }
}

/// One that looks and acts: the leader, or one that does not know yet that it is deposed.
struct Operator {
    view: View,
    /// What is left of the round that it is in.
    round: VecDeque<Action>,
    floor: Option<Floor>,
    asked: Option<u64>,
    /// It decided on what its agents tell now.
    fresh: bool,
}

impl Operator {
    /// A new process knows no floor, and asks every agent anew.
    fn start(world: &World) -> Self {
        Self {
            view: View::of(world),
            round: VecDeque::new(),
            floor: None,
            asked: None,
            fresh: true,
        }
    }

    /// Goes on with its round, or looks and begins one.
    fn turn(&mut self, world: &mut World, dice: &mut Dice, counts: &mut Counts, trace: &str) {
        if self.round.is_empty() {
            self.look(world, dice, counts);
        } else {
            // Whatever was true when it decided, and when it asked, is of the past.
            self.fresh = false;
        }
        while let Some(action) = self.round.pop_front() {
            if dice.one_in(30) {
                counts.add("crash between two writes");
                self.round.clear();
                return;
            }
            if dice.one_in(15) {
                counts.add("round held back");
                self.round.push_front(action);
                return;
            }
            let done = self.carry_out(world, &action);
            if !trace.is_empty() {
                println!("{trace}: {action}: {done:?}");
            }
            counts.add(action.word());
            if done.is_err() {
                counts.add("refused write");
                self.round.clear();
                return;
            }
            if dice.one_in(3) {
                world.settle();
                self.fresh = false;
            }
        }
    }

    fn look(&mut self, world: &mut World, dice: &mut Dice, counts: &mut Counts) {
        self.fresh = see(&mut self.view, world, dice, counts);
        self.asked = None;
        let decision = self.view.decide(self.floor);
        self.round = decision.strands.concat().into();
        // A status is written over the object that was seen only.
        if self.view.sees_the_object(world) {
            world.status = decision.status;
        }
    }

    /// Whether it is about to remove a voter, and has looked at this claim: what befalls it in between cannot be known, in any
    /// cluster.
    fn relies_on(&self, claim: &str) -> bool {
        let removes = |action: &Action| matches!(action, Action::Membership { request, .. } if matches!(request.change, Change::Remove { .. }));
        let is_to_look = |action: &Action| matches!(action, Action::ConfirmUnchanged { seen } if seen.name == claim);
        self.round.iter().any(removes) && !self.round.iter().any(is_to_look)
    }

    fn carry_out(&mut self, world: &mut World, action: &Action) -> Result<(), String> {
        (world.floor, world.asked, world.group.fresh) = (self.floor, self.asked, self.fresh);
        world.trust.seen = self.view.authority();
        let done = world.act(action);
        (self.floor, self.asked) = (world.floor, world.asked);
        done
    }
}

/// One run: what happened, and what was violated, if anything.
fn play(seed: u64, fate: Fate, counts: &mut Counts) -> Result<(), String> {
    let mut dice = Dice(seed);
    let members = *dice.pick(&[1, 3, 3, 5, 7]).expect("some");
    let mut world = World::new(json!({ "members": members }));
    let deposed = usize::from(dice.one_in(2));
    let mut operators = vec![Operator::start(&world)];
    operators.extend((0..deposed).map(|_| Operator::start(&world)));
    // One seed by itself tells its story.
    let trace = std::env::var_os("SYNOD_SEED").is_some();
    for round in 0..ROUNDS {
        let who = if dice.one_in(4) { deposed } else { 0 };
        if dice.one_in(10) {
            counts.add("operator restart");
            operators[who] = Operator::start(&world);
        }
        // No watch is behind, and no round under way, for as long as clients are given.
        if fate == Fate::Replaced && dice.one_in(8) {
            counts.add("an hour");
            world.leap(70);
            operators.fill_with(|| Operator::start(&world));
        }
        let line = if trace {
            format!("{round}.{who}")
        } else {
            String::new()
        };
        operators[who].turn(&mut world, &mut dice, counts, &line);
        let fault = match fate {
            Fate::Restless => disturb(&mut world, &mut dice, &operators),
            Fate::Replaced => replace_authority(&mut world, &mut dice, &operators),
            Fate::Bereft => bereave(&mut world, &mut dice),
        };
        if let Some(fault) = fault {
            counts.add(fault);
            if trace {
                println!("{round}: {fault}");
            }
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
    // What is still held back arrives in the end.
    for mut operator in operators {
        operator.fresh = false;
        while let Some(action) = operator.round.pop_front()
            && operator.carry_out(&mut world, &action).is_ok()
        {}
    }
    calm(&mut world)
}

/// Each watch delivers, or is late. Returns whether the agents' answers are not.
fn see(view: &mut View, world: &World, dice: &mut Dice, counts: &mut Counts) -> bool {
    type See = fn(&mut View, &World);
    let watches: [(See, &str); 4] = [
        (View::see_objects, "stale list of objects"),
        (View::see_claims, "stale list of claims"),
        (View::see_pods, "stale list of pods"),
        (View::see_others, "stale list of others"),
    ];
    for (watch, stale) in watches {
        if dice.one_in(3) {
            counts.add(stale);
        } else {
            watch(view, world);
        }
    }
    let fresh = !dice.one_in(3);
    if fresh {
        view.see_agents(world);
    } else {
        counts.add("stale answers of agents");
    }
    fresh
}

/// Something happens by itself, or somebody does something; what, if anything.
fn disturb(world: &mut World, dice: &mut Dice, operators: &[Operator]) -> Option<&'static str> {
    let fault = match dice.roll(40) {
        0 => {
            let members = *dice.pick(&[1, 3, 5, 7]).expect("some");
            world.edit("members", json!(members));
            "other number of members"
        }
        1 => {
            let learners = dice.roll(3);
            world.edit("learners", json!(learners));
            "other number of learners"
        }
        2 => {
            let image = format!("agent:{}", dice.roll(5));
            world.edit("image", json!(image));
            "other image"
        }
        3 => {
            world.broken_image = Some(format!("agent:{}", dice.roll(5)));
            "broken image"
        }
        4 => {
            world.broken_image = None;
            "mended image"
        }
        5 | 6 => {
            if let Some(pod) = dice.pick(&world.objects.of(ChildKind::Pod)) {
                world.lose_pod(&pod.clone());
                world.mishaps += 1;
            }
            "lost pod"
        }
        7 => {
            lose_claim(world, dice, operators);
            world.mishaps += 1;
            "lost claim"
        }
        8 => {
            let healthy = world.group.healthy();
            if world.group.leader.is_some()
                && let Some(next) = dice.pick(&healthy)
            {
                world.group.leader = Some(*next);
                world.group.round += 1;
            }
            "other leader"
        }
        9 => {
            let numbers: Vec<u64> = world.group.disks.keys().copied().collect();
            world.silent = dice.pick(&numbers).copied().into_iter().collect();
            "silent agent"
        }
        10 => {
            world.silent.clear();
            "agents that answer again"
        }
        11 => {
            world.edit("hibernated", json!(true));
            "hibernation"
        }
        12 | 13 if world.spec["hibernated"] == true => {
            world.edit("hibernated", json!(false));
            "end of hibernation"
        }
        14 => {
            let nodes: Vec<String> = world.nodes.keys().cloned().collect();
            let node = dice.pick(&nodes).expect("some");
            world.lose_node(node);
            world.mishaps += 1;
            "lost node"
        }
        _ => return None,
    };
    Some(fault)
}

/// The same, while the authority is replaced.
fn replace_authority(
    world: &mut World,
    dice: &mut Dice,
    operators: &[Operator],
) -> Option<&'static str> {
    let numbers: Vec<u64> = world.group.disks.keys().copied().collect();
    let fault = match dice.roll(30) {
        0..3 => {
            world.trust.ask_for_another();
            "another authority is asked for"
        }
        3 => {
            world.trust.stuck = dice.pick(&numbers).copied().into_iter().collect();
            "agent that does not notice"
        }
        4 | 5 => {
            world.trust.stuck.clear();
            "agents that notice again"
        }
        6 => {
            world.silent = dice.pick(&numbers).copied().into_iter().collect();
            "silent agent"
        }
        7 | 8 => {
            world.silent.clear();
            "agents that answer again"
        }
        9 => {
            if let Some(pod) = dice.pick(&world.objects.of(ChildKind::Pod)) {
                world.lose_pod(&pod.clone());
                world.mishaps += 1;
            }
            "lost pod"
        }
        10 => {
            let members = *dice.pick(&[1, 3, 5, 7]).expect("some");
            world.edit("members", json!(members));
            "other number of members"
        }
        11 => {
            lose_claim(world, dice, operators);
            world.mishaps += 1;
            "lost claim"
        }
        12 => {
            world.edit("hibernated", json!(true));
            "hibernation"
        }
        13..15 if world.spec["hibernated"] == true => {
            world.edit("hibernated", json!(false));
            "end of hibernation"
        }
        _ => return None,
    };
    Some(fault)
}

/// Quorums are lost, and recoveries are asked for.
fn bereave(world: &mut World, dice: &mut Dice) -> Option<&'static str> {
    let numbers: Vec<u64> = world.group.disks.keys().copied().collect();
    let fault = match dice.roll(24) {
        0 | 1 => {
            lose_quorum(world, dice);
            "lost quorum"
        }
        2..6 => {
            let from = dice.pick(&numbers).copied().unwrap_or(1);
            ask_for_recovery(world, from);
            "recovery is asked for"
        }
        6 => {
            world.edit("recovery", json!(null));
            "recovery is asked for no more"
        }
        7 => {
            world.silent = dice.pick(&numbers).copied().into_iter().collect();
            "silent agent"
        }
        8 | 9 => {
            world.silent.clear();
            "agents that answer again"
        }
        10 => {
            if let Some(pod) = dice.pick(&world.objects.of(ChildKind::Pod)) {
                world.lose_pod(&pod.clone());
                world.mishaps += 1;
            }
            "lost pod"
        }
        11 => {
            let members = *dice.pick(&[1, 3, 5]).expect("some");
            world.edit("members", json!(members));
            "other number of members"
        }
        12 => {
            world.edit("learners", json!(dice.roll(2)));
            "other number of learners"
        }
        13 => {
            world.edit("hibernated", json!(true));
            "hibernation"
        }
        14..16 if world.spec["hibernated"] == true => {
            world.edit("hibernated", json!(false));
            "end of hibernation"
        }
        _ => return None,
    };
    Some(fault)
}

/// Of a group that works fewer voters keep their data than a quorum, but one at least.
fn lose_quorum(world: &mut World, dice: &mut Dice) {
    let mut left = world.group.intact();
    let kept = quorum(world.group.voters().len()) - 1;
    if world.group.leader.is_none() || kept == 0 {
        return;
    }
    world.mishaps += 1;
    let kept = 1 + usize::try_from(dice.roll(kept as u64)).expect("small");
    let mut emptied = Vec::new();
    while left.len() > kept {
        let at = usize::try_from(dice.roll(left.len() as u64)).expect("small");
        let number = left.remove(at);
        let name = format!("data-config-cg-{number}");
        let claim = world.objects.get(ChildKind::Claim, &name).cloned();
        match claim.filter(|_| dice.one_in(2)) {
            Some(claim) => {
                let pods = world.objects.of(ChildKind::Pod);
                let its =
                    |pod: &&std::sync::Arc<_>| crate::api::number(Child::meta(pod)) == Some(number);
                pods.iter().filter(its).for_each(|pod| world.lose_pod(pod));
                world.lose_claim(&claim);
            }
            None => emptied.push(number),
        }
    }
    world.group.lose_data(&emptied);
}

fn ask_for_recovery(world: &mut World, from: u64) {
    if let Some(cluster) = world.group.cluster {
        let recovery = json!({ "from": from, "acceptDataLoss": cluster.to_string() });
        world.edit("recovery", recovery);
    }
}

/// Somebody deletes a claim, or its volume breaks; never so many that the data is lost by that alone.
fn lose_claim(world: &mut World, dice: &mut Dice, operators: &[Operator]) {
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
    // With the voter that is removed a moment later it would be one too many.
    let relied_on = |operator: &Operator| operator.relies_on(claim.name());
    if operators.iter().any(relied_on) {
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
    world.asked = None;
    world.floor = None;
    world.broken_image = None;
    world.edit("hibernated", json!(false));
    let intact = world.group.intact();
    if intact.len() < quorum(world.group.voters().len())
        && let Some(from) = intact.first()
    {
        clear_away_removed(world);
        ask_for_recovery(world, *from);
    }
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
        let mut left = world.objects.of(kind);
        left.retain(|object| !is_kept(world, object));
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

/// A person knows who was removed, which those that are left need not: what is left of the others is deleted.
fn clear_away_removed(world: &mut World) {
    let is_member = |object: &Child| {
        let number = crate::api::number(object.meta()).expect("a member's");
        world.group.members.contains_key(&number)
    };
    let mut left = world.objects.of(ChildKind::Pod);
    left.extend(world.objects.of(ChildKind::Claim));
    left.retain(|object| !is_member(object));
    for object in left {
        match object.kind() {
            ChildKind::Pod => world.lose_pod(&object),
            _ => world.lose_claim(&object),
        }
    }
}

/// Whether it is a claim of a cluster that was given up.
fn is_kept(world: &World, object: &Child) -> bool {
    let notes = object.meta().annotations.as_ref();
    let cluster = notes.and_then(|all| all.get(names::CLUSTER_UID));
    let now = world.group.cluster.map(|cluster| cluster.to_string());
    object.kind() == ChildKind::Claim && cluster != now.as_ref()
}

/// What became of all seeds.
#[derive(Default)]
struct Tally {
    runs: u64,
    counts: Counts,
    violations: BTreeMap<u64, String>,
}

impl Tally {
    fn play(&mut self, seed: u64, fate: Fate) {
        #[cfg(feature = "mutations")]
        synod_mutation::switch(mistake());
        let mut counts = Counts::default();
        let run = std::panic::AssertUnwindSafe(|| play(seed, fate, &mut counts));
        let result = std::panic::catch_unwind(run);
        self.runs += 1;
        self.counts.take_in(counts);
        let violation = match result {
            Ok(Ok(())) => return,
            Ok(Err(violation)) => violation,
            Err(_) => "a panic".to_owned(),
        };
        self.violations.insert(seed, violation);
    }

    fn take_in(&mut self, other: Self) {
        self.runs += other.runs;
        self.counts.take_in(other.counts);
        self.violations.extend(other.violations);
    }

    fn tell(&self) {
        for (what, times) in &self.counts.0 {
            println!("{times:>12} {what}");
        }
        for (seed, violation) in &self.violations {
            let first = violation.lines().next().unwrap_or_default();
            println!("seed {seed}: {first}; replay with `cargo xtask operator --seed {seed}`");
        }
        println!("{} runs, {} violations", self.runs, self.violations.len());
    }
}

/// The mistake that is to be made in all runs, if any: `SYNOD_MISTAKE`.
#[cfg(feature = "mutations")]
fn mistake() -> Option<&'static str> {
    let name = std::env::var("SYNOD_MISTAKE").ok()?;
    let mut all = synod_operator::mutation::ALL.iter();
    let found = all.find(|(known, _)| *known == name);
    Some(
        found
            .unwrap_or_else(|| panic!("there is no mistake {name}"))
            .0,
    )
}

#[test]
fn faults_stale_reads_and_crashes() {
    check(Fate::Restless, SEEDS);
}

#[test]
fn quorums_are_lost_for_good() {
    check(Fate::Bereft, SEEDS / 5);
}

#[test]
fn an_authority_is_replaced_under_faults() {
    check(Fate::Replaced, SEEDS);
}

fn check(fate: Fate, played: u64) {
    let seeds = seeds(played);
    let next = AtomicU64::new(seeds.start);
    let worker = || {
        let mut tally = Tally::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return tally;
            }
            tally.play(seed, fate);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            tally.take_in(worker.join().expect("panics of runs are caught"));
        }
    });
    tally.tell();
    if let Some((seed, violation)) = tally.violations.first_key_value() {
        panic!("seed {seed}: {violation}");
    }
}

/// `SYNOD_SEED` plays one seed only, and tells it; `SYNOD_SEEDS` says how many are played, from `SYNOD_FIRST` on.
fn seeds(played: u64) -> std::ops::Range<u64> {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|text: String| text.parse().ok())
    };
    let first = number("SYNOD_FIRST").unwrap_or(0);
    match number("SYNOD_SEED") {
        Some(seed) => seed..seed + 1,
        None => first..first + number("SYNOD_SEEDS").unwrap_or(played),
    }
}
