//! The members' processes: which they are, and in which order they came to run.

use std::collections::BTreeMap;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Local;
use crate::Failure;

/// A member's process.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Running {
    pod_uid: String,
    pid: i32,
    /// When it was started, in clock ticks of 10 ms since the boot.
    started: u64,
}

impl Running {
    /// Ends it as `kill -9` does.
    pub(super) fn kill(&self) -> Result<(), Failure> {
        let pid = Pid::from_raw(self.pid).ok_or("no process has the number 0")?;
        kill_process(pid, Signal::KILL).map_err(|error| format!("process {}: {error}", self.pid))
    }
}

/// The process of each member, by its pod's name.
pub(super) fn processes(local: &Local) -> Result<BTreeMap<String, Running>, Failure> {
    let pods = local.json(&["get", "pods", "-o", "json"])?;
    let pods = pods["items"].as_array().cloned().unwrap_or_default();
    let named = |pod| running(pod).ok_or_else(|| format!("a pod without a process: {pod}"));
    pods.iter().map(named).collect()
}

/// The pod's name and process; none while it has no process.
fn running(pod: &Value) -> Option<(String, Running)> {
    let container = pod["status"]["containerStatuses"][0]["containerID"].as_str()?;
    let pid = container.strip_prefix("process://")?.parse().ok()?;
    let running = Running {
        pod_uid: pod["metadata"]["uid"].as_str()?.to_owned(),
        pid,
        started: started(pid)?,
    };
    Some((pod["metadata"]["name"].as_str()?.to_owned(), running))
}

/// The 22nd field of the kernel's line on a process; the second is its name in parentheses.
fn started(pid: i32) -> Option<u64> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = line.rsplit_once(") ")?;
    rest.split(' ').nth(19)?.parse().ok()
}

/// A roll that is about to begin.
pub(super) struct Roll {
    leader: String,
    before: BTreeMap<String, Running>,
}

impl Roll {
    /// Notes who leads and which processes there are.
    pub(super) fn before(local: &Local) -> Result<Self, Failure> {
        let object = local.json(&["get", "cg", "config", "-o", "json"])?;
        let leader = object["status"]["leader"].as_str();
        Ok(Self {
            leader: leader
                .ok_or_else(|| format!("no leader in {object}"))?
                .to_owned(),
            before: processes(local)?,
        })
    }

    /// Proves that it happened: every member is another pod and process, and who led was replaced last.
    pub(super) fn is_done(&self, local: &Local) -> Result<(), Failure> {
        let after = processes(local)?;
        let wrong = |what: &str| format!("{what}: {:?}, then {after:?}", self.before);
        let names_stay = after.keys().eq(self.before.keys());
        let all_others = self.before.iter().all(|(name, old)| {
            let new = after.get(name);
            new.is_some_and(|new| new.pod_uid != old.pod_uid && new.started > old.started)
        });
        if !names_stay || !all_others {
            return Err(wrong("not every member was started anew"));
        }
        let leader = after.get(&self.leader).map_or(0, |new| new.started);
        let mut others = after.iter().filter(|(name, _)| **name != self.leader);
        if others.any(|(_, other)| other.started >= leader) {
            return Err(wrong(&format!("{} led and was not the last", self.leader)));
        }
        Ok(())
    }
}
