//! The image of which nodes are made: kind's own where an engine of the machine has it, else one made here.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::engine::{self, DATA, Engine};
use crate::packages::Packages;
use crate::place::{self, fingerprint, source};
use crate::process::{run, succeeds};
use crate::release::TAGS;
use crate::{Failure, Programs, Progress, Release};

/// The folder and the bed's name under which an image is made.
pub(crate) const BUILD: &str = "build";

/// What images made here are called, up to their tag.
const OWN: &str = "synod.dev/bed/node";

/// Whether an image was made here, by its name.
pub(crate) fn is_own(reference: &str) -> bool {
    let tag = reference.strip_prefix(OWN);
    tag.is_some_and(|tag| tag.starts_with(':'))
}

/// An image that can be used.
#[derive(Clone, Debug)]
pub(crate) struct NodeImage {
    /// Its name.
    pub(crate) reference: String,
    /// Whether it was made here: what it lacks is known then.
    pub(crate) made: bool,
    /// The data of an engine of one's own that has it, to start from.
    pub(crate) data: Option<PathBuf>,
}

/// Finds or makes the image, in three stages. `packages` are given where the engine is to be the bed's own.
pub(crate) fn ready<P: Progress>(
    release: Release,
    programs: &Programs,
    packages: Option<&Packages>,
    progress: &mut P,
) -> Result<NodeImage, Failure> {
    let folder = place::bed(BUILD)?;
    let machines = packages.is_none().then(|| Engine::of_machine(&folder));
    let has_it = |engine: &Engine| has_kinds_own(engine, release);
    if machines.as_ref().is_some_and(has_it) {
        for _ in 0..3 {
            progress.run(|| Ok(()))?;
        }
        return Ok(NodeImage {
            reference: release.kinds_own().to_owned(),
            made: false,
            data: None,
        });
    }
    let key = key(programs)?;
    let reference = format!("{OWN}:{}-{key}", programs.kubernetes);
    let data = packages
        .is_some()
        .then(|| data(programs, &key))
        .transpose()?;
    let here = match (&data, &machines) {
        (Some(data), _) => data.is_dir(),
        (None, engine) => engine.as_ref().is_some_and(|engine| engine.has(&reference)),
    };
    let mut build = None;
    progress.run(|| {
        if !here {
            build = Some(Build::begin(folder, programs.clone(), packages)?);
        }
        build.as_ref().map_or(Ok(()), Build::debian)
    })?;
    progress.run(|| build.as_ref().map_or(Ok(()), Build::components))?;
    progress.run(|| match build {
        None => Ok(()),
        Some(build) => {
            build.node(&reference)?;
            build.finish(data.as_deref())
        }
    })?;
    Ok(NodeImage {
        reference,
        made: true,
        data,
    })
}

/// Whether the machine has a Docker engine that has kind's own image of this release, or can pull it, which takes its time.
/// Then a bed needs no more programs than [`Programs::CALLED`].
#[must_use]
pub fn kinds_own_is_there(release: Release) -> bool {
    let folder = place::bed(BUILD).ok();
    let folder = folder.filter(|_| engine::machine_has_one());
    folder.is_some_and(|folder| has_kinds_own(&Engine::of_machine(&folder), release))
}

/// Whether the engine has it, or can pull it.
fn has_kinds_own(engine: &Engine, release: Release) -> bool {
    let image = release.kinds_own();
    engine.has(image) || succeeds(engine.docker().args(["pull", "--quiet", image]))
}

/// What an image depends on: the programs, the versions, and how it is put together.
fn key(programs: &Programs) -> Result<String, Failure> {
    let mut parts = vec![
        programs.fingerprint().into_bytes(),
        [TAGS.etcd, TAGS.dns, TAGS.pause].concat().into_bytes(),
    ];
    for folder in ["image", "image/files", "image/manifests"] {
        parts.extend(files(&source(folder))?);
    }
    Ok(fingerprint(parts.iter().map(Vec::as_slice)))
}

/// What is in the files of a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let cannot = |error| format!("cannot read {}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).map_err(cannot))
        .collect()
}

/// Where the data of an engine that has the image is kept.
fn data(programs: &Programs, key: &str) -> Result<PathBuf, Failure> {
    let name = format!("{}-{key}", programs.kubernetes);
    Ok(place::cache()?.join("nodes").join(name))
}

/// Removes the images of this version that were made from something else: each takes more than a gigabyte, and less than
/// a minute to make again. A bed that was started from one has its own links to it.
fn forget(version: &str, data: &Path) -> Result<(), Failure> {
    let folder = data.parent().unwrap_or(data);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let same = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&format!("{version}-"))
    };
    let mut old = entries.map(|entry| entry.path()).filter(same);
    old.try_for_each(|path| place::remove(&path))
}

