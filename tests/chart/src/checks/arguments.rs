//! The operator takes the arguments that it is started with, and would refuse others.

use std::process::Command;

use super::{Case, ensure};
use crate::{Failure, Tools, output};

pub(super) fn are_taken(tools: &Tools, case: &Case) -> Result<(), Failure> {
    let pod = case.rendered.operator()?;
    let [container] = pod.containers.as_slice() else {
        return Err("one container was expected".to_owned());
    };
    let arguments = container.args.clone().unwrap_or_default();
    ensure(
        container.command.as_deref() == Some(&["synod".to_owned()]),
        || "the container runs something else".to_owned(),
    )?;
    let watch = arguments.iter().find(|word| word.starts_with("--watch"));
    let watched = watch.map(|word| word.trim_start_matches("--watch=").split(',').collect());
    let watched: Vec<&str> = watched.unwrap_or_default();
    ensure(watched == case.watched, || {
        format!("it watches {watched:?}")
    })?;
    takes(tools, &arguments)
}

/// Whether `synod` takes a command line. It reads all of it, values too, before it shows the help that is asked for last.
///
/// # Errors
/// With what it says, if it does not.
fn takes(tools: &Tools, arguments: &[String]) -> Result<(), Failure> {
    let mut synod = Command::new(tools.programs.join("synod"));
    output(synod.args(arguments).arg("--help")).map(drop)
}

/// Without this, a program that takes everything would do.
pub(super) fn others_are_refused(tools: &Tools) -> Result<(), Failure> {
    for wrong in [
        "--no-such-flag",
        "--reconciles-max=0",
        "--lease-duration=15",
        "--watch=A",
    ] {
        let arguments = ["operator", wrong].map(str::to_owned);
        ensure(takes(tools, &arguments).is_err(), || {
            format!("{wrong} is taken")
        })?;
    }
    Ok(())
}
