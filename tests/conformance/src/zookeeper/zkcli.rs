//! Transcripts of zkCli.sh: commands and the output that ZooKeeper's own shell answers them with.
//!
//! A file of `zookeeper/zkcli/` is one test, one run of the shell. It reads:
//!
//! ```text
//! // What it shows.
//! // hide took (\S+) as any       what differs from run to run, and the name that stands for it
//!
//! $ create /cli-a b               a command of the shell
//! Created /cli-a                  what it prints, both outputs, without empty lines
//!
//! > events 2                      waits for two events of watches that came since; they are shown here alone
//! WatchedEvent state:...
//! ```
//!
//! Events come on a thread of their own, so they are taken out of what commands print; one that no step asks for fails the
//! test. Transaction numbers, sessions and addresses are shown by numbered names (see [`crate::names`]). Recorded against
//! ZooKeeper by `cargo xtask conformance --against zookeeper -- --record`.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Case;
use super::bed::Bed;
use super::clients::folder;
use super::ensemble::Ensemble;
use super::shell::Shell;
use crate::Failure;
use crate::names::Names;

/// What is hidden in every transcript: a pattern and the name of its first group.
const HIDDEN: [(&str, &str); 6] = [
    (r"\bephemeralOwner = (0x[0-9a-f]{2,})", "session"),
    (r"\b[cmp]Zxid = (0x[0-9a-f]+)", "zxid"),
    (r"\b[cm]time = (.+)", "any"),
    (r"\bzxid: (-?[0-9]+)", "any"),
    (r"^version=([0-9a-f]+)", "any"),
    (r"^([0-9]+) - ", "any"),
];

/// The transcripts, as tests.
///
/// # Errors
/// When one cannot be read.
pub fn cases(bed: &Rc<Bed>, record: bool) -> Result<Vec<Case>, Failure> {
    let folder = folder().join("zkcli");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let is_transcript = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "txt");
    let case = |path: PathBuf| {
        let transcript = Transcript::read(&path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let bed = Rc::clone(bed);
        Ok(Case::new(&format!("zkcli/{name}"), move || {
            bed.with(|ensemble, own| transcript.check(ensemble, own, record))
        }))
    };
    paths.into_iter().filter(is_transcript).map(case).collect()
}

/// A parsed file.
struct Transcript {
    path: PathBuf,
    header: Vec<String>,
    hide: Vec<(String, String)>,
    steps: Vec<Step>,
}

struct Step {
    line: usize,
    text: String,
    expected: Vec<String>,
}

impl Transcript {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let mut transcript = Self {
            path: path.to_owned(),
            header: Vec::new(),
            hide: Vec::new(),
            steps: Vec::new(),
        };
        for (index, line) in text.lines().enumerate() {
            transcript
                .take(index + 1, line)
                .map_err(|why| format!("{}:{}: {why}", path.display(), index + 1))?;
        }
        Ok(transcript)
    }

    fn take(&mut self, number: usize, line: &str) -> Result<(), Failure> {
        if line.starts_with("//") && self.steps.is_empty() {
            self.header.push(line.to_owned());
            if let Some(hide) = line.strip_prefix("// hide ") {
                let (pattern, name) = hide.rsplit_once(" as ").ok_or("hide needs ` as NAME`")?;
                self.hide.push((pattern.to_owned(), name.to_owned()));
            }
        } else if line.starts_with("$ ") || line.starts_with("> ") {
            self.steps.push(Step {
                line: number,
                text: line.to_owned(),
                expected: Vec::new(),
            });
        } else if line.is_empty() {
        } else if let Some(step) = self.steps.last_mut() {
            step.expected.push(line.to_owned());
        } else {
            return Err("expected output before the first command".to_owned());
        }
        Ok(())
    }

    /// Runs it and compares; with `record` writes what came instead.
    fn check(&self, ensemble: &Ensemble, own: &Path, record: bool) -> Result<(), Failure> {
        let mut names = self.names(ensemble)?;
        let mut shell = Shell::start(own, ensemble)?;
        let mut outputs = Vec::new();
        for step in &self.steps {
            let place = |why| {
                format!(
                    "{}:{}: {}: {why}",
                    self.path.display(),
                    step.line,
                    step.text
                )
            };
            let said = carry_out(&mut shell, &names.reveal(&step.text)).map_err(place)?;
            let lines: Vec<_> = said.iter().map(|line| names.hide(line)).collect();
            if !record && lines != step.expected {
                return Err(place(difference(&step.expected, &lines)));
            }
            outputs.push(lines);
        }
        shell.end()?;
        if record { self.write(&outputs) } else { Ok(()) }
    }

    fn names(&self, ensemble: &Ensemble) -> Result<Names, Failure> {
        let own = self.hide.iter().cloned();
        let always = HIDDEN
            .iter()
            .map(|&(pattern, name)| (pattern.to_owned(), name.to_owned()));
        let mut names = Names::new(&own.chain(always).collect::<Vec<_>>())?;
        let addresses = ensemble.addresses();
        for (index, address) in addresses.iter().enumerate() {
            names.give(address, &format!("client{}", index + 1));
        }
        for port in ensemble.inner_ports() {
            names.give(&format!(":{port}"), "port");
        }
        Ok(names)
    }

    fn write(&self, outputs: &[Vec<String>]) -> Result<(), Failure> {
        let mut text = self.header.join("\n");
        text.push('\n');
        for (step, output) in self.steps.iter().zip(outputs) {
            text.push_str(&format!("\n{}\n", step.text));
            for line in output {
                text.push_str(line);
                text.push('\n');
            }
        }
        std::fs::write(&self.path, text)
            .map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }
}

/// What a step prints.
fn carry_out(shell: &mut Shell, step: &str) -> Result<Vec<String>, Failure> {
    if let Some(command) = step.strip_prefix("$ ") {
        return shell.command(command);
    }
    let count = step.strip_prefix("> events ");
    let count = count.and_then(|count| count.parse().ok());
    shell.take_events(count.ok_or("it is no step")?)
}

fn difference(expected: &[String], came: &[String]) -> String {
    let indented = |lines: &[String]| {
        let lines = lines.iter().map(|line| format!("\n    {line}"));
        lines.collect::<String>()
    };
    format!("expected{}\n  came{}", indented(expected), indented(came))
}
