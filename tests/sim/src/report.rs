//! Sums over runs, and how they are printed.

use std::collections::BTreeMap;
use std::fmt;

use crate::clock::SECOND;
use crate::profile::Fault;
use crate::run::{ELECTIONS_MIN, OPERATIONS_MIN, Run};

/// Violations that are kept with their traces.
const VIOLATIONS_SHOWN_MAX: usize = 5;

/// The sum over runs.
#[derive(Debug, Default)]
pub struct Report {
    /// Runs.
    pub runs: u64,
    /// Runs that did enough.
    pub counted: u64,
    /// Violations.
    pub violations: u64,
    /// What the command line says besides the seed.
    pub option: &'static str,
    sums: BTreeMap<&'static str, u64>,
    faults: BTreeMap<Fault, u64>,
    shown: Vec<Run>,
    /// Seeds that did too little: seed, operations, elections, lossy crashes.
    wanting: Vec<(u64, u64, u64, u64)>,
}

impl Report {
    /// Adds a run.
    pub fn add(&mut self, run: Run) {
        self.runs += 1;
        self.counted += u64::from(run.counts());
        for (name, count) in facts(&run) {
            *self.sums.entry(name).or_default() += count;
        }
        for (fault, count) in &run.counts.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
        if run.violation.is_some() {
            self.violations += 1;
            self.shown.push(run);
            self.shown.sort_by_key(|run| run.seed);
            self.shown.truncate(VIOLATIONS_SHOWN_MAX);
        } else if !run.counts() {
            self.wanting.push((
                run.seed,
                run.operations,
                run.elections,
                run.counts.lossy_crashes,
            ));
        }
    }

    /// As one JSON object, without traces.
    #[must_use]
    pub fn json(&self) -> String {
        let mut fields = vec![
            format!("\"runs\":{}", self.runs),
            format!("\"counted\":{}", self.counted),
            format!("\"violations\":{}", self.violations),
        ];
        fields.extend(
            self.sums
                .iter()
                .map(|(name, count)| format!("\"{}\":{count}", name.replace(' ', "_"))),
        );
        let faults: Vec<String> = self
            .faults
            .iter()
            .map(|(fault, count)| format!("\"{fault:?}\":{count}"))
            .collect();
        fields.push(format!("\"faults\":{{{}}}", faults.join(",")));
        let seeds: Vec<String> = self.shown.iter().map(|run| run.seed.to_string()).collect();
        fields.push(format!("\"violating_seeds\":[{}]", seeds.join(",")));
        format!("{{{}}}", fields.join(","))
    }
}

fn facts(run: &Run) -> Vec<(&'static str, u64)> {
    let mut facts = vec![
        ("steps", run.steps),
        ("virtual seconds", run.time / SECOND),
        ("operations", run.operations),
        ("elections", run.elections),
        ("slots", run.slots),
        ("snapshots installed", run.installs),
        ("configurations", run.counts.configurations),
        ("membership changes", run.counts.changes),
        ("processes killed", run.counts.kills),
        ("power losses", run.counts.power_losses),
        ("crashes that lost writes", run.counts.lossy_crashes),
        ("writes lost or torn", run.disk.lost_writes),
        ("quarantines", run.counts.quarantines),
        ("groups recovered", run.counts.recoveries),
        ("recoveries cut short", run.counts.cut_short),
        ("frames sent", run.net.sent),
        ("frames lost", run.net.lost),
        ("frames cut", run.net.cut),
        ("frames repeated", run.net.repeated),
        ("frames reordered", run.net.reordered),
        ("writes refused, disk full", run.disk.full),
        ("syncs failed", run.disk.failed_syncs),
        ("bytes rotten", run.disk.rotten_bytes),
        ("disk stalls", run.disk.stalls),
        ("disks lost", count(run, Fault::Wipe)),
        (
            "pauses",
            count(run, Fault::Pause) + count(run, Fault::PauseLeader),
        ),
        ("wall clocks set", count(run, Fault::WallJump)),
    ];
    facts.extend(&run.facts);
    facts
}

fn count(run: &Run, fault: Fault) -> u64 {
    run.counts.faults.get(&fault).copied().unwrap_or(0)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for run in &self.shown {
            if let Some((violation, trace)) = &run.violation {
                writeln!(f, "seed {} violates {violation}", run.seed)?;
                for line in trace {
                    writeln!(f, "    {line}")?;
                }
                writeln!(
                    f,
                    "    replay: cargo xtask sim {}--seed {}\n",
                    self.option, run.seed
                )?;
            }
        }
        let each = self.runs.max(1);
        writeln!(f, "{:<28} {:>14} {:>12}", "", "sum", "per run")?;
        for (name, sum) in &self.sums {
            writeln!(
                f,
                "{name:<28} {sum:>14} {:>12.1}",
                *sum as f64 / each as f64
            )?;
        }
        let faults: Vec<String> = self
            .faults
            .iter()
            .map(|(fault, count)| format!("{fault:?} {count}"))
            .collect();
        writeln!(f, "faults: {}", faults.join(", "))?;
        if !self.wanting.is_empty() {
            let first: Vec<_> = self.wanting.iter().copied().take(10).collect();
            writeln!(
                f,
                "{} runs did less than {OPERATIONS_MIN} operations, {ELECTIONS_MIN} elections and one lossy crash and do not count: {first:?} …",
                self.wanting.len()
            )?;
        }
        write!(
            f,
            "{} runs, {} counted, {} violations",
            self.runs, self.counted, self.violations
        )
    }
}
