//! A cluster with a name, and what can be done with it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{AUDIT, AUDIT_LOG};
use crate::engine::{BIN, Engine};
use crate::image::{self, BUILD};
use crate::process::{output, run};
use crate::{Failure, Release, place};

/// In the folder of a bed whose nodes are made by the machine's engine.
pub(crate) const OF_MACHINE: &str = "of-the-machines-engine";
/// Written last by an `up` that succeeded: the release.
pub(crate) const READY: &str = "ready";

/// An image of a registry with a busybox that needs no libraries.
pub const BUSYBOX: &str = "busybox:1.37-musl";

/// A cluster that is up.
#[derive(Clone, Debug)]
pub struct Bed {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) engine: Engine,
}

impl Bed {
    /// The cluster of this name, also if its `up` failed half-way.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(name: &str) -> Result<Self, Failure> {
        check_name(name)?;
        let folder = place::bed(name)?;
        let none = || format!("{name} is not up; `cargo xtask cluster up --name {name}` makes it");
        if !folder.join(BIN).is_dir() {
            return Err(none());
        }
        let engine = if folder.join(OF_MACHINE).is_file() {
            Engine::of_machine(&folder)
        } else {
            Engine::find(&folder).ok_or_else(none)?
        };
        Ok(Self {
            name: name.to_owned(),
            folder,
            engine,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which Kubernetes it is; none if its `up` did not come to its end.
    #[must_use]
    pub fn release(&self) -> Option<Release> {
        let text = std::fs::read_to_string(self.folder.join(READY)).ok()?;
        text.parse().ok()
    }

    /// The file that gives clients the rights of an administrator. With an engine of the bed's own, the address in it
    /// means something inside only ([`Self::run_inside`]).
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// Whether only what is run inside reaches the cluster.
    #[must_use]
    pub fn is_apart(&self) -> bool {
        !self.folder.join(OF_MACHINE).is_file()
    }

    /// All files of the API server's audit log, a JSON object a line, the oldest first: one that has come to 100 MB is renamed.
    ///
    /// # Errors
    /// When their folder cannot be read.
    pub fn audit_logs(&self) -> Result<Vec<PathBuf>, Failure> {
        let folder = self.folder.join(AUDIT);
        let entries = std::fs::read_dir(&folder)
            .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
        let names = entries.flatten().map(|entry| entry.file_name());
        let names = names.filter_map(|name| name.into_string().ok()).collect();
        let logs = oldest_first(names).into_iter();
        Ok(logs.map(|name| folder.join(name)).collect())
    }

    /// A command in the network of the nodes, with the bed's `kubectl`, `kind` and `docker` on its path and its kubeconfig
    /// in the environment. Files and processes are the machine's.
    pub fn run_inside(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.engine.inside(program);
        command.env("KUBECONFIG", self.kubeconfig());
        command
    }

    /// A call of kubectl.
    #[must_use]
    pub fn kubectl(&self, verb: &str) -> Command {
        let mut command = self.run_inside("kubectl");
        command.arg(verb);
        command
    }

    /// A call of the engine's command line.
    #[must_use]
    pub fn docker(&self, verb: &str) -> Command {
        let mut command = self.engine.docker();
        command.arg(verb);
        command
    }

    /// A call of kind about this cluster.
    pub(crate) fn kind(&self, verb: &[&str]) -> Command {
        let mut command = self.run_inside("kind");
        command.args(verb).args(["--name", &self.name]);
        command
    }

    /// The names of its nodes, the control plane's first.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub fn nodes(&self) -> Result<Vec<String>, Failure> {
        let label = format!("label=io.x-k8s.kind.cluster={}", self.name);
        let mut list = self.docker("ps");
        list.args(["--all", "--filter", &label, "--format", "{{.Names}}"]);
        let mut nodes: Vec<_> = output(&mut list)?.lines().map(str::to_owned).collect();
        nodes.sort();
        Ok(nodes)
    }

    /// The image that its nodes are made of.
    ///
    /// # Errors
    /// When there are none, or the engine does not answer.
    pub fn node_image(&self) -> Result<String, Failure> {
        let nodes = self.nodes()?;
        let node = nodes.first().ok_or("the bed has no node")?;
        output(
            self.docker("inspect")
                .args(["--format", "{{.Config.Image}}", node]),
        )
    }

    /// An image whose busybox needs no libraries: that of the nodes, or of a registry where kind's own has none.
    ///
    /// # Errors
    /// Those of [`Self::node_image`].
    pub fn busybox(&self) -> Result<String, Failure> {
        let image = self.node_image()?;
        Ok(if image::is_own(&image) {
            image
        } else {
            BUSYBOX.to_owned()
        })
    }

    /// Where one of the bed's programs is.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(BIN).join(name)
    }

    /// A command on a node.
    #[must_use]
    pub fn on_node(&self, node: &str, program: &str) -> Command {
        let mut command = self.docker("exec");
        command.args(["--interactive", node, program]);
        command
    }

    /// Gives every node the images of an archive (`docker save`, OCI layout).
    ///
    /// # Errors
    /// When a node does not take it.
    pub fn load_image(&self, archive: &Path) -> Result<(), Failure> {
        run(self.kind(&["load", "image-archive"]).arg(archive))
    }

    /// Gives every node an image that the engine has.
    ///
    /// # Errors
    /// When the engine does not have it, or a node does not take it.
    pub fn load_image_of_engine(&self, reference: &str) -> Result<(), Failure> {
        run(self.kind(&["load", "docker-image"]).arg(reference))
    }

    /// Writes what nodes, pods, engine and API server have logged into `folder`.
    ///
    /// # Errors
    /// When a log cannot be read or written. What needs no node to answer is there even so.
    pub fn logs(&self, folder: &Path) -> Result<(), Failure> {
        place::make(folder)?;
        // Where `up` failed early, there is no audit log yet.
        let mut files = self.audit_logs().unwrap_or_default();
        files.push(self.folder.join("engine.log"));
        for file in files.iter().filter(|file| file.is_file()) {
            std::fs::copy(file, folder.join(file.file_name().unwrap_or_default()))
                .map_err(|error| format!("cannot copy {}: {error}", file.display()))?;
        }
        run(self.kind(&["export", "logs"]).arg(folder))
    }
}

/// Those of files that are an audit log's: what was renamed has the time in its name, `log-2026-07-01T10-20-30.000.json`,
/// and comes before `log.json` in the order of names, too.
fn oldest_first(mut names: Vec<String>) -> Vec<String> {
    let (stem, ending) = AUDIT_LOG.split_once('.').unwrap_or((AUDIT_LOG, ""));
    names.retain(|name| name.starts_with(stem) && name.ends_with(ending));
    names.sort();
    names
}

/// Names are parts of names of hosts.
pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && name.chars().all(good) && !name.starts_with('-') && name != BUILD {
        return Ok(());
    }
    Err(format!(
        "`{name}` cannot name a bed: lower-case letters, digits and hyphens can, except for `{BUILD}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::oldest_first;

    #[test]
    fn audit_logs_are_in_the_order_of_time() {
        let names = [
            "log.json",
            "policy.yaml",
            "log-2026-07-01T10-20-30.000.json",
            "log-2026-06-30T23-59-59.999.json",
        ];
        assert_eq!(
            oldest_first(names.map(str::to_owned).into()),
            [
                "log-2026-06-30T23-59-59.999.json",
                "log-2026-07-01T10-20-30.000.json",
                "log.json"
            ]
        );
    }
}
