//! A cluster with a name: made, found, removed.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{self, AUDIT};
use crate::engine::{self, BIN, DATA, Engine};
use crate::fault::SLOW;
use crate::image::{self, BUILD, NodeImage};
use crate::packages::Packages;
use crate::process::{output, run};
use crate::{Failure, Programs, Progress, Release, kernel, place};

/// Written last by an `up` that succeeded.
const READY: &str = "ready";
/// Written first where the nodes are made by the machine's engine.
const OF_MACHINE: &str = "of-the-machines-engine";
/// The most nodes that make sense on a machine that tests run on.
const NODES_MAX: u8 = 9;
/// What kind's own node image lacks, and what stands for it there.
const STOCK: [(&str, &str); 2] = [
    (
        "registry.k8s.io/metrics-server/metrics-server:v0.9.0",
        "synod.dev/bed/metrics-server:1",
    ),
    ("busybox:1.37", "synod.dev/bed/busybox:1"),
];
/// Nodes and what runs on them are ready after this long.
const SETTLE: &str = "--timeout=180s";

/// What kind of cluster is wanted.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name, in lower case. Two of the same cannot be up at the same time.
    pub name: String,
    /// How many nodes, the control plane's among them. That takes pods, too.
    pub nodes: u8,
    /// Which Kubernetes.
    pub release: Release,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "synod".to_owned(),
            nodes: 3,
            release: Release::default(),
        }
    }
}

impl Options {
    fn check(&self) -> Result<(), Failure> {
        check_name(&self.name)?;
        if (1..=NODES_MAX).contains(&self.nodes) {
            return Ok(());
        }
        Err(format!(
            "{} nodes: 1 to {NODES_MAX} are possible",
            self.nodes
        ))
    }
}

/// A cluster that is up.
#[derive(Clone, Debug)]
pub struct Bed {
    name: String,
    folder: PathBuf,
    engine: Engine,
}

impl Bed {
    /// Makes a cluster and waits until everything in it is available. What a killed `up` of the same name left is removed
    /// before.
    ///
    /// # Errors
    /// When one of the name is up, or a stage fails. What there is then stays, to be looked at, until the next `up` or
    /// [`Bed::down`].
    pub fn up<P: Progress>(
        options: &Options,
        programs: &Programs,
        progress: &mut P,
    ) -> Result<Self, Failure> {
        options.check()?;
        let _lock = lock()?;
        let folder = place::bed(&options.name)?;
        if folder.join(READY).is_file() && Self::find(&options.name).is_ok() {
            return Err(format!(
                "{} is up already; `cargo xtask cluster down --name {0}` ends it",
                options.name
            ));
        }
        remove(&options.name)?;
        let packages = progress.run(own_packages)?;
        progress.say(match packages {
            Some(_) => {
                "no Docker engine answers: one of the bed's own is used, from Debian's packages"
            }
            None => "the machine's Docker engine is used",
        });
        let image = image::ready(programs, packages.as_ref(), progress)?;
        if image.made {
            progress.say("kind's own node image is not to be had: one made here is used");
        }
        let bed = progress.run(|| Self::create(options, programs, packages.as_ref(), &image))?;
        progress.run(|| bed.settle(&image))?;
        place::write(&folder.join(READY), "")?;
        Ok(bed)
    }

    fn create(
        options: &Options,
        programs: &Programs,
        packages: Option<&Packages>,
        image: &NodeImage,
    ) -> Result<Self, Failure> {
        let folder = place::bed(&options.name)?;
        programs.link(&["kind", "kubectl", SLOW], &folder.join(BIN))?;
        kernel::keep(&folder)?;
        let engine = match packages {
            None => {
                place::write(&folder.join(OF_MACHINE), "")?;
                Engine::of_machine(&folder)
            }
            Some(packages) => {
                if let Some(data) = &image.data {
                    copy_data(data, &folder.join(DATA))?;
                }
                Engine::start(&folder, packages)?
            }
        };
        let bed = Self {
            name: options.name.clone(),
            engine,
            folder,
        };
        let configuration = cluster::write(&bed.folder, options.nodes, options.release, image)?;
        let mut kind = bed.kind(&["create", "cluster"]);
        // What fails stays, to be looked at.
        kind.args(["--retain", "--image", &image.reference, "--config"]);
        run(kind
            .arg(configuration)
            .arg("--kubeconfig")
            .arg(bed.kubeconfig()))?;
        Ok(bed)
    }

