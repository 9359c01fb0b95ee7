//! What is told of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::differences::KINDS;
use crate::keyspace;
use crate::pins;
use crate::play::{Difference, Stage};
use crate::shrink::shrunk;
use crate::stream::Step;
use crate::words::told;

/// No more commands are shown.
const STEPS_SHOWN_MAX: usize = 20;
/// No more of a reply is shown.
const SHOWN_BYTES_MAX: usize = 600;

/// Counts, and tells what differs.
pub(crate) struct Report {
    groups: String,
    failures_max: usize,
    commands: usize,
    passed: u64,
    differences: usize,
    /// What was told already: a command that differs once more is counted only.
    commands_told: BTreeMap<Vec<u8>, usize>,
    is_failed_seed: bool,
    failed: u64,
    /// Commands that the cache does not know.
    pub(crate) missing: BTreeSet<String>,
}

impl Report {
    pub(crate) fn new(groups: &[String], failures_max: usize) -> Self {
        let groups = match groups {
            [] => String::new(),
            _ => format!(" --groups {}", groups.join(",")),
        };
        Self {
            groups,
            failures_max,
            commands: 0,
            passed: 0,
            differences: 0,
            commands_told: BTreeMap::new(),
            is_failed_seed: false,
            failed: 0,
            missing: BTreeSet::new(),
        }
    }

    pub(crate) const fn is_enough(&self) -> bool {
        self.differences >= self.failures_max
    }

    /// Tells a difference that came after these commands, of which only those are told that it needs.
    pub(crate) fn differ(
        &mut self,
        seed: u64,
        steps: &[Step],
        difference: Difference,
        stage: &mut Stage,
    ) -> io::Result<()> {
        self.is_failed_seed = true;
        let command = difference.words[0].to_ascii_lowercase();
        let before = self.commands_told.entry(command).or_default();
        *before += 1;
        if *before > 2 {
            return Ok(());
        }
        self.differences += 1;
        let command = difference.words[0].to_ascii_lowercase();
        let mut last = difference;
        let needed = shrunk(steps, |steps| match played(stage, steps) {
            // Another one would hide this one.
            Some(difference) if difference.words[0].eq_ignore_ascii_case(&command) => {
                last = difference;
                true
            }
            _ => false,
        });
        if let Some(difference) = played(stage, &needed) {
            last = difference;
        }
        println!("differ, seed {seed}:");
        if needed.len() > STEPS_SHOWN_MAX {
            println!("  … {} commands before", needed.len() - STEPS_SHOWN_MAX);
        }
        for step in &needed[needed.len().saturating_sub(STEPS_SHOWN_MAX)..] {
            println!("  client {}> {}", step.client, shown(&told(&step.words)));
        }
        println!("  asked: {}", shown(&told(&last.words)));
        println!("  ours:   {}", shown(&last.ours.told()));
        println!("  theirs: {}", shown(&last.theirs.told()));
        let again = match needed.last() {
            Some(last) if needed.len() > STEPS_SHOWN_MAX => {
                format!("--commands {}", last.index + 1)
            }
            _ => {
                let numbers: Vec<_> = needed.iter().map(|step| step.index.to_string()).collect();
                format!("--only {}", numbers.join(","))
            }
        };
        println!(
            "  again: cargo xtask conformance --cache-differential -- --seed {seed} --seeds 1{} {again}\n",
            self.groups,
        );
        Ok(())
    }

    /// Plays what pins the known differences.
    pub(crate) fn pins(&mut self, stage: &mut Stage) -> io::Result<()> {
        for pin in pins::all() {
            match pins::check(&pin, stage)? {
                Ok(()) => self.passed += 1,
                Err(why) => {
                    self.failed += 1;
                    println!("known difference: {} ... FAILED: {why}", pin.kind);
                }
            }
        }
        Ok(())
    }

    /// A seed is played.
    pub(crate) fn seed(&mut self, seed: u64, commands: usize, missing: &BTreeSet<String>) {
        let is_failed = std::mem::take(&mut self.is_failed_seed);
        let verdict = if is_failed { "FAILED" } else { "ok" };
        println!("seed {seed}: {commands} commands ... {verdict}");
        self.commands += commands;
        self.failed += u64::from(is_failed);
        self.passed += u64::from(!is_failed);
        self.missing.extend(missing.iter().cloned());
    }

    /// Tells all that was counted; whether nothing differs.
    pub(crate) fn close(&self, met: &BTreeMap<&'static str, u64>) -> bool {
        for kind in KINDS {
            let count = met.get(kind.name).copied().unwrap_or_default();
            println!(
                "known difference, {count} times: {} ({})",
                kind.name, kind.reason
            );
        }
        for (command, count) in &self.commands_told {
            println!("differs, {count} times: {}", command.escape_ascii());
        }
        if !self.missing.is_empty() {
            let missing: Vec<_> = self.missing.iter().map(String::as_str).collect();
            println!("not run: the cache does not know: {}", missing.join(" "));
        }
        println!("{} commands", self.commands);
        println!("{} passed, {} failed", self.passed, self.failed);
        self.failed == 0
    }
}

/// What differs when these commands are played at new servers.
fn played(stage: &mut Stage, steps: &[Step]) -> Option<Difference> {
    stage.renew().ok()?;
    let differs = stage.play(steps).map(|(_, difference)| difference);
    differs.or_else(|| keyspace::look(stage))
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_BYTES_MAX) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
