//! The peers' own programs (etcd's server and tools) and the tests' Go programs, built from Go modules.
//!
//! What is built is kept outside the clone, under `${XDG_CACHE_HOME:-~/.cache}/synod/bin`, in a folder named for the
//! version and for a checksum over the pinned modules (`tests/conformance/go/go.{mod,sum}`; Go itself verifies them
//! against the sums); `bin/<name>` links to the newest. So another clone, and the next run, find them again.

use std::path::{Path, PathBuf};

use crate::Failure;
use crate::steps::{Step, Steps};
use crate::workspace::{command, exists, root, succeed};

/// What is built: the program's name, its package, and how long that takes cold on two cores.
const PROGRAMS: [(&str, &str, &str); 4] = [
    ("etcdctl", "go.etcd.io/etcd/etcdctl/v3", "60 s"),
    ("etcd", "go.etcd.io/etcd/server/v3", "30 s"),
    ("etcdutl", "go.etcd.io/etcd/etcdutl/v3", "5 s"),
    ("benchmark", "go.etcd.io/etcd/v3/tools/benchmark", "5 s"),
];

/// The tests' own programs; they change with the tree, so they are built into the target folder every time (Go keeps
/// what did not change).
const OWN: [(&str, &str); 2] = [("clients", "./clients"), ("workload", "./workload")];

/// The module that pins them.
fn module() -> PathBuf {
    root().join("tests/conformance/go")
}

/// Whether there is a Go to build with.
pub(crate) fn go_is_here() -> bool {
    exists("go")
}

/// Builds what is missing and returns the folder that holds the programs.
///
/// # Errors
/// When Go is missing or a build fails.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    if !go_is_here() {
        return Err("needs Go 1.26 or newer on the PATH, to build etcd and its tools".to_owned());
    }
    let bin = cache()?.join("synod/bin");
    let folder = bin.join(key()?);
    let missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|(name, ..)| !folder.join(name).is_file())
        .collect();
    let mut steps = Steps::new(
        missing
            .iter()
            .map(|(name, _, cold)| Step { name, cold })
            .collect(),
    );
    for (name, package, _) in &missing {
        steps.run(|| build_one(&folder, name, package))?;
    }
    for (name, ..) in PROGRAMS {
        link(&bin, &folder, name)?;
    }
    Ok(folder)
}

/// Builds the tests' own Go programs into `folder`.
///
/// # Errors
/// When a build fails.
pub(crate) fn build_own(folder: &Path) -> Result<(), Failure> {
    for (name, package) in OWN {
        go_build(&folder.join(name), package)?;
    }
    Ok(())
}

fn build_one(folder: &Path, name: &str, package: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let unfinished = folder.join(format!(".{name}.{}", std::process::id()));
    go_build(&unfinished, package)?;
    std::fs::rename(&unfinished, folder.join(name))
        .map_err(|error| format!("cannot name {name}: {error}"))
}

fn go_build(to: &Path, package: &str) -> Result<(), Failure> {
    let mut go = command("go");
    go.current_dir(module())
        .env("CGO_ENABLED", "0")
        .env("GOFLAGS", "-buildvcs=false -mod=readonly");
    succeed(go.args(["build", "-trimpath", "-o"]).arg(to).arg(package))
}

/// Points `bin/<name>` at the program in `folder`.
fn link(bin: &Path, folder: &Path, name: &str) -> Result<(), Failure> {
    let target = Path::new(folder.file_name().unwrap_or_default()).join(name);
    let place = bin.join(name);
    if std::fs::read_link(&place).is_ok_and(|old| old == target) {
        return Ok(());
    }
    let fresh = bin.join(format!(".{name}.{}", std::process::id()));
    std::os::unix::fs::symlink(&target, &fresh)
        .and_then(|()| std::fs::rename(&fresh, &place))
        .map_err(|error| format!("cannot link {}: {error}", place.display()))
}

/// `etcd-<version>-<checksum of go.mod and go.sum>`.
fn key() -> Result<String, Failure> {
    let read = |name: &str| {
        let path = module().join(name);
        std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    let (requirements, sums) = (read("go.mod")?, read("go.sum")?);
    let version = requirements
        .lines()
        .find_map(|line| line.trim().strip_prefix("go.etcd.io/etcd/server/v3 "))
        .ok_or("tests/conformance/go/go.mod does not name etcd's server")?;
    let checksum = fnv1a(requirements.bytes().chain(sums.bytes()));
    Ok(format!("etcd-{version}-{checksum:016x}"))
}

/// The Fowler-Noll-Vo hash, 64 bits, variant 1a: it only has to tell versions of two files apart.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn cache() -> Result<PathBuf, Failure> {
    let from = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    from("XDG_CACHE_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".cache")))
        .ok_or_else(|| "neither XDG_CACHE_HOME nor HOME is set".to_owned())
}
