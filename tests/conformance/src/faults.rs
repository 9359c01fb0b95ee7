//! Harm done to a group of three under a client that writes without pause.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use crate::etcdctl::Etcdctl;
use crate::group::{Group, Member, Server};
use crate::workload::Workload;
use crate::{Failure, eventually};

/// Writes that are waited for between two harms; many more are made meanwhile.
const WRITES_BETWEEN: usize = 100;

/// How often a victim is chosen anew before a harm, or a harm done again that met another than was meant.
const CHOICES_MAX: usize = 10;

/// The programs that these tests use besides the members'.
#[derive(Clone)]
pub struct Clients {
    /// etcd's command line client.
    pub etcdctl: PathBuf,
    /// The Go program `workload`.
    pub workload: PathBuf,
}

/// Who leads, and since which election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reign {
    /// The number of the member that leads.
    pub leader: u64,
    /// The term: what grows with each election.
    pub term: u64,
}

/// A group and its client, for as long as a test of harm lasts.
pub struct Trial {
    /// The group.
    pub group: Group,
    /// The client.
    pub workload: Workload,
    etcdctl: Etcdctl,
}

impl Trial {
    /// Starts three members and the client.
    ///
    /// # Errors
    /// When they do not come to serve.
    pub fn start(server: &Server, clients: &Clients) -> Result<Self, Failure> {
        let group = Group::start(server, 3)?;
        let workload = Workload::start(&clients.workload, &group.endpoints())?;
        let etcdctl = Etcdctl::new(&clients.etcdctl, &group.endpoints());
        Ok(Self {
            group,
            workload,
            etcdctl,
        })
    }

    /// Who leads.
    ///
    /// # Errors
    /// When no member says that it does within a minute.
    pub fn reign(&self) -> Result<Reign, Failure> {
        eventually(|| {
            let members = self.group.members.iter();
            let running = members.filter(|member| member.process.is_some());
            let reigns = running.filter_map(|member| self.reign_of(member).ok().flatten());
            reigns
                .max_by_key(|reign| reign.term)
                .ok_or_else(|| "no member says that it leads".to_owned())
        })
    }

    /// Since when a member leads; none if it says that it does not.
    fn reign_of(&self, member: &Member) -> Result<Option<Reign>, Failure> {
        let term = leads(&self.etcdctl.at(&member.client_address()))?;
        Ok(term.map(|term| Reign {
            leader: member.number,
            term,
        }))
    }

    /// Who leads, said again by that member itself a moment ago: what is done to it now is done to the leader.
    ///
    /// # Errors
    /// When the leaders change faster than they can be asked.
    pub fn confirmed_reign(&self) -> Result<Reign, Failure> {
        for _ in 0..CHOICES_MAX {
            let reign = self.reign()?;
            if self.reign_of(self.group.member(reign.leader)?) == Ok(Some(reign)) {
                return Ok(reign);
            }
        }
        Err("no leader stays one for as long as it takes to ask twice".to_owned())
    }

    /// Proves that a harm ended a reign: whoever leads was elected after it.
    fn ended(&self, reign: Reign) -> Result<(), Failure> {
        let now = self.reign()?;
        if now.term > reign.term {
            return Ok(());
        }
        Err(format!("{reign:?} was harmed, and {now:?} goes on"))
    }

    /// Lets the client go on until it has written a good deal more.
    ///
    /// # Errors
    /// When no write is acknowledged any more.
    pub fn write_on(&mut self) -> Result<(), Failure> {
        for _ in 0..WRITES_BETWEEN {
            self.workload.gap()?;
        }
        Ok(())
    }

    /// Kills a member and tells how long the next acknowledged write took; then starts it again.
    ///
    /// # Errors
    /// When no write is acknowledged any more, or the member does not come back.
    pub fn kill_and_restart(&mut self, number: u64) -> Result<Duration, Failure> {
        self.group.kill(number)?;
        let gap = self.workload.gap()?;
        self.group.run_all_again()?;
        Ok(gap)
    }

    /// Ends the writing and judges.
    ///
    /// # Errors
    /// With the verdicts and the place of the logs, when one is bad.
    pub fn judge(mut self) -> Result<String, Failure> {
        self.workload.judge().map_err(|verdicts| {
            format!(
                "bad verdicts (files: {}):\n{verdicts}",
                self.group.keep_files().display()
            )
        })
    }
}

/// The term in which the member that `etcdctl` is pointed at leads; none if it does not.
fn leads(etcdctl: &Etcdctl) -> Result<Option<u64>, Failure> {
    let status = etcdctl.output(&["endpoint", "status", "-w", "json", "--command-timeout=2s"])?;
    let status: serde_json::Value =
        serde_json::from_str(&status).map_err(|error| error.to_string())?;
    let status = &status[0]["Status"];
    let is_leader = status["leader"].is_u64() && status["leader"] == status["header"]["member_id"];
    Ok(status["raftTerm"].as_u64().filter(|_| is_leader))
}

