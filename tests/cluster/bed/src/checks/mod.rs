//! Checks of the bed itself: what it promises to the tests that are run on it.
//!
//! They play on a bed that is up, with a pod on every node that serves a page; each leaves the nodes as it found them.

mod basics;
mod faults;
mod images;
mod pods;

use std::time::Instant;

use crate::{Bed, Failure};
use pods::Pods;

/// One check.
struct Check {
    name: &'static str,
    run: fn(&Pods<'_>) -> Result<(), Failure>,
}

const CHECKS: [Check; 18] = [
    check("pods reach each other, Services and names", basics::network),
    check("volumes keep what was written", basics::volumes),
    check("volumes grow", basics::growth),
    check("pods and nodes are measured", basics::metrics),
    check("calls are in the audit log", basics::audit),
    check("logs are written into a folder", basics::logs),
    check("an image is loaded", images::load),
    check("cut", faults::cut),
    check("cut from one peer", faults::cut_from_peer),
    check("deaf", faults::deaf),
    check("mute", faults::mute),
    check("slow", faults::slow),
    check("lossy", faults::lossy),
    check("pause", faults::pause),
    check("unplug", faults::unplug),
    check("kill", faults::kill),
    check("kill of two, whose addresses change", faults::addresses),
    check("kill of the control plane", faults::control_plane),
];

const fn check(name: &'static str, run: fn(&Pods<'_>) -> Result<(), Failure>) -> Check {
    Check { name, run }
}

/// Runs those whose name contains one of `names`, or all, and prints a line for each.
///
/// # Errors
/// When the pods that they play with do not run.
pub fn run(bed: &Bed, names: &[String]) -> Result<Vec<Result<(), Failure>>, Failure> {
    let pods = Pods::start(bed)?;
    let wanted = |check: &&Check| {
        names.is_empty() || names.iter().any(|name| check.name.contains(name.as_str()))
    };
    let results = CHECKS.iter().filter(wanted).map(|check| one(check, &pods));
    let results = results.collect();
    pods.end()?;
    Ok(results)
}

fn one(check: &Check, pods: &Pods<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let result = (check.run)(pods);
    let seconds = start.elapsed().as_secs_f64();
    match &result {
        Ok(()) => println!("ok     {} ({seconds:.1} s)", check.name),
        Err(failure) => println!("FAILED {} ({seconds:.1} s): {failure}", check.name),
    }
    result.map_err(|failure| format!("{}: {failure}", check.name))
}
