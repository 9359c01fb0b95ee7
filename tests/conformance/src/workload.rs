//! Driving the Go program `workload`: a client that writes without pause and judges at the end.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::Failure;

/// How long the next acknowledged write may take to come, after which it is taken as never.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long reading everything back and checking it may take.
const JUDGEMENT: Duration = Duration::from_secs(360);

/// The running program; killed when dropped.
pub struct Workload {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Workload {
    /// Starts it and waits for the first acknowledged write.
    ///
    /// # Errors
    /// When it cannot be started or nothing is acknowledged.
    pub fn start(program: &Path, endpoints: &str) -> Result<Self, Failure> {
        Self::start_with(program, endpoints, None)
    }

    /// The same over TLS, with `ca.crt`, `tls.crt` and `tls.key` of a folder, read anew for each connection.
    ///
    /// # Errors
    /// When it cannot be started or nothing is acknowledged.
    pub fn start_with(
        program: &Path,
        endpoints: &str,
        certificates: Option<&Path>,
    ) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command.args(["-endpoints", endpoints]);
        if let Some(folder) = certificates {
            command.arg("-certificates").arg(folder);
        }
        Self::run(&mut command)
    }

    /// The same as any command that runs the program, wherever.
    ///
    /// # Errors
    /// When it cannot be started or nothing is acknowledged.
    pub fn run(command: &mut Command) -> Result<Self, Failure> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the workload cannot be started: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the workload has no pipes".to_owned());
        };
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut workload = Self {
            child,
            input,
            lines,
        };
        workload.line(PATIENCE)?;
        Ok(workload)
    }

    /// Goes on with other members.
    ///
    /// # Errors
    /// When the program is gone.
    pub fn endpoints(&mut self, endpoints: &str) -> Result<(), Failure> {
        self.say(&format!("endpoints {endpoints}"))
    }

    /// The time from now to the acknowledgement of the first write that begins after now.
    ///
    /// # Errors
    /// When none is acknowledged within a minute.
    pub fn gap(&mut self) -> Result<Duration, Failure> {
        self.say("mark")?;
        let line = self.line(PATIENCE)?;
        let milliseconds = line
            .strip_prefix("gap ")
            .and_then(|number| number.parse::<f64>().ok());
        let milliseconds = milliseconds.ok_or_else(|| format!("the workload said `{line}`"))?;
        Ok(Duration::from_secs_f64(milliseconds / 1000.0))
    }

    /// Ends the writing and returns the verdicts.
    ///
    /// # Errors
    /// With the verdicts, when one is bad.
    pub fn judge(mut self) -> Result<String, Failure> {
        self.say("stop")?;
        let mut verdicts = String::new();
        loop {
            match self.lines.recv_timeout(JUDGEMENT) {
                Ok(line) => verdicts.push_str(&format!("  {line}\n")),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => return Err(format!("no judgement:\n{verdicts}")),
            }
        }
        match self.child.wait() {
            Ok(status) if status.success() => Ok(verdicts),
            _ => Err(verdicts),
        }
    }

    fn say(&mut self, command: &str) -> Result<(), Failure> {
        writeln!(self.input, "{command}").map_err(|error| format!("the workload is gone: {error}"))
    }

    fn line(&mut self, patience: Duration) -> Result<String, Failure> {
        self.lines
            .recv_timeout(patience)
            .map_err(|_| "no write is acknowledged any more".to_owned())
    }
}

impl Drop for Workload {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
