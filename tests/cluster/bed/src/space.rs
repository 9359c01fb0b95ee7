//! Namespaces of a bed's own (network, mounts, processes), and how to run something in them.
//!
//! They are held by a process whose command line names the bed's folder. No file says which process that is: it is
//! looked for among those that run, so that a killed `up` leaves nothing that could not be found.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Failure;
use crate::place::source;
use crate::process::{output, run, wait};

/// The namespaces are there, or gone, after this long.
const CHANGE_MAX: Duration = Duration::from_secs(20);

/// What a program is put into.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Enter {
    /// The network alone: for what a test runs.
    Network,
    /// Mounts and processes, but the machine's network: for what downloads.
    Mounts,
    /// All of it.
    All,
}

/// Namespaces that exist.
#[derive(Clone, Debug)]
pub(crate) struct Space {
    /// The process that made them.
    holder: u32,
}

impl Space {
    /// Makes namespaces for the bed in `folder`. `busybox` is a program that sets up their loopback.
    pub(crate) fn start(folder: &Path, busybox: &Path) -> Result<Self, Failure> {
        let mut unshare = Command::new(source("engine/detach.sh"));
        unshare.args([
            "/dev/null",
            "unshare",
            "--net",
            "--mount",
            "--pid",
            "--fork",
        ]);
        unshare.args(["--kill-child", "--propagation", "private", "--"]);
        unshare.args([source("engine/hold.sh").as_os_str(), busybox.as_os_str()]);
        run(unshare.arg(mark(folder)).current_dir("/"))?;
        let mut found = None;
        wait("namespaces for the engine", CHANGE_MAX, || {
            found = Self::find(folder).filter(Self::is_ready);
            found.is_some()
        })?;
        found.ok_or_else(|| "the namespaces went away".to_owned())
    }

    /// Those of the bed in `folder`, if there are any.
    pub(crate) fn find(folder: &Path) -> Option<Self> {
        let mark = mark(folder);
        processes()
            .find(|holder| {
                let words = std::fs::read(format!("/proc/{holder}/cmdline")).unwrap_or_default();
                let mut words = words.split(|byte| *byte == 0);
                words.next() == Some(b"unshare") && words.any(|word| word == mark.as_bytes())
            })
            .map(|holder| Self { holder })
    }

    /// Whether the first process inside has set them up: forwarding is what it switches on last.
    fn is_ready(&self) -> bool {
        let mut cat = self.command(Enter::Network, "cat");
        output(cat.arg("/proc/sys/net/ipv4/ip_forward")).is_ok_and(|on| on == "1")
    }

    /// A command that runs inside.
    pub(crate) fn command(&self, enter: Enter, program: impl AsRef<OsStr>) -> Command {
        let of = |flag: &str, name: &str| format!("--{flag}=/proc/{}/ns/{name}", self.holder);
        let mut command = Command::new("nsenter");
        if matches!(enter, Enter::Network | Enter::All) {
            command.arg(of("net", "net"));
        }
        if matches!(enter, Enter::Mounts | Enter::All) {
            command.args([of("mount", "mnt"), of("pid", "pid_for_children")]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Ends everything in them. The kernel ends every process of a process namespace with its first; what was put into
    /// the network alone is ended here.
    ///
    /// # Errors
    /// When asked from inside, which would end the asker, or when something does not end.
    pub(crate) fn end(self) -> Result<(), Failure> {
        let network = self.own("net", "net")?;
        let space = self.own("pid", "pid_for_children")?;
        kill(self.holder)?;
        wait("the end of the engine", CHANGE_MAX, || {
            let left = within("net", &network);
            // Those that end by themselves meanwhile are as good.
            left.iter().for_each(|process| drop(kill(*process)));
            left.is_empty() && within("pid", &space).is_empty()
        })
    }

    /// The namespace that the holder made, certainly not the one of this process.
    fn own(&self, kind: &str, of: &str) -> Result<PathBuf, Failure> {
        let theirs = namespace(self.holder, of);
        let ours = namespace(std::process::id(), kind);
        match theirs {
            Some(theirs) if Some(&theirs) != ours.as_ref() => Ok(theirs),
            Some(_) => Err("this is a shell inside the bed: leave it, and try again".to_owned()),
            None => Err("the bed's first process ended meanwhile: try again".to_owned()),
        }
    }
}

/// By what the holder of the namespaces of the bed in `folder` is known.
fn mark(folder: &Path) -> std::ffi::OsString {
    let mut mark = std::ffi::OsString::from("synod-bed=");
    mark.push(folder);
    mark
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The processes that are in a namespace.
fn within(kind: &str, wanted: &Path) -> Vec<u32> {
    let inside = |process: &u32| namespace(*process, kind).is_some_and(|it| it == wanted);
    processes().filter(inside).collect()
}

/// What namespace a process is in; nothing for one that has ended.
fn namespace(process: u32, name: &str) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{process}/ns/{name}")).ok()
}

fn kill(process: u32) -> Result<(), Failure> {
    run(Command::new("kill").args(["-9", &process.to_string()]))
}
