//! A client that is paused past its session's time while it holds a lock, and comes back: what fences are for.
//!
//! Two services of real processes: a LockService, and a ConsensusGroup that keeps what the lock protects. Two clients, each a
//! process of its own (`holder`). The first holds the lock and is stopped (SIGSTOP); its session ends, the second holds the lock
//! and writes; the first goes on (SIGCONT) with the write that it was about to make, as if nothing had been.
//!
//! It promises that without a fence this overwrites what the second wrote, so the test shows what it claims to, and that with one
//! it does not, in both ways of using it.

pub mod holder;
pub(crate) mod session;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::etcdctl::Etcdctl;
use crate::group::{Group, Server};
use crate::program::Program;
use crate::workload::Workload;
use crate::zookeeper::ensemble::{self, Ensemble};
use crate::zookeeper::settings::SessionKind;
use crate::{Failure, eventually, http};

/// What a holder may take to get a lock whose holder's session must end first, or to write.
const PATIENCE: Duration = Duration::from_secs(60);

/// The feature level from which on a group keeps fences, as its metrics show it.
const FENCES: &str = "synod_feature_level 2";

/// How a holder writes.
#[derive(Clone, Copy, Debug)]
struct Guard {
    /// What it is told to do first, if anything.
    begin: Option<&'static str>,
    /// What it is told with a key and a value.
    write: &'static str,
    /// What the key holds at the end.
    left: &'static str,
}

/// Trusting the lock alone; comparing with the fence that was raised before; raising it with each write.
const GUARDS: [Guard; 3] = [
    Guard {
        begin: None,
        write: "write",
        left: "late",
    },
    Guard {
        begin: Some("raise"),
        write: "guarded",
        left: "second",
    },
    Guard {
        begin: None,
        write: "fenced",
        left: "second",
    },
];

/// Plays it with each way of writing; a line for each.
///
/// # Errors
/// With what came otherwise.
pub fn paused_client(server: &Server, programs: &Path, etcdctl: &Path) -> Result<String, Failure> {
    let agent = ensemble::Server::Synod(programs.join("synod-agent"));
    let ensemble = Ensemble::start(&agent, SessionKind::Global)?;
    let group = Group::start(server, 3)?;
    eventually(|| keeps_fences(&group))?;
    let place = Place {
        ensemble: &ensemble,
        group: &group,
        synod: &programs.join("synod"),
        etcdctl,
    };
    let played: Result<Vec<_>, _> = GUARDS.iter().map(|guard| place.play(*guard)).collect();
    Ok(played?.concat())
}

/// Clients pass a lock on and write with their tokens, while the LockService's leader and another member are killed in turns. What
/// they judge at the end.
///
/// # Errors
/// With their verdicts, or when nobody gets the lock any more.
pub fn passed_on(
    server: &Server,
    programs: &Path,
    holders: &Path,
    times: usize,
) -> Result<String, Failure> {
    let agent = ensemble::Server::Synod(programs.join("synod-agent"));
    let mut ensemble = Ensemble::start(&agent, SessionKind::Global)?;
    let group = Group::start(server, 3)?;
    let mut command = Command::new(holders);
    command.args(["-locks", &ensemble.addresses().join(",")]);
    command.args(["-store", &group.endpoints()]);
    let mut holders = Workload::run(&mut command)?;
    let mut longest = Duration::ZERO;
    for time in 0..times {
        let victim = match time % 2 {
            0 => ensemble.leader()?,
            _ => (ensemble.leader()? + 1) % ensemble.addresses().len(),
        };
        ensemble.kill(victim);
        longest = longest.max(holders.gap()?);
        ensemble.run(victim)?;
        ensemble.wait(victim)?;
        holders.gap()?;
    }
    let verdicts = holders.judge()?;
    Ok(format!(
        "  {times} kills, the lock was passed on within {:.2} s\n{verdicts}",
        longest.as_secs_f64()
    ))
}

fn keeps_fences(group: &Group) -> Result<(), Failure> {
    for member in &group.members {
        let [.., health] = member.addresses();
        if !http::get(&health, "/metrics")?.contains(FENCES) {
            return Err(format!("{} does not keep fences yet", member.name));
        }
    }
    Ok(())
}

