//! The images that are played with: those of operator and members, and that of clients.
//!
//! They are made by an engine that has the programs handed in, and then given to a bed's nodes or pushed to a registry.

use std::path::{Path, PathBuf};
use std::process::Command;

use synod_bed::{BUSYBOX, Bed, process};

use crate::Failure;
use crate::peers::ETCD;
use crate::workspace::{clients, command, root, staged, target};

/// Images, as the engine that makes them knows them; those of the test program, unless it is told of others.
const BASE: &str = "synod.dev/e2e-base:0.1.0";
const SYNOD: &str = "synod.dev/synod:0.1.0";
const AGAIN: &str = "synod.dev/synod:0.1.0-again";
const CLIENT: &str = "synod.dev/e2e-client:0.1.0";
pub(super) const BEFORE: &str = "synod.dev/synod:before";

/// What a cluster must be able to pull, and which option of the test program names it.
const WANTED: [(&str, &str); 3] = [
    ("--image", SYNOD),
    ("--image-again", AGAIN),
    ("--client-image", CLIENT),
];

/// Where there is no bed, whose node image has them: an image with what programs that are linked with glibc need. Of the
/// newest release, since programs that were built on an older one run there, and not the other way round.
const LIBRARIES: &str = "debian:trixie-slim";

/// How much of an image's identity is in its tag, as in what Docker lists.
const IDENTITY_DIGITS: usize = 12;

/// Makes them in the bed's engine and gives them to all nodes.
pub(super) fn for_bed(bed: &Bed, programs: &Path, before: Option<&Path>) -> Result<(), Failure> {
    let docker = |verb: &str| bed.docker(verb);
    made(&docker, programs, &bed.node_image()?, &bed.busybox()?)?;
    let mut all = WANTED.map(|(_, image)| image).to_vec();
    if let Some(before) = before {
        synod(&docker, before, BEFORE)?;
        all.push(BEFORE);
    }
    all.iter()
        .try_for_each(|image| bed.load_image_of_engine(image))
}

/// Makes them in the machine's engine and pushes them to a registry. Returns what tells the test program so.
pub(super) fn for_registry(registry: &str, programs: &Path) -> Result<Vec<String>, Failure> {
    made(&docker, programs, LIBRARIES, BUSYBOX)?;
    let mut options = Vec::new();
    for (option, image) in WANTED {
        let mut inspect = docker("inspect");
        let identity = process::output(inspect.args(["--format", "{{.Id}}", image]))?;
        let name = pushed_as(registry, image, &identity);
        process::run(docker("tag").args([image, &name]))?;
        process::run(docker("push").args(["--quiet", &name]))?;
        options.extend([option.to_owned(), name]);
    }
    Ok(options)
}

/// Whether the machine has an engine that could make them.
pub(super) fn can_be_made() -> Result<(), Failure> {
    process::run(&mut docker("info")).map_err(|failure| format!("--registry: {failure}"))
}

/// What is to be said where nothing is made.
pub(super) fn wanted() -> String {
    let images = WANTED.map(|(option, image)| format!("{image} ({option})"));
    format!(
        "the cluster's nodes must have, or be able to pull, {}; `-- --image IMAGE` and so on name others, --registry makes them",
        images.join(", ")
    )
}

/// The machine's.
fn docker(verb: &str) -> Command {
    let mut docker = command("docker");
    docker.arg(verb);
    docker
}

/// The name of an image in a registry. With its identity, so that no node takes one that it has from an earlier run for it.
fn pushed_as(registry: &str, image: &str, identity: &str) -> String {
    let (_, name) = image.split_once('/').unwrap_or(("", image));
    let digits = identity.trim_start_matches("sha256:");
    let digits = digits.get(..IDENTITY_DIGITS).unwrap_or(digits);
    format!("{}/{name}-{digits}", registry.trim_end_matches('/'))
}

/// Makes all but the one of the version before, from the libraries of one image and the busybox of another.
fn made(
    docker: &dyn Fn(&str) -> Command,
    programs: &Path,
    libraries: &str,
    busybox: &str,
) -> Result<(), Failure> {
    let sources = root().join("tests/e2e/images");
    let mut base = build(docker, BASE, &sources.join("base.Dockerfile"));
    base.args(["--build-arg", &format!("NODE={libraries}")]);
    base.args(["--build-arg", &format!("BUSYBOX={busybox}")]);
    process::run(base.arg(&sources))?;
    synod(docker, programs, SYNOD)?;
    process::run(docker("tag").args([SYNOD, AGAIN]))?;
    let context = folder("client");
    staged(&context, &ETCD.build()?, &["etcdctl"])?;
    staged(&context, &clients(), &["workload", "holders", "keeper"])?;
    let mut client = build(docker, CLIENT, &sources.join("client.Dockerfile"));
    client.args(["--build-arg", &format!("BASE={BASE}")]);
    process::run(client.arg(context))
}

/// Makes the image of operator and members, of programs that are there already.
fn synod(docker: &dyn Fn(&str) -> Command, programs: &Path, tag: &str) -> Result<(), Failure> {
    let context = folder("synod");
    staged(&context, programs, &["synod", "synod-agent"])?;
    let mut synod = build(docker, tag, &root().join("charts/image/Dockerfile"));
    synod.args(["--target", "prebuilt", "--build-arg", "PREBUILT=."]);
    synod.args(["--build-arg", &format!("BASE={BASE}")]);
    process::run(synod.arg(context))
}

fn build(docker: &dyn Fn(&str) -> Command, tag: &str, file: &Path) -> Command {
    let mut build = docker("build");
    build.args(["--quiet", "--tag", tag, "--file"]).arg(file);
    build
}

/// Where what goes into an image is put together.
fn folder(name: &str) -> PathBuf {
    target().join("e2e").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_registry() {
        for (registry, image, identity, name) in [
            (
                "localhost:5000",
                SYNOD,
                "sha256:0123456789abcdef",
                "localhost:5000/synod:0.1.0-0123456789ab",
            ),
            (
                "registry.example/team/",
                AGAIN,
                "sha256:0123456789abcdef",
                "registry.example/team/synod:0.1.0-again-0123456789ab",
            ),
            ("r", CLIENT, "0123", "r/e2e-client:0.1.0-0123"),
        ] {
            assert_eq!(pushed_as(registry, image, identity), name);
        }
    }
}
