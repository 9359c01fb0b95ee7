//! Harm without a plan: rounds of it under a client that counts, each with a seed of its own from which it can be played again.

use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::json;
use synod_bed::{Direction, Fault};
use synod_conformance::workload::Workload;

use crate::group::longest_gap;
use crate::scenarios::{PAUSE_MAX, demand, small, swap_addresses};
use crate::{Failure, Group, Namespace, Stage};

/// How often harm is done in a round; the client judges after it, and its history must not be too long for that.
const STEPS: u32 = 4;
/// How long harm lasts, in seconds.
const SECONDS: std::ops::Range<u64> = 3..40;

/// One kind of harm.
#[derive(Clone, Debug)]
enum Harm {
    /// The leader's pod is deleted by force.
    Pod,
    /// SIGKILL for the leader's process.
    Process,
    /// All replicas of the operator are deleted by force.
    Operator,
    /// Something happens to a worker that has a member.
    Node(Fault),
    /// As many members are wanted.
    Members(u32),
    /// Pods are to be made of the image of this name.
    Image(String),
    /// The worker is drained.
    Drain,
    /// Another authority signs, and all certificates are issued anew.
    Rotation,
    /// The chart is installed again, with another operator from the same image.
    Chart,
    /// Both workers lose power, and come back with each other's address.
    Swap,
    /// The group is hibernated.
    Sleep,
}

/// Rounds until the time is over; whether all went well. Prints what is done, and how to play a round again.
pub fn run(stage: &Stage, time: Duration) -> bool {
    let start = Instant::now();
    let (mut passed, mut failed) = (0, 0);
    for seed in stage.seed.. {
        if start.elapsed() >= time {
            break;
        }
        println!("round of seed {seed} ...");
        match round(stage, seed) {
            Ok(()) => passed += 1,
            Err(failure) => {
                failed += 1;
                println!("seed {seed}: FAILED: {failure}");
                stage.heal();
                println!("  again: cargo xtask chaos --minutes 1 --seed {seed}");
            }
        }
    }
    println!("\n{}", stage.report());
    println!("{passed} passed, {failed} failed");
    failed == 0 && passed > 0
}

fn round(stage: &Stage, seed: u64) -> Result<(), Failure> {
    let mut rng = Rng::with_seed(seed);
    let namespace = Namespace::create(stage, "e2e-chaos")?;
    let group = Group::create(&namespace, "config", &small(3))?;
    let mut workload = group.workload()?;
    for _ in 0..STEPS {
        step(stage, &group, &mut workload, &mut rng)?;
    }
    let verdicts = workload
        .judge()
        .map_err(|bad| format!("the client's verdicts:\n{bad}"))?;
    print!("{verdicts}");
    namespace.delete()
}

/// One harm or two at once, for a while; then all is mended, and the group must be as it is wanted, and serve.
fn step(
    stage: &Stage,
    group: &Group<'_>,
    workload: &mut Workload,
    rng: &mut Rng,
) -> Result<(), Failure> {
    let worker = stage.worker_that_leads(group)?;
    let count = rng.usize(1..=2);
    let mut harms: Vec<_> = (0..count).map(|_| any(stage, rng)).collect();
    // A node suffers one thing at a time.
    let mut is_first = true;
    harms.retain(|harm| !harm.is_of_a_node() || std::mem::take(&mut is_first));
    let time = Duration::from_secs(rng.u64(SECONDS));
    println!("  {harms:?} for {} s", time.as_secs());
    let done = harms
        .iter()
        .try_for_each(|harm| harm.do_it(stage, group, &worker));
    // Two at once may cost the quorum.
    let serves = harms.len() == 1 && harms.iter().all(Harm::lets_serve);
    let pause = if serves && done.is_ok() {
        longest_gap(workload, time)
    } else {
        std::thread::sleep(time);
        Ok(Duration::ZERO)
    };
    let mended = harms
        .iter()
        .try_for_each(|harm| harm.mend(stage, group, &worker));
    done.and(mended)?;
    let pause = pause?;
    demand(pause < PAUSE_MAX, || format!("no write for {pause:?}"))?;
    stage.measured("to the next write after harm was mended", workload.gap()?);
    stage.operator_is_ready()?;
    group.ready()?;
    workload.endpoints(&group.endpoints()?)
}

