//! `cargo xtask cluster check`: what the bed promises, checked.

use std::process::{Command, Stdio};
use std::time::Duration;

use synod_bed::checks::Outcome;
use synod_bed::inventory::Inventory;
use synod_bed::{Bed, Options, checks, place, process};

use super::Named;
use crate::Failure;
use crate::tally::Tally;

/// When the `up` that is killed is killed: at some moments, it has started an engine, nodes, or Kubernetes on them.
const KILLED_AFTER_S: [u64; 3] = [2, 8, 20];
/// What a bed has left is gone after this long, or stays.
const LEFT_MAX: Duration = Duration::from_secs(10);
/// The name of the bed of the whole check.
const WHOLE: &str = "check";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    named: Named,
    /// Only checks whose name contains one of these
    #[arg(value_name = "CHECK")]
    names: Vec<String>,
    /// On a bed of its own: make it, check, remove it, kill an `up` in between, and compare what the machine has before
    /// and after
    #[arg(long)]
    whole: bool,
}

/// Runs the checks, with a closing line.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    checks::known(&arguments.names)?;
    let mut tally = Tally::default();
    if arguments.whole {
        whole(arguments, &mut tally);
    } else {
        on(&Bed::find(&arguments.named.name)?, arguments, &mut tally);
    }
    tally.close()
}

fn on(bed: &Bed, arguments: &Arguments, tally: &mut Tally) {
    match checks::run(bed, &arguments.names) {
        Ok(outcomes) => outcomes.into_iter().for_each(|outcome| match outcome {
            Outcome::Passed => tally.check(Ok(())),
            Outcome::Failed(failure) => tally.check(Err(failure)),
            Outcome::NotRun(why) => tally.not_run(&why),
        }),
        Err(failure) => tally.check(Err(failure)),
    }
}

fn whole(arguments: &Arguments, tally: &mut Tally) {
    let options = Options {
        name: WHOLE.to_owned(),
        ..Options::default()
    };
    // Before anything is made, so that what a first `up` leaves is not taken for the machine's.
    let before = Inventory::take();
    match super::make(&options) {
        Ok(bed) => on(&bed, arguments, tally),
        Err(failure) => tally.check(Err(failure)),
    }
    nothing_is_left(&before, tally);
    for seconds in KILLED_AFTER_S {
        match killed(seconds) {
            Ok(()) => nothing_is_left(&before, tally),
            Err(failure) => tally.check(Err(failure)),
        }
    }
}

/// Removes the bed, and compares, unless others are there.
fn nothing_is_left(before: &Result<Inventory, Failure>, tally: &mut Tally) {
    let left = left(before);
    let others = place::names().unwrap_or_default();
    if others.is_empty() {
        tally.check(left);
    } else {
        let others = others.join(", ");
        tally.not_run(&format!(
            "whether something is left: it could be that of other beds, {others}"
        ));
    }
}

fn left(before: &Result<Inventory, Failure>) -> Result<(), Failure> {
    let before = before.as_ref().map_err(Clone::clone)?;
    let during = Inventory::take()?;
    Bed::down(WHOLE)?;
    // The kernel takes links away some time after the last process of their namespace has ended.
    let mut left = Ok(Vec::new());
    let _ = process::wait("that nothing is left", LEFT_MAX, || {
        left = Inventory::take().map(|now| before.changes(&now));
        left.as_ref().is_ok_and(Vec::is_empty)
    });
    let left = left?;
    let had = before.changes(&during).len();
    println!(
        "down: {had} things more than before, now {}; of {:?}",
        left.len(),
        before.counts()
    );
    if left.is_empty() {
        return Ok(());
    }
    Err(format!("`down` left:\n{}", left.join("\n")))
}

/// Starts an `up` and kills it.
fn killed(after_seconds: u64) -> Result<(), Failure> {
    let this = std::env::current_exe().map_err(|error| format!("no path of my own: {error}"))?;
    let mut up = Command::new(this);
    up.args(["cluster", "up", "--name", WHOLE])
        .stderr(Stdio::null());
    let mut child = up.spawn().map_err(|error| format!("no `up`: {error}"))?;
    std::thread::sleep(Duration::from_secs(after_seconds));
    let killed = child.kill().and_then(|()| child.wait());
    println!("an `up` killed after {after_seconds} s");
    killed
        .map(drop)
        .map_err(|error| format!("`up` is not killed: {error}"))
}
