//! Counting what passed: runs a test program, shows its output as it comes, and adds up its closing lines.

use std::io::{self, BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use crate::Failure;
use crate::workspace::shown;

/// What passed, what failed, what was not run.
#[derive(Default)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    not_run: Vec<String>,
    failures: Vec<String>,
}

impl Tally {
    /// Counts a check that has no tests of its own to count.
    pub(crate) fn check(&mut self, result: Result<(), Failure>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(failure) => self.fail(failure),
        }
    }

    /// Says that something cannot be run here, and remembers it.
    pub(crate) fn not_run(&mut self, why: &str) {
        println!("not run: {why}");
        self.not_run.push(why.to_owned());
    }

    /// Runs a program whose output has closing lines, and counts them. A program that fails without having counted a
    /// failure counts as one; so does one that succeeds without having counted anything, or cannot be run.
    ///
    /// # Errors
    /// What was counted as a failure.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<(), Failure> {
        let words = shown(command);
        let (passed, failed, status) = self.play(command).map_err(|error| {
            let failure = format!("`{words}` cannot be run: {error}");
            self.fail(failure.clone());
            failure
        })?;
        self.passed += passed;
        self.failed += failed;
        if status.success() && failed == 0 && passed > 0 {
            return Ok(());
        }
        let failure = match (status.success(), failed) {
            (true, 0) => format!("`{words}` ran no test"),
            (_, 0) => format!("`{words}` failed ({status})"),
            (_, n) => format!("`{words}`: {n} failed"),
        };
        if failed == 0 {
            self.failed += 1;
        }
        self.failures.push(failure.clone());
        Err(failure)
    }

    /// Runs a program with its output shown: what passed and what failed by its closing lines, and how it ended.
    fn play(&mut self, command: &mut Command) -> io::Result<(u64, u64, ExitStatus)> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let (mut passed, mut failed) = (0, 0);
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).lines() {
                let line = line?;
                println!("{line}");
                if let Some(why) = line.strip_prefix("not run: ") {
                    self.not_run.push(why.to_owned());
                }
                let (p, f) = counts(&line).unwrap_or_default();
                passed += p;
                failed += f;
            }
        }
        Ok((passed, failed, child.wait()?))
    }

    /// Whether anything has failed so far.
    pub(crate) fn has_failures(&self) -> bool {
        self.failed > 0
    }

    fn fail(&mut self, failure: Failure) {
        self.failed += 1;
        self.failures.push(failure);
    }

    /// Prints what was not run, what failed, and the closing line.
    ///
    /// # Errors
    /// When anything failed, or nothing was run without a word about why.
    pub(crate) fn close(self) -> Result<(), Failure> {
        println!();
        for why in &self.not_run {
            println!("not run: {why}");
        }
        for failure in &self.failures {
            println!("failed: {failure}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        match (self.passed, self.failed) {
            (0, 0) if self.not_run.is_empty() => Err("nothing was run".to_owned()),
            (_, 0) => Ok(()),
            _ => Err("not everything passed".to_owned()),
        }
    }
}

/// Reads a closing line: cargo test's, or `N passed, N failed`.
fn counts(line: &str) -> Option<(u64, u64)> {
    let words = line.strip_prefix("test result: ").map_or(line, |rest| {
        rest.split_once(". ").map_or(rest, |(_, rest)| rest)
    });
    let mut numbers = words
        .split([',', ';'])
        .map(|part| part.trim().split_once(' '));
    let (passed, "passed") = numbers.next()?? else {
        return None;
    };
    let (failed, "failed") = numbers.next()?? else {
        return None;
    };
    Some((passed.parse().ok()?, failed.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_decides() {
        let counted = |count: fn(&mut Tally)| {
            let mut tally = Tally::default();
            count(&mut tally);
            tally.close().is_ok()
        };
        assert!(counted(|tally| tally.check(Ok(()))));
        assert!(counted(|tally| tally.not_run("it needs two machines")));
        assert!(!counted(|_| ()));
        assert!(!counted(|tally| {
            tally.check(Ok(()));
            tally.check(Err("it is broken".to_owned()));
        }));
    }

    #[test]
    fn programs_that_count_nothing_have_failed() {
        let run = |program: &str, arguments: &[&str]| {
            let mut tally = Tally::default();
            let result = tally.run(Command::new(program).args(arguments));
            assert_eq!(tally.has_failures(), result.is_err(), "{result:?}");
            result.map(|()| tally.passed)
        };
        assert_eq!(run("echo", &["3 passed, 0 failed"]), Ok(3));
        assert!(run("echo", &["3 passed, 1 failed"]).is_err());
        assert!(run("true", &[]).is_err());
        assert!(run("false", &[]).is_err());
        assert!(run("/nowhere/to/be/found", &[]).is_err());
    }

    #[test]
    fn closing_lines_are_counted() {
        let table = [
            (
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s",
                Some((12, 0)),
            ),
            (
                "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured",
                Some((1, 2)),
            ),
            ("28 passed, 0 failed", Some((28, 0))),
            ("28 passed, 1 failed, 3 skipped", Some((28, 1))),
            ("running 4 tests", None),
            ("many passed, 1 failed", None),
            ("", None),
        ];
        for (line, expected) in table {
            assert_eq!(counts(line), expected, "{line}");
        }
    }
}
