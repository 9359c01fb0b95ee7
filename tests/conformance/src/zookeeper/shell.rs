//! The running shell of ZooKeeper: commands go in, what each prints comes out, and events of watches apart from it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::clients::{Client, java};
use super::ensemble::Ensemble;
use crate::Failure;

/// How long the shell may take to print something.
const PATIENCE: Duration = Duration::from_secs(30);
/// A command that changes nothing, and what it prints: it tells where the output of another ends.
const MARKER: (&str, &str) = ("printwatches", "printwatches is on");

/// The running shell; killed when dropped.
pub(super) struct Shell {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    events: VecDeque<String>,
}

impl Shell {
    /// Starts it and waits until it is connected.
    pub(super) fn start(own: &Path, ensemble: &Ensemble) -> Result<Self, Failure> {
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

    /// What a command prints, without empty lines and without events.
    pub(super) fn command(&mut self, command: &str) -> Result<Vec<String>, Failure> {
        self.say(command)?;
        self.until_marker()
    }

    /// The next events, which are waited for.
    pub(super) fn take_events(&mut self, count: usize) -> Result<Vec<String>, Failure> {
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
    pub(super) fn end(mut self) -> Result<(), Failure> {
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
