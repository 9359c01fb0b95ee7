//! Debian's packages of an engine, and of what makes a Debian.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::programs::link;
use crate::{Failure, apt};

/// The engine and what it calls, with those libraries that a small Debian may lack; and what makes a Debian.
const PACKAGES: [&str; 16] = [
    "docker.io",
    "containerd",
    "runc",
    "iptables",
    "libip4tc2",
    "libip6tc2",
    "libxtables12",
    "libnftnl11",
    "libmnl0",
    "libnfnetlink0",
    "libnetfilter-conntrack3",
    "libdevmapper1.02.1",
    "libseccomp2",
    "busybox-static",
    "debootstrap",
    "debian-archive-keyring",
];

/// What an installed package of iptables would be linked to.
const IPTABLES: [&str; 6] = [
    "iptables",
    "iptables-save",
    "iptables-restore",
    "ip6tables",
    "ip6tables-save",
    "ip6tables-restore",
];

/// The folder of unpacked packages.
#[derive(Clone, Debug)]
pub(crate) struct Packages {
    root: PathBuf,
}

impl Packages {
    /// Downloads and unpacks them, unless that was done before. The same for as long as this process runs.
    pub(crate) fn ready() -> Result<Self, Failure> {
        static READY: OnceLock<Packages> = OnceLock::new();
        if let Some(ready) = READY.get() {
            return Ok(ready.clone());
        }
        let root = apt::unpacked("engine", &PACKAGES).map_err(|failure| {
            format!("Debian's engine cannot be had (`apt-get update` may help): {failure}")
        })?;
        for name in IPTABLES {
            let program = root.join("usr/sbin").join(name);
            if !program.exists() {
                link(Path::new("xtables-nft-multi"), &program)?;
            }
        }
        Ok(READY.get_or_init(|| Self { root }).clone())
    }

    /// Where a program of them is.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf, Failure> {
        ["usr/bin", "usr/sbin", "bin", "sbin"]
            .iter()
            .map(|folder| self.root.join(folder).join(name))
            .find(|path| path.exists())
            .ok_or_else(|| format!("{} has no {name}", self.root.display()))
    }

    /// A file or folder of them.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Has a command find their programs and libraries before the machine's.
    pub(crate) fn lend(&self, command: &mut Command) -> Result<(), Failure> {
        let triplet = libraries(&self.root.join("usr/lib"))?;
        let libraries = ["usr/lib", "lib"].map(|lib| self.root.join(lib).join(&triplet));
        let programs = ["usr/bin", "usr/sbin", "sbin", "bin"].map(|bin| self.root.join(bin));
        command
            .env("PATH", prefixed(&programs, "PATH")?)
            .env("LD_LIBRARY_PATH", prefixed(&libraries, "LD_LIBRARY_PATH")?)
            .env("XTABLES_LIBDIR", libraries[0].join("xtables"));
        Ok(())
    }
}

/// The name of the folder of libraries, which says what the machine is: `x86_64-linux-gnu`.
fn libraries(folder: &Path) -> Result<OsString, Failure> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name())
        .find(|name| name.to_string_lossy().ends_with("-linux-gnu"))
        .ok_or_else(|| format!("{} has no libraries", folder.display()))
}

/// A list of folders, and after them what the variable lists already.
fn prefixed(folders: &[PathBuf], variable: &str) -> Result<OsString, Failure> {
    let rest = std::env::var_os(variable).filter(|rest| !rest.is_empty());
    let rest = rest.iter().flat_map(std::env::split_paths);
    std::env::join_paths(folders.iter().cloned().chain(rest))
        .map_err(|error| format!("{variable}: {error}"))
}
