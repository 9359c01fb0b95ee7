//! `cargo xtask conformance --locks` and `--against zookeeper`: the clients of ZooKeeper's protocol, built and run.
//!
//! What is fetched is kept outside the clone, under `${XDG_CACHE_HOME:-~/.cache}/synod/zookeeper`, in folders named for
//! checksums over the files that pin it; with those there, nothing is asked of a network. The clients themselves change with
//! the tree, so they are built into the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use synod_bed::place::{self, cache, fingerprint};
use synod_bed::process;

use crate::Failure;
use crate::peers::{go_build, go_is_here};
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{cargo, clients, command, release, root, succeed, target, temporary};

/// Where the clients' sources are.
const SOURCES: &str = "tests/conformance/zookeeper";

/// A client's program: its name, what it is built with, and how.
struct Client {
    name: &'static str,
    tool: &'static str,
    cold: &'static str,
    is_here: fn() -> bool,
    build: fn(&Path) -> Result<(), Failure>,
}

const CLIENTS: [Client; 4] = [
    Client {
        name: "zookeeper-java",
        tool: "Maven and a JDK",
        cold: "30 s",
        is_here: || answers("mvn", "--version") && answers("javac", "--version"),
        build: java,
    },
    Client {
        name: "zookeeper-kazoo",
        tool: "Python 3 with venv",
        cold: "20 s",
        is_here: || answers("python3", "--version"),
        build: kazoo,
    },
    Client {
        name: "zookeeper-go",
        tool: "Go 1.26 or newer",
        cold: "20 s",
        is_here: go_is_here,
        build: |to| go_build(&format!("{SOURCES}/go"), "", to, "./client"),
    },
    Client {
        name: "zookeeper-rust",
        tool: "cargo",
        cold: "2 min",
        is_here: || true,
        build: rust,
    },
];

/// Builds what is needed, runs the tests with these options, and closes with `N passed, N failed`.
pub(crate) fn run(options: &[String]) -> Result<(), Failure> {
    let mut tally = Tally::default();
    let mut steps = Steps::new(plan());
    let built = steps.run(tests);
    let clients_built: Vec<_> = CLIENTS
        .iter()
        .map(|client| steps.run(|| client.make()))
        .collect();
    let bad = built.is_err() || clients_built.iter().any(Result::is_err);
    if bad {
        for failure in std::iter::once(built)
            .chain(clients_built)
            .filter(Result::is_err)
        {
            tally.check(failure);
        }
        return tally.close();
    }
    let mut tests = command(release().join("synod-conformance"));
    tests.env("TMPDIR", temporary()?);
    tests.arg("--programs").arg(release());
    tests.arg("--own").arg(clients());
    // Whatever fails is in the tally and is told at the end.
    let _ = steps.run(|| tally.run(tests.args(options)));
    tally.close()
}

fn plan() -> Vec<Step> {
    let tests = Step {
        name: "build the tests",
        cold: "2 min",
    };
    let run = Step {
        name: "real clients",
        cold: "4 min",
    };
    let clients = CLIENTS.iter().map(|client| Step {
        name: client.name,
        cold: client.cold,
    });
    std::iter::once(tests).chain(clients).chain([run]).collect()
}

fn tests() -> Result<(), Failure> {
    let programs = ["-p", "synod-conformance", "-p", "synod-agent"];
    succeed(cargo().args(["build", "--release"]).args(programs))
}

impl Client {
    /// Builds it. Without its tool there is no program, and the tests say that they do not run it.
    fn make(&self) -> Result<(), Failure> {
        place::make(&clients())?;
        let to = clients().join(self.name);
        if (self.is_here)() {
            return (self.build)(&to);
        }
        eprintln!("      {} needs {}", self.name, self.tool);
        remove(&to)
    }
}

fn answers(program: &str, word: &str) -> bool {
    process::succeeds(Command::new(program).arg(word))
}

fn sources() -> PathBuf {
    root().join(SOURCES)
}

