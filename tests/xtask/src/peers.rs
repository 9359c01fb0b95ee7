//! The peers' own programs (etcd's server and tools, Kubernetes' API server and kubectl), Helm, and the tests' Go
//! programs, built from Go modules.
//!
//! What is built is kept outside the clone, under `${XDG_CACHE_HOME:-~/.cache}/synod/bin`, in a folder named for the
//! version and for a checksum over the pinned modules (`go.{mod,sum}` of each set; Go itself verifies them against the
//! sums) and over those programs' own sources that are kept here; `bin/<name>` links to the newest. So another clone, and
//! the next run, find them again.

use std::path::{Path, PathBuf};
use std::process::Command;

use synod_bed::place::{self, cache, fingerprint};
use synod_bed::{Programs, Release, process};

use crate::Failure;
use crate::steps::{Step, Steps};
use crate::workspace::{command, root, succeed};

/// Name, package, and how long that takes cold on two cores.
type Program = (&'static str, &'static str, &'static str);

/// Programs that are pinned together.
pub(crate) struct Peers {
    /// What their folder's name begins with.
    name: &'static str,
    /// The folder of the go.mod that pins them.
    module: &'static str,
    /// The module in it whose version is theirs.
    versioned: &'static str,
    /// Whether `bin/<name>` leads to them: of two sets with the same programs, to those of one.
    linked_to: bool,
    /// Linker flags, with `VERSION` for the version; empty for none.
    linked: &'static str,
    /// Those that are needed of the set.
    programs: &'static [Program],
}

/// etcd and its tools.
pub(crate) const ETCD: Peers = Peers {
    name: "etcd",
    module: "tests/conformance/go",
    versioned: "go.etcd.io/etcd/server/v3",
    linked_to: true,
    linked: "",
    programs: &[
        ("etcdctl", "go.etcd.io/etcd/etcdctl/v3", "60 s"),
        ("etcd", "go.etcd.io/etcd/server/v3", "30 s"),
        ("etcdutl", "go.etcd.io/etcd/etcdutl/v3", "5 s"),
        ("benchmark", "go.etcd.io/etcd/v3/tools/benchmark", "5 s"),
    ],
};

/// Kubernetes' API server and kubectl. Without the linker flags they would call themselves v0.0.0, and kubectl would
/// warn about the distance between versions.
pub(crate) const KUBERNETES: Peers = Peers {
    name: "kubernetes",
    module: "tests/cluster/go",
    versioned: "k8s.io/kubernetes",
    linked_to: true,
    linked: "-s -w -X k8s.io/component-base/version.gitVersion=VERSION",
    programs: &[KUBECTL, APISERVER],
};

const KUBECTL: Program = ("kubectl", "k8s.io/kubernetes/cmd/kubectl", "2 min");
const APISERVER: Program = (
    "kube-apiserver",
    "k8s.io/kubernetes/cmd/kube-apiserver",
    "7 min",
);

/// All of Kubernetes that a cluster is made of, of the same set.
const CLUSTER: Peers = Peers {
    programs: &[
        KUBECTL,
        APISERVER,
        (
            "kube-controller-manager",
            "k8s.io/kubernetes/cmd/kube-controller-manager",
            "3 min",
        ),
        ("kubelet", "k8s.io/kubernetes/cmd/kubelet", "40 s"),
        ("kubeadm", "k8s.io/kubernetes/cmd/kubeadm", "25 s"),
        (
            "kube-scheduler",
            "k8s.io/kubernetes/cmd/kube-scheduler",
            "15 s",
        ),
        ("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy", "15 s"),
    ],
    ..KUBERNETES
};

/// The same of the oldest release that is supported.
const CLUSTER_OLDEST: Peers = Peers {
    module: "tests/cluster/bed/go/kubernetes-1.33",
    linked_to: false,
    ..CLUSTER
};

/// What makes clusters.
const KIND: Peers = Peers {
    name: "kind",
    module: "tests/cluster/bed/go/kind",
    versioned: "sigs.k8s.io/kind",
    linked_to: true,
    linked: "",
    programs: &[("kind", "sigs.k8s.io/kind", "20 s")],
};

/// What runs in clusters beside Kubernetes.
const ADDONS: Peers = Peers {
    name: "addons",
    module: "tests/cluster/bed/go/addons",
    versioned: "k8s.io/client-go",
    linked_to: true,
    linked: "-s -w",
    programs: &[
        (
            "metrics-server",
            "sigs.k8s.io/metrics-server/cmd/metrics-server",
            "1 min",
        ),
        (
            "local-path-provisioner",
            "github.com/rancher/local-path-provisioner",
            "40 s",
        ),
        ("crictl", "sigs.k8s.io/cri-tools/cmd/crictl", "20 s"),
    ],
};

/// Programs of the bed's own.
const BED: Peers = Peers {
    name: "bed",
    module: "tests/cluster/bed/go/own",
    versioned: "github.com/coredns/coredns",
    linked_to: true,
    linked: "-s -w",
    programs: &[
        ("dns", "./dns", "1 min"),
        ("pause", "./pause", "1 s"),
        ("slow", "./slow", "1 s"),
    ],
};

/// Helm.
pub(crate) const HELM: Peers = Peers {
    name: "helm",
    module: "tests/chart/go",
    versioned: "helm.sh/helm/v4",
    linked_to: true,
    linked: "-s -w -X helm.sh/helm/v4/internal/version.version=VERSION",
    programs: &[("helm", "helm.sh/helm/v4/cmd/helm", "4 min")],
};

/// The tests' own programs; they change with the tree, so they are built into the target folder every time (Go keeps
/// what did not change).
const OWN: [(&str, &str); 4] = [
    ("clients", "./clients"),
    ("workload", "./workload"),
    ("holders", "./holders"),
    ("keeper", "./keeper"),
];

/// The oldest Go that builds them: its minor version.
const GO_MIN: u32 = 26;

/// Whether there is a Go to build with.
pub(crate) fn go_is_here() -> bool {
    let version = process::output(Command::new("go").args(["env", "GOVERSION"]));
    version.is_ok_and(|version| is_new_enough(&version))
}

/// Of a version such as `go1.26.8`, or of one that is being made.
fn is_new_enough(version: &str) -> bool {
    let minor = |version: &str| {
        let rest = version.trim().strip_prefix("go1.")?;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<u32>().ok()
    };
    version.starts_with("devel") || minor(version).is_some_and(|minor| minor >= GO_MIN)
}

/// Builds what is missing of etcd and its tools and returns the folder that holds them.
///
/// # Errors
/// When Go is missing or a build fails.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    ETCD.build()
}

