//! `synod local`: a ConsensusGroup made from a YAML file, used, scaled, rolled, and left alone by its controller, under a
//! client that writes without pause.

mod caches;
mod locks;
mod members;
mod quickstart;
mod rotation;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::faults::Clients;
use crate::workload::Workload;
use crate::{Failure, eventually_within};

pub use caches::caches;
pub use locks::locks;
use members::Roll;
pub use quickstart::quickstart;
pub use rotation::rotation;

/// How long a change of the group may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// What the YAML file says.
#[derive(Clone, Copy)]
struct Wanted {
    members: u64,
    election_ms: u64,
    tls: &'static str,
}

impl Wanted {
    fn yaml(self) -> String {
        format!(
            "apiVersion: synod.dev/v1alpha1
kind: ConsensusGroup
metadata:
  name: config
spec:
  members: {}
  storage:
    size: 1Gi
  tls:
    mode: {}
  timing:
    electionMs: {}
",
            self.members, self.tls, self.election_ms
        )
    }
}

/// A local cluster in a home of its own; stopped when dropped.
struct Local {
    synod: PathBuf,
    folder: tempfile::TempDir,
    wanted: Wanted,
}

impl Local {
    /// Starts a group of three in a new folder and waits until it is Ready.
    fn start(programs: &Path) -> Result<Self, Failure> {
        Self::start_with(programs, "Disabled")
    }

    /// The same with this mode of TLS.
    fn start_with(programs: &Path, tls: &'static str) -> Result<Self, Failure> {
        let wanted = Wanted {
            members: 3,
            election_ms: 1000,
            tls,
        };
        let local = Self::laid_out(programs, wanted)?;
        local.write(wanted)?;
        let said = local.run(&["local", "-f", &local.file(), "--detach"])?;
        let ready = said.lines().find(|line| line.starts_with("Ready in"));
        println!(
            "  {}",
            ready.ok_or_else(|| format!("it does not say when it was Ready:\n{said}"))?
        );
        Ok(local)
    }

