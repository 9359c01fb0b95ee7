//! `cargo xtask conformance`: real clients against running members.

use synod_bed::process;

use crate::Failure;
use crate::differential;
use crate::peers;
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{
    build_release, clients, command, release, root, succeed, target, temporary,
};
use crate::zookeeper;

/// Real clients against running members.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run the same tests against etcd instead, or those of ZooKeeper's clients against ZooKeeper: what they expect is the
    /// peer's own output
    #[arg(long, value_name = "etcd|zookeeper")]
    against: Option<String>,
    /// The tests of ZooKeeper's clients instead, against the agents of a LockService
    #[arg(long, conflicts_with = "against")]
    locks: bool,
    /// The same random commands at redis-server and at the cache instead, every reply compared
    #[arg(long, conflicts_with_all = ["against", "locks"])]
    cache_differential: bool,
    /// Only tests whose name contains one of these
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Further options of the test program (see `-- --help`)
    #[arg(last = true)]
    rest: Vec<String>,
}

/// The clients' own workspace, apart because its build wants a protoc and a second gRPC stack.
const RUST_CLIENT: &str = "tests/conformance/etcd-client";

/// What [`all`] will do.
pub(crate) fn plan() -> Vec<Step> {
    vec![
        Step {
            name: "build the programs",
            cold: "6 min",
        },
        Step {
            name: "build the Rust client",
            cold: "2 min",
        },
        Step {
            name: "build etcd and its tools",
            cold: "2 min",
        },
        Step {
            name: "real clients",
            cold: "8 min",
        },
    ]
}

/// Only this part, with its closing line.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.cache_differential {
        return differential::run(&arguments.rest);
    }
    let mut tally = Tally::default();
    let mut options = arguments.names.clone();
    if let Some(peer) = &arguments.against {
        options.extend(["--against".to_owned(), peer.clone()]);
    }
    options.extend(arguments.rest.clone());
    if arguments.locks {
        options.push("--locks".to_owned());
    }
    if arguments.locks || arguments.against.as_deref() == Some("zookeeper") {
        return zookeeper::run(&options);
    }
    steps(&mut Steps::new(plan()), &mut tally, &options);
    tally.close()
}

/// All of it, as a part of a larger run.
pub(crate) fn all(steps_of_run: &mut Steps, tally: &mut Tally) {
    steps(steps_of_run, tally, &[]);
}

fn steps(steps: &mut Steps, tally: &mut Tally, options: &[String]) {
    let built = steps.run(|| {
        build_release()?;
        temporary()
    });
    let client = steps.run(build_rust_client);
    let tools = steps.run(|| {
        if !peers::go_is_here() {
            return Ok(None);
        }
        let tools = peers::build()?;
        peers::build_own(&clients())?;
        Ok(Some(tools))
    });
    let (temporary, tools) = match (built, client, tools) {
        (Ok(temporary), Ok(()), Ok(tools)) => (temporary, tools),
        (built, client, tools) => {
            for result in [built.map(drop), client, tools.map(drop)] {
                tally.check(result);
            }
            return;
        }
    };
    let mut tests = command(release().join("synod-conformance"));
    tests.env("TMPDIR", temporary);
    tests
        .arg("--programs")
        .arg(release())
        .arg("--own")
        .arg(clients());
    // Without Go the program says which of its tests it does not run.
    if let Some(tools) = tools {
        tests.arg("--peers").arg(tools);
    }
    // Whatever fails is in the tally and is told at the end.
    let _ = steps.run(|| tally.run(tests.args(options)));
}

/// Builds the Rust client. Its gRPC crate compiles .proto files with a protoc, which a crate of its workspace ships.
fn build_rust_client() -> Result<(), Failure> {
    let manifest = root().join(RUST_CLIENT).join("Cargo.toml");
    let folder = target().join("etcd-client");
    let cargo = || {
        let mut cargo = crate::workspace::cargo();
        cargo.env("CARGO_TARGET_DIR", &folder);
        cargo
    };
    let mut protoc = cargo();
    protoc
        .args([
            "run",
            "--quiet",
            "--locked",
            "-p",
            "protoc-path",
            "--manifest-path",
        ])
        .arg(&manifest);
    let path = process::output(&mut protoc).map_err(|failure| format!("no protoc: {failure}"))?;
    let mut build = cargo();
    build
        .args(["build", "--locked", "-p", "rust-client", "--manifest-path"])
        .arg(&manifest)
        .env("PROTOC", path);
    succeed(&mut build)?;
    std::fs::create_dir_all(clients())
        .and_then(|()| {
            std::fs::copy(
                folder.join("debug/rust-client"),
                clients().join("rust-client"),
            )
        })
        .map(drop)
        .map_err(|error| format!("cannot copy the Rust client: {error}"))
}