impl Peers {
    /// Builds what is missing and returns the folder that holds the programs.
    ///
    /// # Errors
    /// When Go is missing or a build fails.
    pub(crate) fn build(&self) -> Result<PathBuf, Failure> {
        self.build_those(|_| true)
    }

    /// The same with those programs alone whose name is wanted. They are where all of them would be.
    fn build_those(&self, wanted: impl Fn(&str) -> bool) -> Result<PathBuf, Failure> {
        if !go_is_here() {
            return Err(format!(
                "needs Go 1.26 or newer on the PATH, to build {}",
                self.name
            ));
        }
        let bin = cache()?.join("bin");
        let version = self.version()?;
        let folder = bin.join(self.key(&version)?);
        let programs = self.programs.iter().filter(|(name, ..)| wanted(name));
        let is_missing = |(name, ..): &&Program| !folder.join(name).is_file();
        let missing: Vec<_> = programs.clone().filter(is_missing).collect();
        let mut steps = Steps::new(
            missing
                .iter()
                .map(|(name, _, cold)| Step { name, cold })
                .collect(),
        );
        for (name, package, _) in &missing {
            steps.run(|| self.build_one(&folder, name, package, &version))?;
        }
        for (name, ..) in programs.filter(|_| self.linked_to) {
            link(&bin, &folder, name)?;
        }
        Ok(folder)
    }

    fn build_one(
        &self,
        folder: &Path,
        name: &str,
        package: &str,
        version: &str,
    ) -> Result<(), Failure> {
        place::make(folder)?;
        let unfinished = folder.join(format!(".{name}.{}", std::process::id()));
        let linked = self.linked.replace("VERSION", version);
        go_build(self.module, &linked, &unfinished, package)?;
        std::fs::rename(&unfinished, folder.join(name))
            .map_err(|error| format!("cannot name {name}: {error}"))
    }