fn any(stage: &Stage, rng: &mut Rng) -> Harm {
    let cut = |direction| {
        Harm::Node(Fault::Cut {
            direction,
            peers: Vec::new(),
        })
    };
    let all = [
        Harm::Pod,
        Harm::Process,
        Harm::Operator,
        Harm::Node(Fault::Kill),
        Harm::Node(Fault::Pause),
        cut(Direction::Both),
        cut(Direction::In),
        cut(Direction::Out),
        Harm::Node(Fault::Slow(rng.u32(20..500))),
        Harm::Node(Fault::Lossy(rng.u32(5..50))),
        Harm::Members(if rng.bool() { 3 } else { 5 }),
        Harm::Image(
            if rng.bool() {
                &stage.images.synod
            } else {
                &stage.images.again
            }
            .clone(),
        ),
        Harm::Drain,
        Harm::Rotation,
        Harm::Chart,
        Harm::Swap,
        Harm::Sleep,
    ];
    all[rng.usize(..all.len())].clone()
}

/// Who leads, as the status says; under another harm there may be nobody.
fn leader(group: &Group<'_>) -> Result<Option<String>, Failure> {
    let leader = group.object()?["status"]["leader"]
        .as_str()
        .map(str::to_owned);
    Ok(leader)
}

impl Harm {
    /// Whether it happens to nodes.
    const fn is_of_a_node(&self) -> bool {
        matches!(self, Self::Node(_) | Self::Drain | Self::Swap)
    }

    /// Whether the group serves on while nothing else happens.
    const fn lets_serve(&self) -> bool {
        !matches!(self, Self::Swap | Self::Sleep)
    }

    fn do_it(&self, stage: &Stage, group: &Group<'_>, worker: &str) -> Result<(), Failure> {
        match self {
            Self::Pod => {
                let Some(leader) = leader(group)? else {
                    return Ok(());
                };
                group.delete_by_force(&leader)
            }
            Self::Process => {
                // Its container may be gone, or on a node that does not answer, under another harm.
                let killed = leader(group)?.map(|leader| stage.kill_process(group, &leader));
                if let Some(Err(why)) = killed {
                    println!("  not killed: {why}");
                }
                Ok(())
            }
            Self::Operator => stage.kill_operator(),
            Self::Node(fault) => stage.harm(worker, fault),
            Self::Members(members) => group.patch(&json!({ "members": members })),
            Self::Image(image) => group.patch(&json!({ "image": image })),
            Self::Drain => {
                // The budget may allow nothing, under another harm.
                if let Err(why) = stage.drain(worker, "30s") {
                    println!("  not drained: {why}");
                }
                Ok(())
            }
            Self::Rotation => group.rotate(),
            Self::Chart => {
                stage.install(&stage.chart, &stage.images.again)?;
                stage.install(&stage.chart, &stage.images.synod)
            }
            Self::Swap => swap_addresses(stage).map(drop),
            Self::Sleep => group.patch(&json!({ "hibernated": true })),
        }
    }

    fn mend(&self, stage: &Stage, group: &Group<'_>, worker: &str) -> Result<(), Failure> {
        match self {
            Self::Node(Fault::Kill) => stage.harm(worker, &Fault::Start),
            Self::Node(Fault::Pause) => stage.harm(worker, &Fault::Unpause),
            Self::Node(_) => stage.harm(worker, &Fault::Mend),
            Self::Drain => stage.cluster.ask(["uncordon", worker]).map(drop),
            Self::Sleep => group.patch(&json!({ "hibernated": false })),
            _ => Ok(()),
        }
    }
}