    /// Adds metrics-server, and waits for everything.
    fn settle(&self, image: &NodeImage) -> Result<(), Failure> {
        if !image.made {
            STOCK
                .iter()
                .try_for_each(|(stock, own)| self.lend(stock, own))?;
        }
        let metrics = place::source("addons/metrics.yaml");
        run(self.kubectl("apply").arg("-f").arg(metrics))?;
        let wait = |what: &[&str]| run(self.kubectl("wait").arg(SETTLE).args(what));
        wait(&["--for=condition=Ready", "nodes", "--all"])?;
        wait(&[
            "--for=condition=Available",
            "deployments",
            "--all",
            "--all-namespaces",
        ])?;
        wait(&["--for=condition=Available", "apiservices", "--all"])
    }

    /// Gives the nodes an image of a registry under the name that it has in a node image made here.
    fn lend(&self, stock: &str, own: &str) -> Result<(), Failure> {
        if !self.engine.has(stock) {
            run(self.docker("pull").args(["--quiet", stock]))?;
        }
        run(self.docker("tag").args([stock, own]))?;
        self.load_image_of_engine(own)
    }

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

    /// Removes the cluster of this name and everything that belongs to it, in whatever state it is, and an image that was
    /// being made.
    ///
    /// # Errors
    /// When something cannot be removed, or another `up` or `down` is at work.
    pub fn down(name: &str) -> Result<(), Failure> {
        check_name(name)?;
        let _lock = lock()?;
        remove(name)?;
        remove(BUILD)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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

    /// The API server's audit log: a JSON object a line.
    #[must_use]
    pub fn audit_log(&self) -> PathBuf {
        self.folder.join(AUDIT).join("log.json")
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

    fn kind(&self, verb: &[&str]) -> Command {
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
    /// When a log cannot be read or written.
    pub fn logs(&self, folder: &Path) -> Result<(), Failure> {
        place::make(folder)?;
        run(self.kind(&["export", "logs"]).arg(folder))?;
        for file in [self.audit_log(), self.folder.join("engine.log")] {
            let name = file.file_name().unwrap_or_default();
            if file.is_file() {
                std::fs::copy(&file, folder.join(name))
                    .map_err(|error| format!("cannot copy {}: {error}", file.display()))?;
            }
        }
        Ok(())
    }
}

/// The packages of an engine, where the machine has none.
fn own_packages() -> Result<Option<Packages>, Failure> {
    if engine::machine_has_one() {
        return Ok(None);
    }
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if !root {
        return Err("no Docker engine answers, and one of the bed's own needs root".to_owned());
    }
    Packages::ready().map(Some)
}

/// Copies an engine's data. The layers of images are never written to, so they are linked; the rest is small.
fn copy_data(from: &Path, to: &Path) -> Result<(), Failure> {
    const LAYERS: &str = "overlay2";
    place::make(to)?;
    let entries = std::fs::read_dir(from)
        .map_err(|error| format!("cannot read {}: {error}", from.display()))?;
    for entry in entries.flatten() {
        let how = if entry.file_name() == LAYERS {
            "-al"
        } else {
            "-a"
        };
        run(Command::new("cp").arg(how).arg(entry.path()).arg(to))?;
    }
    Ok(())
}

/// Removes what there is of the bed of this name. Tolerates that parts of it are missing.
fn remove(name: &str) -> Result<(), Failure> {
    let folder = place::bed(name)?;
    Engine::end(&folder)?;
    if folder.join(OF_MACHINE).is_file() {
        delete_nodes(name, &folder)?;
    }
    kernel::restore(&folder)?;
    place::remove(&folder)
}

/// Has kind remove its nodes from the machine's engine.
fn delete_nodes(name: &str, folder: &Path) -> Result<(), Failure> {
    if !engine::machine_has_one() {
        return Err(format!(
            "the nodes of {name} were made by a Docker engine that does not answer; start it, and try again"
        ));
    }
    let kind = folder.join(BIN).join("kind");
    let mut delete = Engine::of_machine(folder).inside(kind);
    run(delete.args(["delete", "cluster", "--name", name]))
}

/// One `up` or `down` at a time: they share the cache. Freed with the value, or by the kernel.
fn lock() -> Result<File, Failure> {
    place::make(&place::beds()?)?;
    let path = place::beds()?.join(".lock");
    let file = File::create(&path)
        .map_err(|error| format!("cannot create {}: {error}", path.display()))?;
    file.try_lock()
        .map_err(|_| "another `cluster up` or `down` is at work; wait for its end".to_owned())?;
    Ok(file)
}

/// Names are parts of names of hosts.
fn check_name(name: &str) -> Result<(), Failure> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && name.chars().all(good) && !name.starts_with('-') && name != BUILD {
        return Ok(());
    }
    Err(format!(
        "`{name}` cannot name a bed: lower-case letters, digits and hyphens can, except for `{BUILD}`"
    ))
}
