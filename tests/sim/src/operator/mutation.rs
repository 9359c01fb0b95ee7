//! Deliberate mistakes in the operator, and the proof that the checkers notice them.

use super::{Run, run};
use crate::mutation::Mutation;

/// Mistakes that no run of this simulation shows; the operator's own tests do. Replicas are not elected here; a plan that
/// force-deletes is stopped by its act, which asks for the node; all definitions are there; nobody loses first claims before
/// their group began; and only [`super::run_bereft`] loses quorums: it shows that a recovery ends well over real groups, not
/// what mistakes in it would do.
pub const ELSEWHERE: [&str; 15] = [
    "lead-after-the-lease",
    "force-delete-on-a-silent-node",
    "wait-for-every-definition",
    "complete-adopted-claims",
    "recover-whatever-is-given-up",
    "recover-beside-a-quorum",
    "recover-on-old-answers",
    "recover-beside-another",
    "recover-beside-the-stranded",
    "recover-from-less",
    "let-claims-of-before-go",
    "recover-into-one-cluster",
    "keep-pods-of-before",
    "keep-the-floor-of-before",
    "give-another-password",
];

/// All mistakes of the operator that this build can make: none without the feature `mutations`.
#[must_use]
pub fn all() -> Vec<Mutation> {
    #[cfg(feature = "mutations")]
    {
        let all = synod_operator::mutation::ALL.iter();
        all.map(|(name, breaks)| Mutation { name, breaks })
            .filter(|mutation| !ELSEWHERE.contains(&mutation.name))
            .collect()
    }
    #[cfg(not(feature = "mutations"))]
    Vec::new()
}

/// Switches one mistake on for this thread, or all off.
///
/// # Errors
/// If this build cannot make it.
pub fn switch(name: Option<&str>) -> Result<(), String> {
    let known = name.and_then(|name| all().into_iter().find(|known| known.name == name));
    synod_mutation::switch(known.map(|known| known.name));
    match name {
        Some(name) if known.is_none() => Err(format!(
            "there is no mutation {name}, or this build cannot make mistakes (--features mutations)"
        )),
        _ => Ok(()),
    }
}

/// Runs seeds from `from` on with a mistake switched on, until it is caught; at most `seeds_max` of them. The run that
/// caught it and how many seeds that took.
///
/// # Errors
/// If this build cannot make it.
pub fn hunt(name: &str, from: u64, seeds_max: u64) -> Result<Option<(Run, u64)>, String> {
    switch(Some(name))?;
    let caught = (0..seeds_max)
        .map(|offset| (run(from + offset), offset + 1))
        .find(|(run, _)| run.violation.is_some());
    switch(None)?;
    Ok(caught)
}
