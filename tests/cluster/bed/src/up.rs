//! Making a cluster.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use crate::bed::{BUSYBOX, OF_MACHINE, READY, check_name};
use crate::engine::{self, BIN, DATA, Engine};
use crate::image::{self, NodeImage};
use crate::packages::Packages;
use crate::process::run;
use crate::{Bed, Failure, Programs, Progress, Release, cluster, down, kernel, network, place};

/// The most nodes that make sense on a machine that tests run on.
const NODES_MAX: u8 = 9;
/// What kind's own node image lacks, and what stands for it there.
const STOCK: [(&str, &str); 2] = [
    (
        "registry.k8s.io/metrics-server/metrics-server:v0.9.0",
        "synod.dev/bed/metrics-server:1",
    ),
    (BUSYBOX, "synod.dev/bed/busybox:1"),
];
/// What a node takes of the disk, with what a run of all tests puts on it.
const NODE_BYTES: u64 = 2 << 30;
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
        let _lock = down::lock()?;
        let folder = place::bed(&options.name)?;
        if folder.join(READY).is_file() && Self::find(&options.name).is_ok() {
            return Err(format!(
                "{} is up already; `cargo xtask cluster down --name {0}` ends it",
                options.name
            ));
        }
        if folder.is_dir() {
            progress.say("what an earlier `up` has left is removed");
        }
        down::remove(&options.name)?;
        let packages = progress.run(own_packages)?;
        progress.say(match packages {
            Some(_) => {
                "no Docker engine answers: one of the bed's own is used, from Debian's packages"
            }
            None => "the machine's Docker engine is used",
        });
        let image = image::ready(options.release, programs, packages.as_ref(), progress)?;
        if image.made {
            progress.say("kind's own node image is not to be had: one made here is used");
        }
        let bed = progress.run(|| Self::create(options, programs, packages.as_ref(), &image))?;
        progress.run(|| bed.settle(&image))?;
        place::write(&folder.join(READY), &options.release.to_string())?;
        Ok(bed)
    }

    fn create(
        options: &Options,
        programs: &Programs,
        packages: Option<&Packages>,
        image: &NodeImage,
    ) -> Result<Self, Failure> {
        let folder = place::bed(&options.name)?;
        programs.link(&Programs::CALLED, &folder.join(BIN))?;
        kernel::keep()?;
        let engine = match packages {
            None => {
                place::write(&folder.join(OF_MACHINE), "")?;
                let engine = Engine::of_machine(&folder);
                network::keep(&engine)?;
                engine
            }
            Some(packages) => {
                place::has_room(&folder, NODE_BYTES * u64::from(options.nodes))?;
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
    let packages = Packages::ready();
    packages
        .map(Some)
        .map_err(|failure| format!("no Docker engine answers; {failure}"))
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
