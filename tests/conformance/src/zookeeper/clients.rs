//! The clients' programs, and the tests that they and the transcripts make.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use super::bed::Bed;
use super::ensemble::{Ensemble, Server};
use super::settings::SessionKind;
use super::{Case, faults, recipes, zkcli};
use crate::Failure;
use crate::program::Program;

/// Tests that need sessions of another kind, and so an ensemble of their own.
const LOCAL_SESSIONS: [&str; 1] = ["java/read-only"];

/// Whose client it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// ZooKeeper's own Java client, and Curator.
    Java,
    /// Python's kazoo.
    Kazoo,
    /// `github.com/go-zookeeper/zk`.
    Go,
    /// The crate zookeeper-client.
    Rust,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Java, Self::Kazoo, Self::Go, Self::Rust];

    /// Its name in tests and in the folder of programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Java => "java",
            Self::Kazoo => "kazoo",
            Self::Go => "go",
            Self::Rust => "rust",
        }
    }

    /// What its program in `own` is: a file, or a folder of parts.
    #[must_use]
    pub fn built(self, own: &Path) -> PathBuf {
        own.join(format!("zookeeper-{}", self.name()))
    }

    /// Its program with a first word.
    fn command(self, own: &Path, word: &str) -> Command {
        let built = self.built(own);
        let mut command = match self {
            Self::Java => java(&built, &[], "dev.synod.conformance.Client"),
            Self::Kazoo => {
                let mut python = Command::new(built.join("bin/python"));
                python.arg("-B").arg(folder().join("kazoo/client.py"));
                python
            }
            Self::Go | Self::Rust => Command::new(&built),
        };
        command.arg(word);
        command
    }

    /// Starts its program against an ensemble.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(self, own: &Path, word: &str, ensemble: &Ensemble) -> Result<Program, Failure> {
        let mut command = self.command(own, word);
        command.arg(ensemble.connect()).args(ensemble.settings());
        let errors = ensemble.place().join(format!("{}-{word}.log", self.name()));
        Program::start(&mut command, &errors)
    }

    /// The names of its program's tests.
    fn tests(self, own: &Path) -> Result<Vec<String>, Failure> {
        let cannot = |why: String| format!("the {} client's tests: {why}", self.name());
        let output = self.command(own, "list").output();
        let output = output.map_err(|error| cannot(error.to_string()))?;
        if !output.status.success() {
            return Err(cannot(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let names = String::from_utf8_lossy(&output.stdout);
        Ok(names.lines().map(str::to_owned).collect())
    }
}

/// A Java program whose classes and jars are below `built`, with properties.
pub(super) fn java(built: &Path, properties: &[&str], class: &str) -> Command {
    let mut command = Command::new("java");
    command.args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    let built = built.display();
    command.args(properties.iter().map(|property| format!("-D{property}")));
    command
        .args(["-cp", &format!("{built}/classes:{built}/lib/*")])
        .arg(class);
    command
}

/// Where the sources of the clients and the transcripts are.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("zookeeper")
}

/// All tests of clients; says which cannot be run for want of a program.
///
/// # Errors
/// When a program does not tell its tests, or a transcript cannot be read.
pub fn cases(server: &Server, own: &Path, record: bool) -> Result<Vec<Case>, Failure> {
    let bed = Rc::new(Bed::new(server.clone(), SessionKind::Global, own));
    let mut cases = Vec::new();
    let mut names = Vec::new();
    for client in Client::ALL {
        if !client.built(own).exists() {
            let name = client.name();
            println!("not run: zookeeper/{name}: its program is not built");
            continue;
        }
        for name in client.tests(own)? {
            cases.push(of_client(&bed, server, own, client, &name));
            names.push(name);
        }
    }
    if Client::Java.built(own).exists() {
        cases.extend(zkcli::cases(&bed, record)?);
    }
    for client in Client::ALL {
        if client.built(own).exists() {
            let bed = Rc::clone(&bed);
            cases.push(Case::new(&format!("faults/{}", client.name()), move || {
                faults::lock_under_harm(&bed, client).map(|said| print!("{said}"))
            }));
        }
    }
    if Client::ALL.iter().all(|client| client.built(own).exists()) {
        cases.push(Case::new("recipes", move || recipes::check(&names)));
    }
    Ok(cases)
}

fn of_client(bed: &Rc<Bed>, server: &Server, own: &Path, client: Client, name: &str) -> Case {
    let bed = if LOCAL_SESSIONS.contains(&name) {
        Rc::new(Bed::new(server.clone(), SessionKind::Local, own))
    } else {
        Rc::clone(bed)
    };
    let test = name.to_owned();
    Case::new(name, move || bed.test(client, &test).map(drop))
}
