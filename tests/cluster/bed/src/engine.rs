//! The Docker engine that makes the nodes: the machine's, or one of the bed's own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::packages::Packages;
use crate::place::{self, source};
use crate::process::{last_lines, run, succeeds, wait};
use crate::programs::link;
use crate::space::{Enter, Space};
use crate::{Failure, groups};

/// An engine answers after this long, or does not start.
const START_MAX: Duration = Duration::from_secs(60);
/// The bit of CAP_SYS_RESOURCE.
const SYS_RESOURCE: u32 = 24;
/// The programs of a bed, in its folder.
pub(crate) const BIN: &str = "bin";
/// The data of an engine of one's own, in its folder.
pub(crate) const DATA: &str = "docker";

/// The engine of the bed in a folder.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    folder: PathBuf,
    /// Where one of its own runs; none for the machine's.
    space: Option<Space>,
}

/// Whether `docker` finds an engine.
pub(crate) fn machine_has_one() -> bool {
    succeeds(Command::new("docker").arg("info"))
}

impl Engine {
    /// The machine's, for the bed in `folder`.
    pub(crate) fn of_machine(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            space: None,
        }
    }

    /// Starts one of the bed's own. Its data may be there already.
    pub(crate) fn start(folder: &Path, packages: &Packages) -> Result<Self, Failure> {
        place::make(&folder.join("run"))?;
        place::make(&folder.join(BIN))?;
        link(
            &packages.program("docker")?,
            &folder.join(BIN).join("docker"),
        )?;
        let space = Space::start(folder, &packages.program("busybox")?)?;
        run(&mut daemon(&space, folder, packages)?)?;
        let engine = Self {
            folder: folder.to_path_buf(),
            space: Some(space),
        };
        let answers = || succeeds(engine.docker().arg("info"));
        wait("an engine of the bed's own", START_MAX, answers).map_err(|failure| {
            let said = std::fs::read_to_string(log(folder)).unwrap_or_default();
            format!("{failure}; it said:\n{}", last_lines(&said))
        })?;
        Ok(engine)
    }

    /// The bed's own that runs.
    pub(crate) fn find(folder: &Path) -> Option<Self> {
        Space::find(folder).map(|space| Self {
            folder: folder.to_path_buf(),
            space: Some(space),
        })
    }

    /// Ends the bed's own, if it runs, and every container with it.
    pub(crate) fn end(folder: &Path) -> Result<(), Failure> {
        if let Some(space) = Space::find(folder) {
            space.end()?;
        }
        groups::remove(folder)
    }

    /// The engine's command line.
    pub(crate) fn docker(&self) -> Command {
        self.inside("docker")
    }

    /// A command in the network in which the nodes are.
    pub(crate) fn inside(&self, program: impl AsRef<OsStr>) -> Command {
        self.told(match &self.space {
            None => Command::new(program),
            Some(space) => space.command(Enter::Network, program),
        })
    }

    /// A command whose mounts are not the machine's, so that they end with it; the network is.
    pub(crate) fn beside(&self, program: impl AsRef<OsStr>) -> Command {
        self.told(match &self.space {
            None => {
                let mut command = Command::new("unshare");
                command.args(["--mount", "--propagation", "private", "--"]);
                command.arg(program);
                command
            }
            Some(space) => space.command(Enter::Mounts, program),
        })
    }

    /// Tells a command which engine is meant, and where the bed's programs are.
    fn told(&self, mut command: Command) -> Command {
        if self.space.is_some() {
            command.env("DOCKER_HOST", address(&self.folder));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.folder.join(BIN)).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders).unwrap_or(path));
        command
    }

    /// Whether this engine has an image.
    pub(crate) fn has(&self, image: &str) -> bool {
        succeeds(self.docker().args(["image", "inspect", image]))
    }
}

fn log(folder: &Path) -> PathBuf {
    folder.join("engine.log")
}

/// Where the engine in `folder` listens.
fn address(folder: &Path) -> String {
    format!("unix://{}", folder.join("run/docker.sock").display())
}

/// What starts the daemon, and returns at once.
fn daemon(space: &Space, folder: &Path, packages: &Packages) -> Result<Command, Failure> {
    let mut dockerd = space.command(Enter::All, source("engine/detach.sh"));
    dockerd.arg(log(folder)).arg(packages.program("dockerd")?);
    let at = |option: &str, place: &str| format!("--{option}={}", folder.join(place).display());
    dockerd.args([
        at("data-root", DATA),
        at("exec-root", "run/docker"),
        at("pidfile", "run/docker.pid"),
        format!("--host={}", address(folder)),
        format!("--cgroup-parent={}", groups::parent(folder)),
    ]);
    dockerd.args([
        "--exec-opt=native.cgroupdriver=cgroupfs",
        "--storage-driver=overlay2",
    ]);
    // A lower score than one's own is not allowed everywhere.
    dockerd.args(["--oom-score-adjust=0", "--log-level=warn"]);
    let proxy = packages.program("docker-proxy")?;
    dockerd.arg("--userland-proxy-path").arg(proxy);
    if !may(SYS_RESOURCE)? {
        dockerd.env("SYNOD_RUNC", packages.program("runc")?);
        let wrapper = source("engine/runc-here");
        dockerd.arg(format!("--add-runtime=here={}", wrapper.display()));
        dockerd.arg("--default-runtime=here");
    }
    packages.lend(&mut dockerd)?;
    Ok(dockerd)
}

/// Whether processes here can have a capability.
fn may(capability: u32) -> Result<bool, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("cannot read /proc/self/status: {error}"))?;
    let bounding = status.lines().find_map(|line| line.strip_prefix("CapBnd:"));
    let mask = u64::from_str_radix(bounding.unwrap_or_default().trim(), 16)
        .map_err(|_| "/proc/self/status tells no capabilities".to_owned())?;
    Ok(mask & (1 << capability) != 0)
}