/// An image that is being made.
struct Build {
    engine: Engine,
    folder: PathBuf,
    packages: Packages,
    programs: Programs,
}

impl Build {
    fn begin(folder: PathBuf, programs: Programs, own: Option<&Packages>) -> Result<Self, Failure> {
        // What a killed one left.
        Engine::end(&folder)?;
        place::remove(&folder)?;
        let engine = match own {
            Some(packages) => Engine::start(&folder, packages)?,
            None => Engine::of_machine(&folder),
        };
        place::make(&folder)?;
        let packages = own.map_or_else(Packages::ready, |packages| Ok(packages.clone()))?;
        Ok(Self {
            engine,
            folder,
            packages,
            programs,
        })
    }

    /// The archive of a Debian, kept for other images: `debian-<what it is made by>.tar.gz`.
    fn archive(&self) -> Result<PathBuf, Failure> {
        let script = source("image/root.sh");
        let text = std::fs::read(&script)
            .map_err(|error| format!("cannot read {}: {error}", script.display()))?;
        let name = format!("debian-{}.tar.gz", fingerprint([text.as_slice()]));
        Ok(place::cache()?.join("packages").join(name))
    }

    fn debian(&self) -> Result<(), Failure> {
        let archive = self.archive()?;
        if !archive.is_file() {
            if !succeeds(Command::new("wget").arg("--version")) {
                return Err("debootstrap fetches packages with wget, which this machine lacks: apt-get install wget".to_owned());
            }
            let mut script = self.engine.beside(source("image/root.sh"));
            script.arg(&archive).arg(self.folder.join("debian"));
            let scripts = self.packages.file("usr/share/debootstrap");
            let keys = self
                .packages
                .file("usr/share/keyrings/debian-archive-keyring.gpg");
            script.env("DEBOOTSTRAP", self.packages.program("debootstrap")?);
            script
                .env("DEBOOTSTRAP_DIR", scripts)
                .env("DEBIAN_KEYS", keys);
            run(&mut script)?;
        }
        let root = self.root();
        place::make(&root)?;
        let mut unpack = self.engine.beside("tar");
        run(unpack.arg("-xzf").arg(archive).arg("-C").arg(root))
    }

    fn components(&self) -> Result<(), Failure> {
        let names = [
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kube-proxy",
            "kubeadm",
            "kubelet",
            "kubectl",
            "etcd",
            "etcdctl",
            "etcdutl",
            "dns",
            "pause",
            "crictl",
            "metrics-server",
            "local-path-provisioner",
        ];
        self.programs.link(&names, &self.folder.join("programs"))?;
        let mut script = self.script("image/components.sh");
        script
            .arg(self.images())
            .arg(self.folder.join("image"))
            .arg(self.root());
        run(&mut script)
    }

    fn node(&self, reference: &str) -> Result<(), Failure> {
        let mut script = self.script("image/node.sh");
        script.arg(reference).arg(self.root()).arg(self.images());
        run(script.env("KIND", &self.programs.kind_source))
    }

    /// Keeps the data of an engine of its own as `data`, and removes the rest.
    fn finish(self, data: Option<&Path>) -> Result<(), Failure> {
        Engine::end(&self.folder)?;
        if let Some(data) = data {
            place::make(data.parent().unwrap_or(data))?;
            forget(&self.programs.kubernetes, data)?;
            std::fs::rename(self.folder.join(DATA), data)
                .map_err(|error| format!("cannot name {}: {error}", data.display()))?;
        }
        place::remove(&self.folder)
    }

    fn script(&self, name: &str) -> Command {
        let mut script = self.engine.beside(source(name));
        script
            .env("PROGRAMS", self.folder.join("programs"))
            .env("RELEASE", &self.programs.kubernetes)
            .env("ETCD", TAGS.etcd)
            .env("DNS", TAGS.dns)
            .env("PAUSE", TAGS.pause);
        script
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    fn images(&self) -> PathBuf {
        self.folder.join("images.tar")
    }
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn images_made_here_are_told_by_their_names() {
        for (reference, own) in [
            ("synod.dev/bed/node:v1.37.2-0123456789abcdef", true),
            ("synod.dev/bed/node-of-others:1", false),
            ("kindest/node:v1.37.2", false),
            ("kindest/node:v1.37.2@sha256:0123", false),
        ] {
            assert_eq!(is_own(reference), own, "{reference}");
        }
    }
}
