//! Checks of the bed itself: what it promises to the tests that are run on it.
//!
//! They play on a bed that is up, with a pod on every node that serves a page; each leaves the nodes as it found them.

mod basics;
mod faults;
mod images;
mod pods;

use std::time::Instant;

use crate::{Bed, Failure, image};
use pods::Pods;

/// One check.
struct Check {
    name: &'static str,
    needs: Needs,
    run: fn(&Pods<'_>) -> Result<(), Failure>,
}

/// What a bed must be made of for a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Any engine, any image.
    Nothing,
    /// An engine of the bed's own.
    OwnEngine,
    /// A node image made here.
    OwnImage,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The bed keeps that promise.
    Passed,
    /// It does not.
    Failed(Failure),
    /// It does not promise that, being made of what it is.
    NotRun(String),
}

const CHECKS: [Check; 19] = [
    check("pods reach each other, Services and names", basics::network),
    check("volumes keep what was written", basics::volumes),
    check("volumes grow", basics::growth).needs(Needs::OwnImage),
    check("pods and nodes are measured", basics::metrics),
    check("calls are in the audit log", basics::audit),
    check("logs are written into a folder", basics::logs),
    check("logs of the engine are among them", basics::engine_log).needs(Needs::OwnEngine),
    check("an image is loaded", images::load).needs(Needs::OwnImage),
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
    Check {
        name,
        needs: Needs::Nothing,
        run,
    }
}

impl Check {
    const fn needs(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }
}

impl Needs {
    /// Why it is not there; nothing where it is.
    fn missing(self, own_engine: bool, own_image: bool) -> Option<&'static str> {
        match self {
            Self::OwnEngine if !own_engine => Some("the engine is the machine's"),
            Self::OwnImage if !own_image => Some("the node image is kind's own"),
            _ => None,
        }
    }
}

/// Whether there are checks whose name contains one of `names`.
///
/// # Errors
/// When there are none: the message names those that there are.
pub fn known(names: &[String]) -> Result<(), Failure> {
    if CHECKS.iter().any(|check| is_wanted(check, names)) {
        return Ok(());
    }
    let all = CHECKS.map(|check| check.name).join("; ");
    Err(format!(
        "no check is named {}; there are: {all}",
        names.join(" or ")
    ))
}

fn is_wanted(check: &Check, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| check.name.contains(name.as_str()))
}

/// Runs those whose name contains one of `names`, or all, and prints a line for each that is run.
///
/// # Errors
/// When the pods that they play with do not run, or no check has such a name.
pub fn run(bed: &Bed, names: &[String]) -> Result<Vec<Outcome>, Failure> {
    known(names)?;
    let own = (bed.is_apart(), image::is_own(&bed.node_image()?));
    let pods = Pods::start(bed)?;
    let wanted = CHECKS.iter().filter(|check| is_wanted(check, names));
    let outcomes = wanted.map(|check| match check.needs.missing(own.0, own.1) {
        Some(why) => Outcome::NotRun(format!("{}: {why}", check.name)),
        None => one(check, &pods),
    });
    let outcomes = outcomes.collect();
    pods.end()?;
    Ok(outcomes)
}

fn one(check: &Check, pods: &Pods<'_>) -> Outcome {
    let start = Instant::now();
    let result = (check.run)(pods);
    let seconds = start.elapsed().as_secs_f64();
    match result {
        Ok(()) => {
            println!("ok     {} ({seconds:.1} s)", check.name);
            Outcome::Passed
        }
        Err(failure) => {
            println!("FAILED {} ({seconds:.1} s): {failure}", check.name);
            Outcome::Failed(format!("{}: {failure}", check.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_check_has_is_refused() {
        let known =
            |names: &[&str]| known(&names.iter().map(|name| (*name).into()).collect::<Vec<_>>());
        assert_eq!(known(&[]), Ok(()));
        assert_eq!(known(&["nowhere", "kill"]), Ok(()));
        let refused = known(&["nowhere"]).err().unwrap_or_default();
        assert!(
            refused.contains("nowhere") && refused.contains("volumes grow"),
            "{refused}"
        );
    }

    #[test]
    fn what_a_bed_is_not_made_of_is_missing() {
        for (needs, own_engine, own_image, missing) in [
            (Needs::Nothing, false, false, false),
            (Needs::OwnEngine, true, true, false),
            (Needs::OwnEngine, false, true, true),
            (Needs::OwnImage, false, true, false),
            (Needs::OwnImage, false, false, true),
        ] {
            let why = needs.missing(own_engine, own_image);
            assert_eq!(
                why.is_some(),
                missing,
                "{needs:?}, {own_engine}, {own_image}"
            );
        }
    }
}