struct Place<'a> {
    ensemble: &'a Ensemble,
    group: &'a Group,
    synod: &'a Path,
    etcdctl: &'a Path,
}

impl Place<'_> {
    fn play(&self, guard: Guard) -> Result<String, Failure> {
        let Guard { begin, write, left } = guard;
        let (lock, key) = (format!("/locks/{write}"), format!("data/{write}"));
        let (mut first, first_token) = self.holder(&lock, begin)?;
        ask(&mut first, &format!("{write} {key} first"), "wrote")?;
        first.signal(Signal::STOP);
        // What it was about to do when it was stopped.
        first.say(&format!("{write} {key} late"))?;
        let (mut second, second_token) = self.holder(&lock, begin)?;
        if second_token <= first_token {
            return Err(format!("{second_token} came after {first_token}"));
        }
        self.shows(&lock, &second_token)?;
        ask(&mut second, &format!("{write} {key} second"), "wrote")?;
        first.signal(Signal::CONT);
        let came = first.line(Instant::now() + PATIENCE)?;
        let words = ["get", key.as_str(), "--print-value-only"];
        let etcdctl = Etcdctl::new(self.etcdctl, &self.group.endpoints());
        let found = etcdctl.output(&words)?;
        let refused = came.starts_with("refused");
        if found.trim() != left || refused == (left == "late") {
            return Err(format!("{write}: the late write {came}; left is {found}"));
        }
        // The second goes on undisturbed.
        ask(&mut second, &format!("{write} {key} third"), "wrote")?;
        let lost = if refused { "kept" } else { "overwritten" };
        Ok(format!(
            "  {write}: what the second holder wrote is {lost}; the late write {came}\n"
        ))
    }

    /// `synod locks` tells the lock's one holder, its token and its client.
    fn shows(&self, lock: &str, token: &str) -> Result<(), Failure> {
        let agents = self.ensemble.admin_addresses().join(",");
        let mut synod = Command::new(self.synod);
        let output = synod.args(["locks", lock, "-o", "json", "--agents", &agents]);
        let output = output.output().map_err(|error| format!("synod: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let wrong = |what: &str| {
            let errors = String::from_utf8_lossy(&output.stderr);
            format!("synod locks {lock}: {what}: {text}{errors}")
        };
        let told: Value = serde_json::from_str(&text).map_err(|error| wrong(&error.to_string()))?;
        let [lock] = told["locks"].as_array().map_or(&[][..], Vec::as_slice) else {
            return Err(wrong("not one lock"));
        };
        let holder = &lock["holders"][0];
        if lock["state"] != "locked" || lock["holder_count"] != 1 || holder["token"] != token {
            return Err(wrong("not its holder"));
        }
        let session = holder["session"].as_str().unwrap_or_default();
        match told["clients"][session].as_str() {
            Some(client) if client.starts_with("127.0.0.1:") => Ok(()),
            _ => Err(wrong("not where its client is")),
        }
    }

    /// A client that holds the lock, and its token.
    fn holder(&self, lock: &str, begin: Option<&str>) -> Result<(Program, String), Failure> {
        let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
        let mut command = Command::new(own);
        let etcdctl = self.etcdctl.display().to_string();
        let leader = &self.ensemble.addresses()[0];
        let endpoints = self.group.endpoints();
        command.args(["--hold", lock, leader, &endpoints, &etcdctl]);
        let errors = self.ensemble.place().join("holders.log");
        let mut holder = Program::start(&mut command, &errors)?;
        let held = holder.line(Instant::now() + PATIENCE)?;
        let token = held.strip_prefix("held ");
        let token = token.ok_or_else(|| format!("a holder says `{held}`"))?;
        if let Some(begin) = begin {
            ask(&mut holder, begin, "wrote")?;
        }
        Ok((holder, token.to_owned()))
    }
}

fn ask(holder: &mut Program, line: &str, expected: &str) -> Result<(), Failure> {
    holder.say(line)?;
    let answer = holder.line(Instant::now() + PATIENCE)?;
    if answer == expected {
        Ok(())
    } else {
        Err(format!("`{line}` was answered `{answer}`"))
    }
}