    /// A new folder in which nothing was started.
    fn laid_out(programs: &Path, wanted: Wanted) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("synod-local-").tempdir();
        let synod = programs.join("synod").canonicalize();
        Ok(Self {
            synod: synod.map_err(|error| format!("{}: {error}", programs.display()))?,
            folder: folder.map_err(|error| error.to_string())?,
            wanted,
        })
    }

    fn file(&self) -> String {
        self.folder.path().join("config.yaml").display().to_string()
    }

    /// Where `synod` keeps everything if nobody says where.
    fn data(&self) -> String {
        let data = self.folder.path().join(".synod/local");
        data.display().to_string()
    }

    fn write(&self, wanted: Wanted) -> Result<(), Failure> {
        std::fs::write(self.file(), wanted.yaml()).map_err(|error| error.to_string())
    }

    /// Runs `synod` on this cluster's folder; its standard output.
    fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        let mut command = self.command(&self.synod);
        command.args(arguments).args(["--data", &self.data()]);
        succeed(&mut command, &format!("synod {}", arguments.join(" ")))
    }

    /// Runs lines by a shell that finds `synod` and etcdctl; their standard output.
    fn shell(&self, clients: &Clients, lines: &str) -> Result<String, Failure> {
        let folders = [&self.synod, &clients.etcdctl].map(|program| program.parent());
        let before = std::env::var_os("PATH").unwrap_or_default();
        let before: Vec<_> = std::env::split_paths(&before).collect();
        let folders = folders.into_iter().flatten().map(Path::to_owned);
        let path =
            std::env::join_paths(folders.chain(before)).map_err(|error| error.to_string())?;
        let mut command = self.command(Path::new("sh"));
        succeed(command.env("PATH", path).args(["-e", "-c", lines]), lines)
    }

    /// A command of a person whose home and working directory is the folder.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env_remove("KUBECONFIG");
        command
    }

    /// What `synod` prints as JSON.
    fn json(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let said = self.run(arguments)?;
        serde_json::from_str(&said).map_err(|error| format!("{error}: {said}"))
    }

    /// Proves how many objects of a kind there are.
    fn number_of(&self, kind: &str, expected: usize) -> Result<(), Failure> {
        let all = self.json(&["get", kind, "-o", "json"])?;
        let number = all["items"].as_array().map_or(0, Vec::len);
        if number == expected {
            return Ok(());
        }
        Err(format!("{number} {kind}, not {expected}"))
    }

    /// The client addresses that `synod env` prints, as etcd's clients take them.
    fn endpoints(&self) -> Result<String, Failure> {
        self.exported("ETCDCTL_ENDPOINTS")
    }

    /// What `synod env` prints as the value of a variable; the files that it names are written anew by that.
    fn exported(&self, variable: &str) -> Result<String, Failure> {
        let said = self.run(&["env", "cg/config"])?;
        let start = format!("export {variable}=");
        let line = said.lines().find_map(|line| line.strip_prefix(&start));
        line.map(|value| value.trim_matches('\'').to_owned())
            .ok_or_else(|| format!("no {variable} in:\n{said}"))
    }

    /// Edits the file, applies it, and waits until the group is as wanted.
    fn apply(&mut self, wanted: Wanted) -> Result<(), Failure> {
        self.wanted = wanted;
        self.write(wanted)?;
        self.run(&["apply", "-f", &self.file()])?;
        self.wait()
    }

    /// Waits until the group is what the file says: observed, all members ready, and nothing under way.
    fn wait(&self) -> Result<(), Failure> {
        eventually_within(PATIENCE, || {
            let object = self.json(&["get", "cg", "config", "-o", "json"])?;
            let status = &object["status"];
            let observed = status["observedGeneration"] == object["metadata"]["generation"];
            let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
            let is = |kind: &str, value: &str| {
                conditions
                    .iter()
                    .any(|condition| condition["type"] == kind && condition["status"] == value)
            };
            let settled = !is("Progressing", "True");
            let complete = status["members"] == self.wanted.members
                && status["readyMembers"] == self.wanted.members;
            if observed && complete && settled && is("Ready", "True") {
                Ok(())
            } else {
                Err(status.to_string())
            }
        })
    }

    /// The process of the controller, as `synod local` recorded it.
    fn controller(&self) -> Result<Pid, Failure> {
        let said = self.run(&["local", "status"])?;
        let digits = said.split_once("pid ").map_or("", |(_, rest)| rest);
        let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
        digits
            .parse()
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| format!("no pid in:\n{said}"))
    }

    /// Ends the controller as `kill -9` does.
    fn kill_controller(&self) -> Result<(), Failure> {
        kill_process(self.controller()?, Signal::KILL)
            .map_err(|error| format!("the controller: {error}"))
    }

    fn workload(&self, clients: &Clients) -> Result<Workload, Failure> {
        Workload::start(&clients.workload, &self.endpoints()?)
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let _ = self.run(&["local", "down"]);
    }
}

/// The controller is killed: clients notice nothing; a new one takes over what runs.
///
/// # Errors
/// When a write is lost or the new controller does not take over.
pub fn controller_killed(programs: &Path, clients: &Clients) -> Result<String, Failure> {
    let mut local = Local::start(programs)?;
    let mut workload = local.workload(clients)?;
    for _ in 0..3 {
        local.kill_controller()?;
        for _ in 0..200 {
            workload.gap()?;
        }
        local.run(&["local", "--detach"])?;
        local.wait()?;
    }
    local.apply(Wanted {
        members: 5,
        ..local.wanted
    })?;
    workload.endpoints(&local.endpoints()?)?;
    workload.gap()?;
    workload.judge()
}

/// 3→5→3→1→3 members by editing the file.
///
/// # Errors
/// When a write is lost or a step does not end.
pub fn scale(programs: &Path, clients: &Clients) -> Result<String, Failure> {
    let mut local = Local::start(programs)?;
    let mut workload = local.workload(clients)?;
    for members in [5, 3, 1, 3] {
        local.apply(Wanted {
            members,
            ..local.wanted
        })?;
        workload.endpoints(&local.endpoints()?)?;
        for _ in 0..100 {
            workload.gap()?;
        }
    }
    workload.judge()
}

