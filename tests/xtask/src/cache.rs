//! `cargo xtask conformance --cache`: the clients of Redis's and memcached's protocols, built and run.

use crate::Failure;
use crate::clients::{self, Client, answers};
use crate::peers::{go_build, go_is_here};
use crate::workspace::{cargo, root, succeed};

/// Where the clients' sources are.
const SOURCES: &str = "tests/conformance/cache";
/// Where what is fetched is kept, in the cache.
const KIND: &str = "cache-clients";

const CLIENTS: [Client; 5] = [
    Client {
        name: "cache-python",
        tool: "Python 3 with venv",
        cold: "20 s",
        is_here: || answers("python3", "--version"),
        build: |to| {
            let file = root().join(SOURCES).join("python/requirements.txt");
            clients::python(KIND, "python", &[file], to)
        },
    },
    Client {
        name: "cache-go",
        tool: "Go 1.26 or newer",
        cold: "30 s",
        is_here: go_is_here,
        build: |to| go_build(&format!("{SOURCES}/go"), "", to, "./client"),
    },
    Client {
        name: "cache-node",
        tool: "Node.js 20 or newer and npm",
        cold: "20 s",
        is_here: || answers("node", "--version") && answers("npm", "--version"),
        build: |to| clients::node(KIND, &root().join(SOURCES).join("node"), to),
    },
    Client {
        name: "cache-java",
        tool: "Maven and a JDK",
        cold: "30 s",
        is_here: || answers("mvn", "--version") && answers("javac", "--version"),
        build: |to| clients::java(KIND, &root().join(SOURCES).join("java"), to),
    },
    Client {
        name: "cache-rust",
        tool: "cargo",
        cold: "2 min",
        is_here: || true,
        build: |to| {
            let project = format!("{SOURCES}/rust");
            clients::rust("cache-rust", &project, "cache-tests", to)
        },
    },
];

/// Builds what is needed, runs the tests with these options, and closes with `N passed, N failed`.
pub(crate) fn run(options: &[String]) -> Result<(), Failure> {
    clients::run(&CLIENTS, tests, options)
}

/// The tests, and the program that serves the front end.
fn tests() -> Result<(), Failure> {
    let mut cargo = cargo();
    cargo.args(["build", "--release", "-p", "synod-conformance", "--bins"]);
    cargo.args(["-p", "synod-resp", "--example", "serve"]);
    succeed(&mut cargo)
}