    fn read(&self, name: &str) -> Result<String, Failure> {
        let path = root().join(self.module).join(name);
        std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))
    }

    /// The version that go.mod names.
    fn version(&self) -> Result<String, Failure> {
        let wanted = format!("{} ", self.versioned);
        let requirements = self.read("go.mod")?;
        requirements
            .lines()
            .map(|line| line.trim().trim_start_matches("require "))
            .find_map(|line| line.strip_prefix(&wanted))
            .and_then(|version| version.split_whitespace().next())
            .map(str::to_owned)
            .ok_or_else(|| format!("{}/go.mod does not name {}", self.module, self.versioned))
    }

    /// `<name>-<version>-<checksum of go.mod, go.sum and sources kept here>`.
    fn key(&self, version: &str) -> Result<String, Failure> {
        let mut texts = vec![self.read("go.mod")?, self.read("go.sum")?];
        let packages = self.programs.iter().map(|(_, package, _)| package);
        for package in packages.filter(|package| package.starts_with("./")) {
            texts.extend(sources(&root().join(self.module).join(package))?);
        }
        let checksum = fingerprint(texts.iter().map(String::as_bytes));
        Ok(format!("{}-{version}-{checksum}", self.name))
    }
}

/// Builds what is missing of the programs that a cluster is made with: few where there is kind's own node image.
///
/// # Errors
/// When Go is missing or a build fails.
pub(crate) fn cluster(release: Release, kinds_own: bool) -> Result<Programs, Failure> {
    let kubernetes = match release {
        Release::V1_37 => &CLUSTER,
        Release::V1_33 => &CLUSTER_OLDEST,
    };
    let wanted = |name: &str| !kinds_own || Programs::CALLED.contains(&name);
    let folders = [kubernetes, &ETCD, &KIND, &ADDONS, &BED].map(|peers| peers.build_those(wanted));
    Ok(Programs {
        kubernetes: kubernetes.version()?,
        folders: folders.into_iter().collect::<Result<_, _>>()?,
        kind_source: source(&KIND)?,
    })
}

/// The texts of a package that is kept here, in the order of their names.
fn sources(package: &Path) -> Result<Vec<String>, Failure> {
    let cannot = |error| format!("cannot read {}: {error}", package.display());
    let entries = std::fs::read_dir(package).map_err(cannot)?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let texts = paths.iter().map(std::fs::read_to_string);
    texts.collect::<Result<_, _>>().map_err(cannot)
}

/// Where Go keeps the source of the module that a set is named for.
fn source(peers: &Peers) -> Result<PathBuf, Failure> {
    let go = |words: &[&str]| {
        let mut go = command("go");
        go.current_dir(root().join(peers.module)).args(words);
        process::output(&mut go)
    };
    go(&["mod", "download", peers.versioned])?;
    go(&["list", "-m", "-f", "{{.Dir}}", peers.versioned]).map(PathBuf::from)
}

/// Builds the tests' own Go programs into `folder`.
///
/// # Errors
/// When a build fails.
pub(crate) fn build_own(folder: &Path) -> Result<(), Failure> {
    for (name, package) in OWN {
        go_build(ETCD.module, "", &folder.join(name), package)?;
    }
    Ok(())
}

/// Builds one package of a module that is kept here.
///
/// # Errors
/// When the build fails.
pub(crate) fn go_build(
    module: &str,
    linked: &str,
    to: &Path,
    package: &str,
) -> Result<(), Failure> {
    let mut go = command("go");
    go.current_dir(root().join(module))
        .env("CGO_ENABLED", "0")
        .env("GOFLAGS", "-buildvcs=false -mod=readonly");
    go.args(["build", "-trimpath"]);
    if !linked.is_empty() {
        go.args(["-ldflags", linked]);
    }
    succeed(go.arg("-o").arg(to).arg(package))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go() {
        for (version, enough) in [
            ("go1.26.8\n", true),
            ("go1.26rc1", true),
            ("go1.27", true),
            ("go1.25.9", false),
            ("go1.9", false),
            ("", false),
        ] {
            assert_eq!(is_new_enough(version), enough, "{version}");
        }
    }
}
