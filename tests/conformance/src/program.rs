//! A client's program that runs tests by name: it is told one, prints what held, asks for harm, and closes with a verdict.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Failure;

/// How long one test may take.
const TEST_MAX: Duration = Duration::from_secs(120);
/// How many of its last lines are shown when it says nothing more.
const LAST_LINES_MAX: usize = 10;
/// How many lines of a failed program's errors are shown.
const ERROR_LINES_MAX: usize = 15;

/// A running program; killed when dropped.
pub struct Program {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// The last that were read, for the report of a failure.
    last: VecDeque<String>,
    errors: PathBuf,
}

/// What a program asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Harm<'a> {
    /// `kill -9` of the member that serves at this address.
    Kill(&'a str),
    /// Start it, and wait until it serves.
    Start(&'a str),
}

/// What a line means.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Held,
    Harm(Harm<'a>),
    Passed(&'a str),
    Failed(&'a str),
    Other,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Self {
        let word = |prefix: &str| line.strip_prefix(prefix);
        if line.starts_with("  ") {
            Self::Held
        } else if let Some(address) = word("harm kill ") {
            Self::Harm(Harm::Kill(address))
        } else if let Some(address) = word("harm start ") {
            Self::Harm(Harm::Start(address))
        } else if let Some(name) = word("ok ") {
            Self::Passed(name)
        } else if let Some(why) = word("FAILED ") {
            Self::Failed(why)
        } else {
            Self::Other
        }
    }
}

impl Program {
    /// Starts it; its standard error is appended to the file `errors`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command, errors: &Path) -> Result<Self, Failure> {
        let program = Path::new(command.get_program()).display().to_string();
        let cannot = |error: std::io::Error| format!("{program}: {error}");
        let file = File::options().create(true).append(true).open(errors);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file.map_err(cannot)?)
            .spawn()
            .map_err(cannot)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{program} has no pipes"));
        };
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            child,
            input,
            lines,
            last: VecDeque::new(),
            errors: errors.to_owned(),
        })
    }

    /// Runs one test; how many checks held.
    ///
    /// # Errors
    /// When the program says that it failed, says nothing in time, or is gone; also when nothing was checked.
    pub fn run(
        &mut self,
        test: &str,
        mut harm: impl FnMut(Harm<'_>) -> Result<(), Failure>,
    ) -> Result<usize, Failure> {
        let deadline = Instant::now() + TEST_MAX;
        let mut held = 0;
        self.say(test)?;
        loop {
            let line = self.line(deadline)?;
            match Line::parse(&line) {
                Line::Held => held += 1,
                Line::Harm(wanted) => match harm(wanted) {
                    Ok(()) => self.say("done")?,
                    Err(why) => self.say(&format!("refused: {}", why.replace('\n', " ")))?,
                },
                Line::Passed(name) if name == test && held > 0 => return Ok(held),
                Line::Passed(_) => return Err(format!("`{line}` after {held} checks")),
                Line::Failed(why) => return Err(format!("{why}\n{}", self.last_errors())),
                Line::Other => {}
            }
        }
    }

    /// Writes a line to it.
    ///
    /// # Errors
    /// When it is gone.
    pub fn say(&mut self, line: &str) -> Result<(), Failure> {
        writeln!(self.input, "{line}").map_err(|_| format!("it is gone: {}", self.last_errors()))
    }

    /// The next line that it prints.
    ///
    /// # Errors
    /// When none comes until `deadline`.
    pub fn line(&mut self, deadline: Instant) -> Result<String, Failure> {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = self.lines.recv_timeout(left).map_err(|_| {
            let last: Vec<_> = self.last.iter().map(String::as_str).collect();
            let (last, errors) = (last.join("\n"), self.last_errors());
            format!("it says nothing more; its last lines:\n{last}\nits last errors:\n{errors}")
        })?;
        if self.last.len() == LAST_LINES_MAX {
            self.last.pop_front();
        }
        self.last.push_back(line.clone());
        Ok(line)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn last_errors(&self) -> String {
        let said = std::fs::read(&self.errors).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<_> = said.lines().collect();
        lines[lines.len().saturating_sub(ERROR_LINES_MAX)..].join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::{Harm, Line};

    #[test]
    fn lines_of_a_program() {
        for (line, meaning) in [
            ("  a write is seen", Line::Held),
            (
                "harm kill 127.0.0.1:1",
                Line::Harm(Harm::Kill("127.0.0.1:1")),
            ),
            (
                "harm start 127.0.0.1:1",
                Line::Harm(Harm::Start("127.0.0.1:1")),
            ),
            ("ok kazoo/Lock", Line::Passed("kazoo/Lock")),
            ("FAILED kazoo/Lock: why", Line::Failed("kazoo/Lock: why")),
            ("some library prints this", Line::Other),
            ("", Line::Other),
        ] {
            assert_eq!(Line::parse(line), meaning, "{line}");
        }
    }
}
