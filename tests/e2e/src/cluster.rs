//! The cluster under test, through the programs that its users have: kubectl and helm.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use synod_bed::Bed;
use synod_bed::process::{output, shown};

use crate::Failure;

/// How often something is looked at that is waited for.
const LOOK: Duration = Duration::from_millis(200);

/// No call of kubectl takes longer, in seconds: those that wait have bounds of their own, below this.
const CALL_MAX_S: &str = "300";

/// A cluster: one of the bed's, whose nodes can be harmed, or any other.
pub struct Cluster {
    bed: Option<Bed>,
    kubeconfig: PathBuf,
}

impl Cluster {
    /// A bed's.
    #[must_use]
    pub fn of(bed: Bed) -> Self {
        Self {
            kubeconfig: bed.kubeconfig(),
            bed: Some(bed),
        }
    }

    /// Whichever the file gives access to, with kubectl on the path.
    #[must_use]
    pub const fn at(kubeconfig: PathBuf) -> Self {
        Self {
            bed: None,
            kubeconfig,
        }
    }

    /// The bed, if the cluster is one's.
    #[must_use]
    pub const fn bed(&self) -> Option<&Bed> {
        self.bed.as_ref()
    }

    /// A command where the API server can be reached, with access to it.
    pub fn command(&self, program: &Path) -> Command {
        if let Some(bed) = &self.bed {
            return bed.run_inside(program);
        }
        let mut command = Command::new(program);
        command.env("KUBECONFIG", &self.kubeconfig);
        command
    }

    /// A call of kubectl.
    pub fn kubectl<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.command(Path::new("kubectl"));
        command.args(arguments);
        command
    }

    /// A call of kubectl that ends, whatever its cluster does.
    fn bounded<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.command(Path::new("timeout"));
        command.args(["--kill-after=5", CALL_MAX_S, "kubectl"]);
        command.args(arguments);
        command
    }

    /// What a call of kubectl prints.
    ///
    /// # Errors
    /// When it fails.
    pub fn ask<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<String, Failure> {
        output(&mut self.bounded(arguments))
    }

    /// An object or a list, as JSON.
    ///
    /// # Errors
    /// When it is not there.
    pub fn get<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<Value, Failure> {
        let words = ["get", "--output", "json"];
        let text = self.ask(words.into_iter().chain(arguments))?;
        serde_json::from_str(&text).map_err(|error| format!("kubectl printed no JSON: {error}"))
    }

    /// Applies objects, at the server.
    ///
    /// # Errors
    /// With what kubectl says, when they are refused.
    pub fn apply(&self, namespace: &str, objects: &str) -> Result<String, Failure> {
        let words = [
            "apply",
            "--server-side",
            "--namespace",
            namespace,
            "-f",
            "-",
        ];
        self.fed(words, objects)
    }

    /// What a call of kubectl prints that reads `input`.
    ///
    /// # Errors
    /// When it fails.
    pub fn fed<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        input: &str,
    ) -> Result<String, Failure> {
        fed(&mut self.bounded(arguments), input)
    }

    /// Looks again and again until `done` says what was waited for. `None` from it means not yet.
    ///
    /// # Errors
    /// When it is not within `longest`; with what was said last.
    pub fn wait<T>(
        &self,
        what: &str,
        longest: Duration,
        mut done: impl FnMut() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let start = Instant::now();
        loop {
            let last = match done() {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => String::new(),
                Err(failure) => format!(": {failure}"),
            };
            if start.elapsed() > longest {
                return Err(format!("{what}: not within {} s{last}", longest.as_secs()));
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// Runs a command with a text for its standard input, and returns what it prints.
fn fed(command: &mut Command, input: &str) -> Result<String, Failure> {
    let words = shown(command);
    let cannot = |error: std::io::Error| format!("`{words}` cannot be run: {error}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input.as_bytes()).map_err(cannot)?;
    }
    let output = child.wait_with_output().map_err(cannot)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!("`{words}` failed: {}", text(&output.stderr)))
}
