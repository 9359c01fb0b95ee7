//! Playing scenarios one after the other, and telling how they went.

use std::time::Instant;

use serde_json::Value;

use crate::scenarios::{ALL, Need, Scenario};
use crate::{Failure, Stage};

/// Prints what there is.
pub fn list() {
    for scenario in ALL {
        let smoke = if scenario.smoke { " (smoke)" } else { "" };
        println!("{}{smoke}: {}", scenario.name, scenario.about);
        for need in scenario.needs {
            println!("    needs {}", need.words());
        }
    }
}

/// The scenarios whose names contain one of these, in the order in which they are played; all, if there are none.
///
/// # Errors
/// When a name is part of no scenario's.
pub fn meant(names: &[String], smoke: bool) -> Result<Vec<&'static Scenario>, Failure> {
    let is_named = |scenario: &Scenario, name: &String| scenario.name.contains(name.as_str());
    if let Some(name) = names
        .iter()
        .find(|name| !ALL.iter().any(|it| is_named(it, name)))
    {
        return Err(format!(
            "no scenario has {name:?} in its name; --list tells all"
        ));
    }
    let is_meant = |scenario: &&Scenario| {
        let named = names.iter().any(|name| is_named(scenario, name));
        (names.is_empty() || named) && (!smoke || scenario.smoke)
    };
    Ok(ALL.iter().filter(is_meant).collect())
}

/// Plays scenarios, prints how each went and the closing line; whether all went well. The chart is installed before, which
/// counts as one.
pub fn all(stage: &Stage, meant: &[&Scenario]) -> bool {
    let (mut passed, mut failed) = (0, 0);
    let mut count = |good: bool| {
        passed += u64::from(good);
        failed += u64::from(!good);
        good
    };
    let installed = count(told("install", || {
        stage.install(&stage.chart, &stage.images.synod)?;
        stage.operator_is_ready()
    }));
    for scenario in meant.iter().filter(|_| installed) {
        if let Some(need) = stage.lacks(scenario) {
            println!("not run: {}: needs {}", scenario.name, need.words());
            continue;
        }
        if !count(told(scenario.name, || (scenario.play)(stage))) {
            stage.heal();
        }
    }
    println!("\n{}", stage.report());
    println!("{passed} passed, {failed} failed");
    failed == 0 && passed > 0
}

/// The page about a run in which all that was played went well.
///
/// # Errors
/// When the API server does not tell its version.
pub fn page(stage: &Stage, meant: &[&Scenario]) -> Result<String, Failure> {
    let version = stage.cluster.ask(["get", "--raw", "/version"])?;
    let version: Value =
        serde_json::from_str(&version).map_err(|error| format!("no JSON: {error}"))?;
    let row = |it: &&Scenario| match stage.lacks(it) {
        None => format!("| {} | {} |\n", it.name, it.about),
        Some(need) => format!("| {} | not run: needs {} |\n", it.name, need.words()),
    };
    Ok(format!(
        "# In a real Kubernetes\n\n\
         `cargo xtask e2e`: Kubernetes {}, three nodes by kind on one machine, Synod by its chart, members with the defaults of \
         timing. All that was played passed. Wherever the client that counts was at work, no acknowledged write was lost, and the \
         history is linearizable. A failover is the time from the leader's death to the acknowledgement of the first write that \
         began after it.\n\n{}\n\
         | scenario | |\n|---|---|\n{}",
        version["gitVersion"]
            .as_str()
            .unwrap_or("of an unknown version"),
        stage.report(),
        meant.iter().map(row).collect::<String>(),
    ))
}

/// Carries something out and prints how it went.
fn told(name: &str, work: impl FnOnce() -> Result<(), Failure>) -> bool {
    println!("{name} ...");
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    match result {
        Ok(()) => {
            println!("{name}: ok, {seconds:.1} s");
            true
        }
        Err(failure) => {
            println!(
                "{name}: FAILED after {seconds:.1} s\n  {}",
                failure.replace('\n', "\n  ")
            );
            false
        }
    }
}

impl Stage {
    /// Something that a scenario needs and the cluster does not have.
    fn lacks(&self, scenario: &Scenario) -> Option<Need> {
        let mut needs = scenario.needs.iter().copied();
        needs.find(|need| !self.has(*need))
    }

    fn has(&self, need: Need) -> bool {
        let bed = self.cluster.bed().is_some();
        match need {
            Need::NodeFaults | Need::Audit | Need::Flows => bed,
            Need::GrowingVolumes => self.has_growing_volumes(),
            Need::Before => self.before.is_some(),
        }
    }

    /// Whether a storage class says that its volumes can grow.
    fn has_growing_volumes(&self) -> bool {
        let grows = |class: &Value| class["allowVolumeExpansion"] == true;
        let classes = self.cluster.get(["storageclasses"]).unwrap_or_default();
        classes["items"].as_array().into_iter().flatten().any(grows)
    }
}