/// A change that needs every member to start anew: one after the other, the leader last.
///
/// # Errors
/// When a write is lost, the roll does not end, or the leader was not the last.
pub fn roll(programs: &Path, clients: &Clients) -> Result<String, Failure> {
    let mut local = Local::start(programs)?;
    let mut workload = local.workload(clients)?;
    let before = local.controller()?;
    for election_ms in [1500, 1000] {
        let roll = Roll::before(&local)?;
        local.apply(Wanted {
            election_ms,
            ..local.wanted
        })?;
        roll.is_done(&local)?;
        workload.endpoints(&local.endpoints()?)?;
        for _ in 0..100 {
            workload.gap()?;
        }
    }
    if local.controller()? != before {
        return Err("the controller was started anew".to_owned());
    }
    workload.judge()
}

/// What `synod` refuses, with what it must say; nothing is made or changed by any.
///
/// # Errors
/// With what it did instead.
pub fn refusals(programs: &Path) -> Result<(), Failure> {
    let local = Local::start(programs)?;
    let good = local.wanted.yaml();
    let before = local.run(&["get", "cg", "config", "-o", "json"])?;
    let bad = local.folder.path().join("bad.yaml");
    let table: [(&str, String, &[&str]); 6] = [
        (
            "even",
            good.replace("members: 3", "members: 4"),
            &["members", "1, 3, 5"],
        ),
        (
            "unknown field",
            good.replace("storage:", "storag:"),
            &["storag", "bad.yaml"],
        ),
        (
            "wrong type",
            good.replace("members: 3", "members: three"),
            &["members", "bad.yaml"],
        ),
        (
            "unknown kind",
            good.replace("kind: ConsensusGroup", "kind: Consensus"),
            &["Consensus", "bad.yaml"],
        ),
        ("no YAML", "{".to_owned(), &["bad.yaml"]),
        (
            "no name",
            good.replace("  name: config\n", ""),
            &["name", "bad.yaml"],
        ),
    ];
    for (what, text, words) in table {
        std::fs::write(&bad, text).map_err(|error| error.to_string())?;
        let why = local.run(&["apply", "-f", &bad.display().to_string()]);
        refused(what, why, words)?;
        let fresh = local.folder.path().join("fresh");
        let fresh_local = Command::new(&local.synod)
            .args(["local", "--detach", "-f"])
            .arg(&bad)
            .arg("--data")
            .arg(&fresh)
            .output()
            .map_err(|error| error.to_string())?;
        if fresh_local.status.success() || fresh.exists() {
            return Err(format!(
                "{what}: `synod local` did not refuse it before making its folder"
            ));
        }
    }
    refused(
        "no file",
        local.run(&["apply", "-f", "/no/such/file.yaml"]),
        &["/no/such/file.yaml"],
    )?;
    refused(
        "runs already",
        local.run(&["local", "--detach"]),
        &["already"],
    )?;
    refused(
        "unknown object",
        local.run(&["get", "cg", "other"]),
        &["other"],
    )?;
    if local.run(&["get", "cg", "config", "-o", "json"])? != before {
        return Err("a refused file changed the object".to_owned());
    }
    Ok(())
}

fn refused(what: &str, result: Result<String, Failure>, words: &[&str]) -> Result<(), Failure> {
    let why = match result {
        Ok(said) => return Err(format!("{what}: not refused, but: {said}")),
        Err(why) => why,
    };
    let missing: Vec<_> = words.iter().filter(|word| !why.contains(**word)).collect();
    if missing.is_empty() && !why.contains("panicked") {
        Ok(())
    } else {
        Err(format!("{what}: no {missing:?} in: {why}"))
    }
}

/// Runs to the end; standard output.
fn succeed(command: &mut Command, shown: &str) -> Result<String, Failure> {
    let output = command
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{shown}` failed:\n{said}{why}"))
}

fn expect(said: &str, part: &str) -> Result<(), Failure> {
    if said.contains(part) {
        Ok(())
    } else {
        Err(format!("no `{part}` in `{said}`"))
    }
}
