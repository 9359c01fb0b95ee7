//! Deliberate mistakes in the shipped crates, and the proof that the checkers notice them.

use crate::run::Run;

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// Its name, unique among all crates.
    pub name: &'static str,
    /// What it breaks.
    pub breaks: &'static str,
}

/// All mistakes that this build can make: none without the feature `mutations`.
#[must_use]
pub fn all() -> Vec<Mutation> {
    #[cfg(feature = "mutations")]
    {
        [
            synod_paxos::mutation::ALL,
            synod_replica::mutation::ALL,
            synod_kv::mutation::ALL,
        ]
        .into_iter()
        .flatten()
        .map(|(name, breaks)| Mutation { name, breaks })
        .collect()
    }
    #[cfg(not(feature = "mutations"))]
    Vec::new()
}

/// Mistakes in the tree of nodes that break nothing that clients of the simulator can see; the tree's own tests find them.
#[cfg(feature = "mutations")]
const UNSEEN: [&str; 4] = [
    "znode.create.ignores_parent_acl",
    "znode.quota.ignored",
    "znode.session.no_pause_grace",
    "znode.session.attached_for_less",
];

/// All mistakes of a LockService's own that this build can make and that are to be noticed here.
#[must_use]
pub fn of_locks() -> Vec<Mutation> {
    #[cfg(feature = "mutations")]
    {
        [synod_znode::mutation::ALL, synod_agent::mutation::ALL]
            .into_iter()
            .flatten()
            .filter(|(name, _)| !UNSEEN.contains(name))
            .map(|(name, breaks)| Mutation { name, breaks })
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
    let mut every = all().into_iter().chain(of_locks());
    let known = name.and_then(|name| every.find(|known| known.name == name));
    synod_mutation::switch(known.map(|known| known.name));
    match name {
        None => Ok(()),
        Some(_) if known.is_some() => Ok(()),
        Some(name) if cfg!(feature = "mutations") => Err(format!(
            "there is no mutation {name}; see tests/sim/MUTATIONS.md and LOCK_MUTATIONS.md"
        )),
        Some(_) => Err("this build cannot make mistakes: build with --features mutations".into()),
    }
}

/// Runs seeds from `from` on with a mistake switched on, until it is caught; at most `seeds_max` of them. The run that
/// caught it and how many seeds that took.
///
/// # Errors
/// If this build cannot make it.
pub fn hunt(
    run: fn(u64) -> Run,
    name: &str,
    from: u64,
    seeds_max: u64,
) -> Result<Option<(Run, u64)>, String> {
    switch(Some(name))?;
    let caught = (0..seeds_max)
        .map(|offset| (run(from + offset), offset + 1))
        .find(|(run, _)| run.violation.is_some());
    switch(None)?;
    Ok(caught)
}