/// The folder in the cache of what these files pin; `name` tells people whose it is.
fn pinned(name: &str, files: &[PathBuf]) -> Result<PathBuf, Failure> {
    let texts: Vec<_> = files
        .iter()
        .map(|file| read(file))
        .collect::<Result<_, _>>()?;
    let checksum = fingerprint(texts.iter().map(Vec::as_slice));
    Ok(cache()?
        .join("zookeeper")
        .join(format!("{name}-{checksum}")))
}

/// The jars that the POM names, and the classes of the tree, side by side.
fn java(to: &Path) -> Result<(), Failure> {
    let project = sources().join("java");
    let pom = project.join("pom.xml");
    let jars = pinned("java", std::slice::from_ref(&pom))?;
    if !jars.is_dir() {
        let unfinished = jars.with_extension(std::process::id().to_string());
        let mut maven = command("mvn");
        maven.args(["--batch-mode", "--quiet", "--strict-checksums", "--file"]);
        maven.arg(&pom);
        maven.arg(format!(
            "-Dmaven.repo.local={}",
            cache()?.join("maven").display()
        ));
        maven.arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies");
        maven.arg("-DincludeScope=runtime");
        maven.arg(format!("-DoutputDirectory={}", unfinished.display()));
        succeed(&mut maven)?;
        std::fs::rename(&unfinished, &jars)
            .map_err(|error| format!("cannot name {}: {error}", jars.display()))?;
    }
    place::make(to)?;
    link(&jars, &to.join("lib"))?;
    classes(&project.join("src/main/java"), &jars, &to.join("classes"))
}

/// Compiles what changed since the last time.
fn classes(from: &Path, jars: &Path, to: &Path) -> Result<(), Failure> {
    let mut files = Vec::new();
    java_files(from, &mut files)?;
    files.sort();
    let checksum = pinned("classes", &files)?.display().to_string();
    let marker = to.join("SOURCES");
    if std::fs::read_to_string(&marker).is_ok_and(|known| known == checksum) {
        return Ok(());
    }
    remove(to)?;
    let mut javac = command("javac");
    javac.args([
        "--release",
        "17",
        "-Xlint:all,-processing,-try,-classfile",
        "-cp",
    ]);
    javac.arg(jars.join("*")).arg("-d").arg(to).args(&files);
    succeed(&mut javac)?;
    std::fs::write(&marker, checksum)
        .map_err(|error| format!("cannot write {}: {error}", marker.display()))
}

fn java_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            java_files(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// A virtual environment with kazoo, whose packages are those of the hashes.
fn kazoo(to: &Path) -> Result<(), Failure> {
    let files = ["build-requirements.txt", "requirements.txt"];
    let files = files.map(|name| sources().join("kazoo").join(name));
    let folder = pinned("kazoo", &files)?;
    // A virtual environment cannot be renamed: it is whole when this file is there.
    let whole = folder.join("WHOLE");
    if !whole.is_file() {
        remove(&folder)?;
        succeed(command("python3").args(["-m", "venv"]).arg(&folder))?;
        for (file, options) in files.iter().zip([&[][..], &["--no-build-isolation"][..]]) {
            let mut pip = command(folder.join("bin/pip"));
            pip.args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
            ]);
            pip.args(options).arg("--requirement").arg(file);
            succeed(&mut pip)?;
        }
        std::fs::write(&whole, "")
            .map_err(|error| format!("cannot write {}: {error}", whole.display()))?;
    }
    link(&folder, to)
}

fn rust(to: &Path) -> Result<(), Failure> {
    let folder = target().join("zookeeper-rust");
    let mut build = cargo();
    build.env("CARGO_TARGET_DIR", &folder);
    build.args(["build", "--locked", "--manifest-path"]);
    build.arg(sources().join("rust/Cargo.toml"));
    succeed(&mut build)?;
    std::fs::copy(folder.join("debug/zookeeper-tests"), to)
        .map(drop)
        .map_err(|error| format!("cannot copy the Rust client: {error}"))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// A file, a link or a folder with all in it, or nothing.
fn remove(path: &Path) -> Result<(), Failure> {
    let result = if path.is_dir() && !path.is_symlink() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

fn link(from: &Path, to: &Path) -> Result<(), Failure> {
    remove(to)?;
    std::os::unix::fs::symlink(from, to)
        .map_err(|error| format!("cannot link {}: {error}", to.display()))
}
