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

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::Case;
use super::bed::Bed;
use super::clients::{Client, folder, java};
use super::ensemble::Ensemble;
use crate::Failure;
use crate::names::Names;

/// How long the shell may take to print something.
const PATIENCE: Duration = Duration::from_secs(30);
/// A command that changes nothing, and what it prints: it tells where the output of another ends.
const MARKER: (&str, &str) = ("printwatches", "printwatches is on");
/// What is hidden in every transcript: a pattern and the name of its first group.
const HIDDEN: [(&str, &str); 6] = [
    (r"\b(0x[0-9a-f]{14,})\b", "session"),
    (r"\b(0x[0-9a-f]{9,13})\b", "zxid"),
    (r"\b[cm]time = (.+)", "any"),
    (r"\bzxid: (-?[0-9]+)", "any"),
    (r"\bversion=([0-9a-f]{9,})", "zxid"),
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
            let said = shell.step(&names.reveal(&step.text)).map_err(place)?;
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

fn difference(expected: &[String], came: &[String]) -> String {
    let indented = |lines: &[String]| {
        let lines = lines.iter().map(|line| format!("\n    {line}"));
        lines.collect::<String>()
    };
    format!("expected{}\n  came{}", indented(expected), indented(came))
}

/// The running shell; killed when dropped.
struct Shell {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    events: VecDeque<String>,
}

impl Shell {
    /// Starts it and waits until it is connected.
    fn start(own: &Path, ensemble: &Ensemble) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| format!("zkCli: {error}");
        // One pipe for both outputs, so that their order is that of the printing.
        let (reader, writer) = std::io::pipe().map_err(cannot)?;
        let mut command = shell(own);
        command
            .args(["-waitforconnection", "-server", &ensemble.connect()])
            .stdin(Stdio::piped())
            .stdout(writer.try_clone().map_err(cannot)?)
            .stderr(writer);
        let mut child = command.spawn().map_err(cannot)?;
        // The command holds the pipe's end for writing.
        drop(command);
        let input = child.stdin.take().ok_or("zkCli has no input")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut shell = Self {
            child,
            input,
            lines,
            events: VecDeque::new(),
        };
        shell.until_marker()?;
        Ok(shell)
    }

    fn step(&mut self, text: &str) -> Result<Vec<String>, Failure> {
        if let Some(command) = text.strip_prefix("$ ") {
            self.say(command)?;
            return self.until_marker();
        }
        let count = text.strip_prefix("> events ");
        let count: usize = count
            .and_then(|count| count.parse().ok())
            .ok_or("it is no step")?;
        while self.events.len() < count {
            if let Some(line) = self.line()? {
                return Err(format!("`{line}` while events were waited for"));
            }
        }
        Ok(self.events.drain(..count).collect())
    }

    /// What is printed until a marker, which is asked for here.
    fn until_marker(&mut self) -> Result<Vec<String>, Failure> {
        let (ask, answer) = MARKER;
        self.say(ask)?;
        let mut said = Vec::new();
        loop {
            match self.line()? {
                Some(line) if line == answer => return Ok(said),
                Some(line) if !line.ends_with(&format!(" - {ask}")) => said.push(line),
                _ => {}
            }
        }
    }

    /// The next line, none if it was of an event.
    fn line(&mut self) -> Result<Option<String>, Failure> {
        let line = self
            .lines
            .recv_timeout(PATIENCE)
            .map_err(|_| "the shell prints nothing more")?;
        if line.starts_with("WatchedEvent ") {
            // Those of the session come when they come.
            if !line.contains(" type:None ") {
                self.events.push_back(line);
            }
            return Ok(None);
        }
        let line = line.trim_end();
        Ok((!line.is_empty() && line != "WATCHER::").then(|| line.to_owned()))
    }

    fn say(&mut self, line: &str) -> Result<(), Failure> {
        writeln!(self.input, "{line}").map_err(|error| format!("the shell is gone: {error}"))
    }

    /// Whether no event is left that no step asked for.
    fn end(mut self) -> Result<(), Failure> {
        self.until_marker()?;
        match self.events.pop_front() {
            None => Ok(()),
            Some(event) => Err(format!("no step asked for `{event}`")),
        }
    }
}

/// zkCli.sh starts this class.
fn shell(own: &Path) -> Command {
    java(
        &Client::Java.built(own),
        &["org.slf4j.simpleLogger.defaultLogLevel=off"],
        "org.apache.zookeeper.ZooKeeperMain",
    )
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