/// `kill -9` of the leader, `times` times; the times to the next acknowledged write, sorted.
///
/// # Errors
/// When a write was lost, applied twice or seen out of order, or the group did not recover.
pub fn kill_leader(
    server: &Server,
    clients: &Clients,
    times: usize,
) -> Result<(Vec<Duration>, String), Failure> {
    let mut trial = Trial::start(server, clients)?;
    let mut gaps = Vec::new();
    for _ in 0..times {
        trial.write_on()?;
        let reign = trial.confirmed_reign()?;
        gaps.push(trial.kill_and_restart(reign.leader)?);
        trial.ended(reign)?;
    }
    gaps.sort_unstable();
    Ok((gaps, trial.judge()?))
}

/// `kill -9` of a member that does not lead, `times` times.
///
/// # Errors
/// As [`kill_leader`].
pub fn kill_follower(server: &Server, clients: &Clients, times: usize) -> Result<String, Failure> {
    let mut trial = Trial::start(server, clients)?;
    let mut killed = 0;
    for _ in 0..times + CHOICES_MAX {
        trial.write_on()?;
        let reign = trial.confirmed_reign()?;
        trial.kill_and_restart(reign.leader % 3 + 1)?;
        // Where the same reign goes on, who was killed did not lead.
        killed += usize::from(trial.reign()? == reign);
        if killed == times {
            return trial.judge();
        }
    }
    Err(format!(
        "only {killed} deaths of a follower left the leader where it was"
    ))
}

/// `kill -9` of all members at once, `times` times: what was acknowledged is on disks.
///
/// # Errors
/// As [`kill_leader`].
pub fn kill_all(server: &Server, clients: &Clients, times: usize) -> Result<String, Failure> {
    let mut trial = Trial::start(server, clients)?;
    for _ in 0..times {
        trial.write_on()?;
        for number in 1..=3 {
            trial.group.kill(number)?;
        }
        trial.group.run_all_again()?;
        trial.workload.gap()?;
    }
    trial.judge()
}

/// The leader is stopped (SIGSTOP) until another leads, and goes on (SIGCONT) believing that it leads.
///
/// # Errors
/// As [`kill_leader`].
pub fn pause_leader(server: &Server, clients: &Clients, times: usize) -> Result<String, Failure> {
    let mut trial = Trial::start(server, clients)?;
    for _ in 0..times {
        trial.write_on()?;
        let reign = trial.confirmed_reign()?;
        signal(&trial.group, reign.leader, Signal::STOP)?;
        let gap = trial.workload.gap();
        signal(&trial.group, reign.leader, Signal::CONT)?;
        gap?;
        trial.group.wait_until_all_serve()?;
        trial.ended(reign)?;
    }
    trial.judge()
}

/// SIGTERM of the leader, as a roll does it: it hands over and exits with 0.
///
/// # Errors
/// As [`kill_leader`], and when it does not exit by itself.
pub fn stop_leader(
    server: &Server,
    clients: &Clients,
    times: usize,
) -> Result<(Vec<Duration>, String), Failure> {
    let mut trial = Trial::start(server, clients)?;
    let mut gaps = Vec::new();
    for _ in 0..times {
        trial.write_on()?;
        let reign = trial.confirmed_reign()?;
        signal(&trial.group, reign.leader, Signal::TERM)?;
        gaps.push(trial.workload.gap()?);
        trial.group.wait_for_exit(reign.leader)?;
        trial.group.run_all_again()?;
        trial.ended(reign)?;
    }
    gaps.sort_unstable();
    Ok((gaps, trial.judge()?))
}

fn signal(group: &Group, number: u64, signal: Signal) -> Result<(), Failure> {
    let process = group.member(number)?.process.as_ref();
    process
        .ok_or_else(|| format!("member {number} does not run"))?
        .signal(signal);
    Ok(())
}

/// The value below which `percent` of the sorted values lie.
#[must_use]
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).copied().unwrap_or_default()
}

/// Median, p90 and range of sorted values, as text.
#[must_use]
pub fn summary(sorted: &[Duration]) -> String {
    let seconds = |duration: Duration| duration.as_secs_f64();
    format!(
        "{} times: median {:.2} s, p90 {:.2} s, {:.2}–{:.2} s",
        sorted.len(),
        seconds(percentile(sorted, 50)),
        seconds(percentile(sorted, 90)),
        seconds(sorted.first().copied().unwrap_or_default()),
        seconds(sorted.last().copied().unwrap_or_default()),
    )
}

/// A program of the tests that closes with `N passed, N failed`, against a new group of three.
///
/// # Errors
/// With its output, when it fails.
pub fn client_program(server: &Server, program: &Path, scheme: &str) -> Result<String, Failure> {
    let mut group = Group::start(server, 3)?;
    let endpoints: Vec<_> = group
        .members
        .iter()
        .map(|member| format!("{scheme}{}", member.client_address()))
        .collect();
    let output = std::process::Command::new(program)
        .arg(endpoints.join(","))
        .output()
        .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    if output.status.success() {
        return Ok(text);
    }
    Err(format!("{text}(files: {})", group.keep_files().display()))
}

#[cfg(test)]
mod tests {
    use super::{Duration, percentile};

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<_> = (1..=10).map(Duration::from_secs).collect();
        assert_eq!(percentile(&values, 50), Duration::from_secs(5));
        assert_eq!(percentile(&values, 90), Duration::from_secs(9));
        assert_eq!(percentile(&values, 100), Duration::from_secs(10));
        assert_eq!(percentile(&values[..1], 90), Duration::from_secs(1));
        assert_eq!(percentile(&[], 90), Duration::ZERO);
    }
}
