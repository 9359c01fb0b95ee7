//! Files of the corpus: steps, and what is expected under each.

use std::path::{Path, PathBuf};

use crate::Failure;

/// What the lines of replies begin with.
const INDENT: &str = "  ";

/// What stands before other lines that a server may answer with, with the reason why it may. They hold for servers that
/// are no ZooKeeper; recording keeps them.
const OR: &str = "  or: ";

/// Differences that are told of one file.
const DIFFERENCES_MAX: usize = 5;

/// A file, line by line.
pub(super) struct Script {
    path: PathBuf,
    lines: Vec<Line>,
}

enum Line {
    /// A comment or an empty line.
    Other(String),
    Step(Step),
}

/// A step and what is expected of it.
pub(super) struct Step {
    /// Its line in the file, from 1.
    pub(super) number: usize,
    /// The line itself.
    pub(super) text: String,
    expected: Vec<String>,
    /// Each with its first line, the reason.
    others: Vec<Vec<String>>,
}

impl Script {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let mut script = Self {
            path: path.to_owned(),
            lines: Vec::new(),
        };
        for (index, line) in text.lines().enumerate() {
            script
                .take(index + 1, line)
                .map_err(|why| format!("{}:{}: {why}", path.display(), index + 1))?;
        }
        Ok(script)
    }

    fn take(&mut self, number: usize, line: &str) -> Result<(), Failure> {
        let text = line.to_owned();
        if line.starts_with(INDENT) {
            let Some(Line::Step(step)) = self.lines.last_mut() else {
                return Err("a reply without a step above it".to_owned());
            };
            if line.starts_with(OR) {
                step.others.push(Vec::new());
            }
            step.others
                .last_mut()
                .unwrap_or(&mut step.expected)
                .push(text);
        } else if line.is_empty() || line.starts_with('#') {
            self.lines.push(Line::Other(text));
        } else {
            let (expected, others) = (Vec::new(), Vec::new());
            self.lines.push(Line::Step(Step {
                number,
                text,
                expected,
                others,
            }));
        }
        Ok(())
    }

    /// Properties of the server that it is recorded from, as `name=value`.
    pub(super) fn properties(&self) -> Vec<String> {
        let property = |line: &Line| match line {
            Line::Other(text) => text.strip_prefix("# server ").map(str::to_owned),
            Line::Step(_) => None,
        };
        self.lines.iter().filter_map(property).collect()
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.lines.iter().filter_map(|line| match line {
            Line::Step(step) => Some(step),
            Line::Other(_) => None,
        })
    }

    /// A sentence about a step.
    pub(super) fn place(&self, step: &Step, why: &str) -> Failure {
        format!(
            "{}:{}: {}: {why}",
            self.path.display(),
            step.number,
            step.text
        )
    }

    /// Compares what came under each step with what is expected; of a ZooKeeper it must be what was recorded.
    pub(super) fn compare(&self, came: &[Vec<String>], of_zookeeper: bool) -> Result<(), Failure> {
        let mut differences = Vec::new();
        for (step, came) in self.steps().zip(came) {
            let mut others = step.others.iter().filter(|_| !of_zookeeper);
            if &step.expected != came && !others.any(|other| &other[1..] == came.as_slice()) {
                let indented = |lines: &[String]| -> String {
                    lines.iter().map(|line| format!("\n    {line}")).collect()
                };
                let why = format!(
                    "expected{}\n  came{}",
                    indented(&step.expected),
                    indented(came)
                );
                differences.push(self.place(step, &why));
            }
        }
        if differences.is_empty() {
            return Ok(());
        }
        // What comes late often follows from what came first.
        differences.truncate(DIFFERENCES_MAX);
        Err(differences.join("\n  "))
    }

    /// Writes what came under each step into the file.
    pub(super) fn record(&mut self, came: Vec<Vec<String>>) -> Result<(), Failure> {
        let mut came = came.into_iter();
        let mut text = String::new();
        for line in &self.lines {
            let (first, below, others) = match line {
                Line::Other(text) => (text, Vec::new(), &[][..]),
                Line::Step(step) => {
                    let below = came.next().unwrap_or_default();
                    (&step.text, below, step.others.as_slice())
                }
            };
            for line in std::iter::once(first)
                .chain(&below)
                .chain(others.iter().flatten())
            {
                text.push_str(line);
                text.push('\n');
            }
        }
        std::fs::write(&self.path, text)
            .map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }
}

/// A line of a reply as it stands in a file.
pub(super) fn below(text: &str) -> String {
    format!("{INDENT}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# What it shows.\n# server a=b\n\nA connect\n  A one\n  = 00\nA check /a 0\n  or: it is better to answer\n  A two\n";

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn what_came_is_compared_and_recorded() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("script.txt");
        std::fs::write(&path, FILE).unwrap();
        let mut script = Script::read(&path).unwrap();
        assert_eq!(script.properties(), ["a=b"]);
        let first = lines(&["  A one", "  = 00"]);
        for (second, of_zookeeper, same) in [
            (&[][..], true, true),
            (&[], false, true),
            (&["  A two"], false, true),
            (&["  A two"], true, false),
            (&["  A three"], false, false),
            (&["  or: it is better to answer", "  A two"], false, false),
        ] {
            let came = [first.clone(), lines(second)];
            let result = script.compare(&came, of_zookeeper);
            assert_eq!(result.is_ok(), same, "{second:?}: {result:?}");
        }
        assert!(script.compare(&[lines(&["  A one"])], false).is_err());
        script.record(vec![first, Vec::new()]).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), FILE);
        script
            .record(vec![lines(&["  A four"]), Vec::new()])
            .unwrap();
        let recorded = std::fs::read_to_string(&path).unwrap();
        assert_eq!(recorded, FILE.replace("  A one\n  = 00", "  A four"));
    }
}
