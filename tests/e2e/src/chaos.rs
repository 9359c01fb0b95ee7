//! Harm without a plan: rounds of it under a client that counts, each with a seed of its own from which it can be played again.

use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::json;
use synod_bed::{Direction, Fault};
use synod_conformance::workload::Workload;

use crate::helm::SYSTEM;
use crate::scenarios::small;
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
}

/// Rounds until the time is over; whether all went well. Prints what is done, and how to play a round again.
pub fn run(stage: &Stage, time: Duration, seed: u64) -> bool {
    let start = Instant::now();
    let (mut passed, mut failed) = (0, 0);
    for seed in seed.. {
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
    let worker = stage.worker_of(group)?;
    let count = rng.usize(1..=2);
    let mut harms: Vec<_> = (0..count).map(|_| any(stage, rng)).collect();
    // A node suffers one thing at a time.
    let mut is_first = true;
    harms.retain(|harm| !matches!(harm, Harm::Node(_)) || std::mem::take(&mut is_first));
    let time = Duration::from_secs(rng.u64(SECONDS));
    println!("  {harms:?} for {} s", time.as_secs());
    let done = harms
        .iter()
        .try_for_each(|harm| harm.do_it(stage, group, &worker));
    std::thread::sleep(time);
    let mended = harms.iter().try_for_each(|harm| harm.mend(stage, &worker));
    done.and(mended)?;
    stage.operator_is_ready()?;
    group.ready()?;
    workload.endpoints(&group.endpoints()?)?;
    stage.measured("to the next write after harm was mended", workload.gap()?);
    Ok(())
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
    fn do_it(&self, stage: &Stage, group: &Group<'_>, worker: &str) -> Result<(), Failure> {
        let by_force = ["--grace-period=0", "--force", "--wait=false"];
        match self {
            Self::Pod => {
                let Some(leader) = leader(group)? else {
                    return Ok(());
                };
                let words = ["delete", "pod", &leader, "--ignore-not-found"];
                group
                    .kubectl(&[words.as_slice(), &by_force].concat())
                    .map(drop)
            }
            Self::Process => {
                // Its container may be gone, or on a node that does not answer, under another harm.
                let killed = leader(group)?.map(|leader| stage.kill_process(group, &leader));
                if let Some(Err(why)) = killed {
                    println!("  not killed: {why}");
                }
                Ok(())
            }
            Self::Operator => stage.operator_pods()?.iter().try_for_each(|pod| {
                let words = [
                    "delete",
                    "pod",
                    pod,
                    "--namespace",
                    SYSTEM,
                    "--ignore-not-found",
                ];
                stage
                    .cluster
                    .ask(words.into_iter().chain(by_force))
                    .map(drop)
            }),
            Self::Node(fault) => stage.harm(worker, fault),
            Self::Members(members) => group.patch(&json!({ "members": members })),
            Self::Image(image) => group.patch(&json!({ "image": image })),
        }
    }

    fn mend(&self, stage: &Stage, worker: &str) -> Result<(), Failure> {
        let Self::Node(fault) = self else {
            return Ok(());
        };
        let mend = match fault {
            Fault::Kill => Fault::Start,
            Fault::Pause => Fault::Unpause,
            _ => Fault::Mend,
        };
        stage.harm(worker, &mend)
    }
}
