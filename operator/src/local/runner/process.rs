//! Processes that outlive the controller: started in a group of their own, recorded on disk, found again by pid and
//! start time.

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// How often an adopted process, which is no child of ours, is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A log file is cut when it is longer; one older piece is kept.
pub(crate) const LOG_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Which process: a pid alone may be used again, a pid with its start time in one boot is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pid: u32,
    started: String,
    boot: String,
}

impl Record {
    /// The record of a process that runs now.
    pub fn of(pid: u32) -> Option<Self> {
        Some(Self {
            pid,
            started: start_time(pid)?,
            boot: boot_id(),
        })
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether exactly this process still runs.
    pub fn is_alive(&self) -> bool {
        self.boot == boot_id() && start_time(self.pid).as_deref() == Some(self.started.as_str())
    }

    /// Sends a signal to the process and, if it leads one, to its group.
    pub fn signal(&self, signal: Signal) {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else {
            return;
        };
        if self.is_alive() && rustix::process::kill_process_group(pid, signal).is_err() {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

#[cfg(target_os = "linux")]
fn start_time(pid: u32) -> Option<String> {
    let fields = stat(pid)?;
    let dead = matches!(fields.first().map(String::as_str), Some("Z" | "X"));
    fields.get(19).filter(|_| !dead).cloned()
}

/// Fields 3 and on of proc(5)'s stat: those after the command, which stands in parentheses and may hold anything.
#[cfg(target_os = "linux")]
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields = stat[stat.rfind(')')? + 1..].split_whitespace();
    Some(fields.map(ToOwned::to_owned).collect())
}

#[cfg(not(target_os = "linux"))]
fn start_time(pid: u32) -> Option<String> {
    let output = std::process::Command::new("ps")
        .args(["-o", "lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// What to start.
pub(super) struct Program {
    pub(super) executable: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, OsString)>,
    pub(super) directory: PathBuf,
    pub(super) log: PathBuf,
}

/// A running process, ours or adopted.
pub(super) struct Process {
    record: Record,
    child: Option<tokio::process::Child>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exit {
    /// Exit code; 128 + the signal where a signal ended it; 255 where it is not known.
    pub(super) code: i32,
}

impl Process {
    /// Starts a program; its record is on disk at `record` before this returns.
    pub(super) fn start(program: &Program, record: &Path) -> io::Result<Self> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&program.log)?;
        let mut command = tokio::process::Command::new(&program.executable);
        command
            .args(&program.arguments)
            .env_clear()
            .envs(program.environment.iter().map(|(key, value)| (key, value)))
            .current_dir(&program.directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A group of its own: neither Ctrl-C nor the end of the controller reaches it.
            .process_group(0);
        let child = command.spawn()?;
        let pid = child.id().unwrap_or_default();
        let found = Record::of(pid).unwrap_or(Record {
            pid,
            started: String::new(),
            boot: boot_id(),
        });
        let text = serde_json::to_vec(&found)?;
        let next = record.with_extension("next");
        fs::write(&next, text)?;
        fs::rename(&next, record)?;
        Ok(Self {
            record: found,
            child: Some(child),
        })
    }

    /// Finds the process of an earlier controller: by its record, or by its root where the controller died before it
    /// could write one.
    pub(super) fn adopt(record: &Path, root: &Path) -> Option<Self> {
        let recorded = fs::read(record)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
        let record = recorded.filter(Record::is_alive).or_else(|| stray(root))?;
        Some(Self {
            record,
            child: None,
        })
    }

    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// Waits for its end. May be dropped and called again.
    pub(super) async fn wait(&mut self) -> Exit {
        if let Some(child) = &mut self.child {
            let status = child.wait().await;
            return Exit {
                code: status.map_or(255, code_of),
            };
        }
        while self.record.is_alive() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Exit { code: 255 }
    }

    /// Asks it to end, and makes it after `grace`.
    pub(super) async fn stop(&mut self, grace: Duration) -> Exit {
        self.record.signal(Signal::TERM);
        if let Ok(exit) = tokio::time::timeout(grace, self.wait()).await {
            return exit;
        }
        self.record.signal(Signal::KILL);
        self.wait().await
    }
}

fn code_of(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(255)
}

/// The process whose environment names `root` as its own.
#[cfg(target_os = "linux")]
fn stray(root: &Path) -> Option<Record> {
    let wanted = format!("SYNOD_ROOT={}", root.display());
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let Ok(environment) = fs::read(entry.path().join("environ")) else {
            continue;
        };
        let mut variables = environment.split(|byte| *byte == 0);
        // Children of the process have its environment too; it alone leads its group.
        let leads = || stat(pid).is_some_and(|fields| fields.get(2) == Some(&pid.to_string()));
        if variables.any(|variable| variable == wanted.as_bytes())
            && leads()
            && let Some(record) = Record::of(pid)
        {
            return Some(record);
        }
    }
    None
}

#[cfg(not(target_os = "linux"))]
fn stray(_root: &Path) -> Option<Record> {
    None
}

/// The last line of a log, for people: of a JSON line its message and error.
pub(super) fn last_words(log: &Path) -> Option<String> {
    const TAIL_BYTES: u64 = 4096;
    const SHOWN_MAX: usize = 300;
    let mut file = fs::File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))
        .ok()?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).ok()?;
    let tail = String::from_utf8_lossy(&tail);
    let line = tail.lines().rfind(|line| !line.trim().is_empty())?;
    let words = match serde_json::from_str::<serde_json::Value>(line) {
        Ok(json) => {
            let parts = ["message", "error"].map(|field| json[field].as_str().unwrap_or_default());
            let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            parts.join(": ")
        }
        Err(_) => line.trim().to_owned(),
    };
    Some(words.chars().take(SHOWN_MAX).collect())
}

/// Cuts a log that has grown too long: what is there becomes the older piece. The process appends, so it goes on at the
/// new beginning; what it writes in between may be lost.
pub(super) fn bound_log(log: &Path) {
    let long = fs::metadata(log).is_ok_and(|metadata| metadata.len() > LOG_BYTES_MAX);
    if long
        && fs::copy(log, log.with_extension("log.1")).is_ok()
        && let Ok(file) = OpenOptions::new().write(true).open(log)
    {
        let _ = file.set_len(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_is_found_again_and_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let record = directory.path().join("process.json");
        let program = Program {
            executable: "/bin/sh".into(),
            arguments: vec!["-c".into(), "while true; do sleep 0.05; done".into()],
            environment: vec![
                ("SYNOD_ROOT".into(), directory.path().into()),
                ("PATH".into(), "/bin:/usr/bin".into()),
            ],
            directory: directory.path().into(),
            log: directory.path().join("agent.log"),
        };
        let mut child = Process::start(&program, &record).unwrap();
        let adopted = Process::adopt(&record, directory.path()).unwrap();
        assert_eq!(adopted.record(), child.record());
        fs::remove_file(&record).unwrap();
        while cfg!(target_os = "linux") && Process::adopt(&record, directory.path()).is_none() {
            // Right after exec the kernel does not show the new environment yet.
            assert!(child.record().is_alive());
            tokio::time::sleep(LOOK_EVERY).await;
        }
        assert_eq!(child.stop(Duration::from_secs(5)).await.code, 128 + 15);
        assert!(Process::adopt(&record, directory.path()).is_none());
    }

    #[test]
    fn last_words_are_for_people() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("agent.log");
        let table = [
            ("one\ntwo\n\n", "two"),
            (
                "x\n{\"level\":\"ERROR\",\"message\":\"cannot listen\",\"error\":\"in use\"}\n",
                "cannot listen: in use",
            ),
        ];
        for (text, words) in table {
            fs::write(&log, text).unwrap();
            assert_eq!(last_words(&log).as_deref(), Some(words));
        }
        fs::write(&log, "").unwrap();
        assert_eq!(last_words(&log), None);
    }

    #[test]
    fn another_process_of_the_same_pid_is_not_it() {
        let record = Record::of(std::process::id()).unwrap();
        assert!(record.is_alive());
        assert!(
            !Record {
                started: "1".into(),
                ..record.clone()
            }
            .is_alive()
        );
        assert!(
            !Record {
                boot: "other".into(),
                ..record
            }
            .is_alive()
        );
    }
}
