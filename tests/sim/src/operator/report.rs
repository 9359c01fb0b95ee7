//! Sums over runs of the operator, and how they are printed.

use std::collections::BTreeMap;
use std::fmt;

use super::Run;
use crate::clock::SECOND;

/// Violations that are kept with their stories.
const VIOLATIONS_SHOWN_MAX: usize = 10;

/// The sum over runs.
#[derive(Debug, Default)]
pub struct Report {
    /// Runs.
    pub runs: u64,
    /// Runs that did enough.
    pub counted: u64,
    /// Violations.
    pub violations: u64,
    seconds: u64,
    operations: u64,
    elections: u64,
    done: BTreeMap<&'static str, u64>,
    faults: BTreeMap<&'static str, u64>,
    shown: Vec<Run>,
    wanting: Vec<u64>,
}

impl Report {
    /// Adds a run.
    pub fn add(&mut self, run: Run) {
        self.runs += 1;
        self.counted += u64::from(run.counts());
        self.seconds += run.time / SECOND;
        self.operations += run.operations;
        self.elections += run.elections;
        for (sums, counts) in [(&mut self.done, &run.done), (&mut self.faults, &run.faults)] {
            for (what, count) in counts {
                *sums.entry(what).or_default() += count;
            }
        }
        if run.violation.is_some() {
            self.violations += 1;
            self.shown.push(run);
            self.shown.sort_by_key(|run| run.seed);
            self.shown.truncate(VIOLATIONS_SHOWN_MAX);
        } else if !run.counts() {
            self.wanting.push(run.seed);
        }
    }

    /// As one JSON object, without stories.
    #[must_use]
    pub fn json(&self) -> String {
        let seeds: Vec<u64> = self.shown.iter().map(|run| run.seed).collect();
        serde_json::json!({
            "runs": self.runs, "counted": self.counted, "violations": self.violations,
            "virtual_seconds": self.seconds, "operations": self.operations, "elections": self.elections,
            "done": self.done, "faults": self.faults, "violating_seeds": seeds,
        })
        .to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for run in &self.shown {
            if let Some((violation, story)) = &run.violation {
                writeln!(f, "VIOLATION in seed {}: {violation}", run.seed)?;
                writeln!(f, "    {}", story.join("\n    "))?;
                writeln!(
                    f,
                    "replay: cargo xtask sim --operator --seed {} --trace",
                    run.seed
                )?;
            }
        }
        let row = |f: &mut fmt::Formatter<'_>, what: &str, count: u64| {
            writeln!(f, "{what:<38} {count:>12}")
        };
        row(f, "virtual seconds", self.seconds)?;
        row(f, "writes and reads acknowledged", self.operations)?;
        row(f, "leaders elected", self.elections)?;
        for (what, count) in &self.done {
            row(f, what, *count)?;
        }
        writeln!(f, "faults:")?;
        for (what, count) in &self.faults {
            row(f, &format!("  {what}"), *count)?;
        }
        if !self.wanting.is_empty() {
            writeln!(f, "did too little to count: {:?}", self.wanting)?;
        }
        write!(
            f,
            "{} runs of the operator, {} did enough to count, {} violations",
            self.runs, self.counted, self.violations
        )
    }
}
