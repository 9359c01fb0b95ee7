//! `cargo xtask conformance --locks` and `--against zookeeper`: the clients of ZooKeeper's protocol, built and run.

use crate::Failure;
use crate::clients::{self, Client, answers};
use crate::peers::{go_build, go_is_here};
use crate::workspace::{cargo, root, succeed};

/// Where the clients' sources are.
const SOURCES: &str = "tests/conformance/zookeeper";
/// Where what is fetched is kept, in the cache.
const KIND: &str = "zookeeper";

const CLIENTS: [Client; 4] = [
    Client {
        name: "zookeeper-java",
        tool: "Maven and a JDK",
        cold: "30 s",
        is_here: || answers("mvn", "--version") && answers("javac", "--version"),
        build: |to| clients::java(KIND, &root().join(SOURCES).join("java"), to),
    },
    Client {
        name: "zookeeper-kazoo",
        tool: "Python 3 with venv",
        cold: "20 s",
        is_here: || answers("python3", "--version"),
        build: |to| {
            let files = ["build-requirements.txt", "requirements.txt"];
            let files = files.map(|name| root().join(SOURCES).join("kazoo").join(name));
            clients::python(KIND, "kazoo", &files, to)
        },
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
        build: |to| {
            let project = format!("{SOURCES}/rust");
            clients::rust("zookeeper-rust", &project, "zookeeper-tests", to)
        },
    },
];

/// Builds what is needed, runs the tests with these options, and closes with `N passed, N failed`.
pub(crate) fn run(options: &[String]) -> Result<(), Failure> {
    clients::run(&CLIENTS, tests, options)
}

fn tests() -> Result<(), Failure> {
    let programs = ["-p", "synod-conformance", "-p", "synod-agent"];
    succeed(cargo().args(["build", "--release"]).args(programs))
}
