//! Running etcdctl: to its end, or in the background.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::Failure;

/// How long a line of a background command may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// etcdctl, pointed at endpoints.
#[derive(Clone)]
pub struct Etcdctl {
    program: PathBuf,
    endpoints: String,
    /// Where `ca.crt`, `tls.crt` and `tls.key` are, if it is to use TLS.
    certificates: Option<PathBuf>,
}

/// What a command printed and how it ended.
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code; -1 if a signal ended it.
    pub code: i32,
}

impl Etcdctl {
    /// `endpoints` are `host:port` with commas between.
    #[must_use]
    pub fn new(program: &Path, endpoints: &str) -> Self {
        Self {
            program: program.to_owned(),
            endpoints: endpoints.to_owned(),
            certificates: None,
        }
    }

    /// The same program with the certificates of this folder.
    #[must_use]
    pub fn with_certificates(&self, folder: &Path) -> Self {
        Self {
            certificates: Some(folder.to_owned()),
            ..self.clone()
        }
    }

    /// The same program pointed elsewhere.
    #[must_use]
    pub fn at(&self, endpoints: &str) -> Self {
        Self::new(&self.program, endpoints)
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it cannot be run. An exit code other than 0 is no error here.
    pub fn run(&self, arguments: &[String], input: &str) -> Result<Output, Failure> {
        let cannot = |error: std::io::Error| format!("etcdctl: {error}");
        let mut child = self.command(arguments).spawn().map_err(cannot)?;
        if let Some(mut pipe) = child.stdin.take() {
            // A command that reads nothing may be gone already.
            let _ = pipe.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(cannot)?;
        Ok(Output {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        })
    }

    /// Runs a command that must succeed; its standard output.
    ///
    /// # Errors
    /// When it cannot be run or fails.
    pub fn output(&self, arguments: &[&str]) -> Result<String, Failure> {
        let words: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        let output = self.run(&words, "")?;
        if output.code == 0 {
            return Ok(output.stdout);
        }
        // Progress bars are not what went wrong.
        let errors = output.stderr.lines().filter(|line| !line.contains('\r'));
        Err(format!(
            "etcdctl {} failed ({}): {}{}",
            arguments.join(" "),
            output.code,
            output.stdout,
            errors.collect::<Vec<_>>().join("\n"),
        ))
    }

    /// Starts a command in the background. It gets `input` and then waits for more that never comes.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, arguments: &[String], input: &str) -> Result<Job, Failure> {
        Job::start(&mut self.command(arguments), input)
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        // etcdctl refuses to be told twice.
        if !arguments
            .iter()
            .any(|argument| argument.starts_with("--endpoints"))
        {
            command.env("ETCDCTL_ENDPOINTS", &self.endpoints);
        }
        let files = [
            ("ETCDCTL_CACERT", "ca.crt"),
            ("ETCDCTL_CERT", "tls.crt"),
            ("ETCDCTL_KEY", "tls.key"),
        ];
        if let Some(folder) = &self.certificates {
            command.envs(files.map(|(variable, file)| (variable, folder.join(file))));
        }
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A command in the background; killed when dropped.
pub struct Job {
    child: Child,
    lines: Receiver<String>,
    /// Held open: some commands end with their input.
    input: Option<ChildStdin>,
}

impl Job {
    /// Starts it. It gets `input` and then waits for more that never comes.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command, input: &str) -> Result<Self, Failure> {
        let program = Path::new(command.get_program()).display().to_string();
        let cannot = |error: std::io::Error| format!("{program}: {error}");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(cannot)?;
        let mut pipe = child.stdin.take();
        if let Some(pipe) = &mut pipe {
            pipe.write_all(input.as_bytes()).map_err(cannot)?;
        }
        let output = child.stdout.take().ok_or("it has no output")?;
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
            lines,
            input: pipe,
        })
    }

    /// Its next `count` lines.
    ///
    /// # Errors
    /// When they do not come in time; what came is in the message.
    pub fn next_lines(&mut self, count: usize) -> Result<String, Failure> {
        let mut text = String::new();
        for _ in 0..count {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => text.push_str(&format!("{line}\n")),
                Err(_) => return Err(format!("fewer than {count} lines came:\n{text}")),
            }
        }
        Ok(text)
    }

    /// Sends SIGINT and waits for its end.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn interrupt(self) -> Result<Output, Failure> {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::INT);
        }
        self.rest()
    }

    /// Ends its standard input and waits for its end.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn close_input(mut self) -> Result<Output, Failure> {
        self.input = None;
        self.rest()
    }

    /// The rest of its output, once it ended.
    fn rest(mut self) -> Result<Output, Failure> {
        let mut stderr = String::new();
        if let Some(mut pipe) = self.child.stderr.take() {
            let _ = pipe.read_to_string(&mut stderr);
        }
        let status = self
            .child
            .wait()
            .map_err(|error| format!("etcdctl: {error}"))?;
        let stdout = self.lines.iter().map(|line| format!("{line}\n")).collect();
        Ok(Output {
            stdout,
            stderr,
            code: status.code().unwrap_or(-1),
        })
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
