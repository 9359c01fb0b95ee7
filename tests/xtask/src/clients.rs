//! How the clients' programs of the conformance tests are built: what all of them have in common.
//!
//! What is fetched is kept outside the clone, under `${XDG_CACHE_HOME:-~/.cache}/synod`, in folders named for checksums over
//! the files that pin it; with those there, nothing is asked of a network. The clients themselves change with the tree, so they
//! are built into the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use synod_bed::place::{self, cache, fingerprint};
use synod_bed::process;

use crate::Failure;
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{cargo, clients, command, release, root, succeed, target, temporary};

/// A client's program: its name, what it is built with, and how.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) tool: &'static str,
    pub(crate) cold: &'static str,
    pub(crate) is_here: fn() -> bool,
    pub(crate) build: fn(&Path) -> Result<(), Failure>,
}

/// Builds the tests as `tests` does and these clients, runs the tests with these options, and closes with
/// `N passed, N failed`.
pub(crate) fn run(
    all: &[Client],
    tests: fn() -> Result<(), Failure>,
    options: &[String],
) -> Result<(), Failure> {
    let mut tally = Tally::default();
    let mut steps = Steps::new(plan(all));
    let built = steps.run(tests);
    let clients_built: Vec<_> = all
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

fn plan(all: &[Client]) -> Vec<Step> {
    let tests = Step {
        name: "build the tests",
        cold: "2 min",
    };
    let run = Step {
        name: "real clients",
        cold: "4 min",
    };
    let clients = all.iter().map(|client| Step {
        name: client.name,
        cold: client.cold,
    });
    std::iter::once(tests).chain(clients).chain([run]).collect()
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

/// Whether a program succeeds with this word.
pub(crate) fn answers(program: &str, word: &str) -> bool {
    process::succeeds(Command::new(program).arg(word))
}

/// The folder in the cache, `kind/name-CHECKSUM`, of what these files pin.
pub(crate) fn pinned(kind: &str, name: &str, files: &[PathBuf]) -> Result<PathBuf, Failure> {
    let texts: Vec<_> = files
        .iter()
        .map(|file| read(file))
        .collect::<Result<_, _>>()?;
    let checksum = fingerprint(texts.iter().map(Vec::as_slice));
    Ok(cache()?.join(kind).join(format!("{name}-{checksum}")))
}

/// The jars that the POM in `project` names, and the classes of the tree, side by side.
pub(crate) fn java(kind: &str, project: &Path, to: &Path) -> Result<(), Failure> {
    let pom = project.join("pom.xml");
    let jars = pinned(kind, "java", std::slice::from_ref(&pom))?;
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
    classes(
        kind,
        &project.join("src/main/java"),
        &jars,
        &to.join("classes"),
    )
}

/// Compiles what changed since the last time.
fn classes(kind: &str, from: &Path, jars: &Path, to: &Path) -> Result<(), Failure> {
    let mut files = Vec::new();
    java_files(from, &mut files)?;
    files.sort();
    let checksum = pinned(kind, "classes", &files)?.display().to_string();
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

/// A virtual environment whose packages are those of the hashes in these files; those of all but the first may be built with
/// what the first brings.
pub(crate) fn python(kind: &str, name: &str, files: &[PathBuf], to: &Path) -> Result<(), Failure> {
    let folder = pinned(kind, name, files)?;
    // A virtual environment cannot be renamed: it is whole when this file is there.
    let whole = folder.join("WHOLE");
    if !whole.is_file() {
        remove(&folder)?;
        succeed(command("python3").args(["-m", "venv"]).arg(&folder))?;
        for (index, file) in files.iter().enumerate() {
            let mut pip = command(folder.join("bin/pip"));
            pip.args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
            ]);
            if index > 0 {
                pip.arg("--no-build-isolation");
            }
            pip.arg("--requirement").arg(file);
            succeed(&mut pip)?;
        }
        std::fs::write(&whole, "")
            .map_err(|error| format!("cannot write {}: {error}", whole.display()))?;
    }
    link(&folder, to)
}

/// The packages that `package-lock.json` in `project` pins, with links to the sources of the tree beside them.
pub(crate) fn node(kind: &str, project: &Path, to: &Path) -> Result<(), Failure> {
    let files = ["package.json", "package-lock.json"].map(|name| project.join(name));
    let folder = pinned(kind, "node", &files)?;
    let whole = folder.join("WHOLE");
    if !whole.is_file() {
        remove(&folder)?;
        place::make(&folder)?;
        for file in &files {
            std::fs::copy(file, folder.join(file.file_name().unwrap_or_default()))
                .map_err(|error| format!("cannot copy {}: {error}", file.display()))?;
        }
        let mut npm = command("npm");
        npm.args([
            "ci",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]);
        succeed(npm.current_dir(&folder))?;
        std::fs::write(&whole, "")
            .map_err(|error| format!("cannot write {}: {error}", whole.display()))?;
    }
    // Modules are looked for beside the file that names them, so the sources are copied.
    remove(to)?;
    place::make(to)?;
    link(&folder.join("node_modules"), &to.join("node_modules"))?;
    let entries = std::fs::read_dir(project)
        .map_err(|error| format!("cannot read {}: {error}", project.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|ending| ending == "mjs") {
            std::fs::copy(&path, to.join(path.file_name().unwrap_or_default()))
                .map_err(|error| format!("cannot copy {}: {error}", path.display()))?;
        }
    }
    Ok(())
}

/// The program of a crate that is a workspace of its own.
pub(crate) fn rust(name: &str, project: &str, program: &str, to: &Path) -> Result<(), Failure> {
    let folder = target().join(name);
    let mut build = cargo();
    build.env("CARGO_TARGET_DIR", &folder);
    build.args(["build", "--locked", "--manifest-path"]);
    build.arg(root().join(project).join("Cargo.toml"));
    succeed(&mut build)?;
    std::fs::copy(folder.join("debug").join(program), to)
        .map(drop)
        .map_err(|error| format!("cannot copy {program}: {error}"))
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
