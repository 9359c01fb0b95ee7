//! The test program behind `cargo xtask conformance`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use synod_conformance::Failure;
use synod_conformance::group::Server;
use synod_conformance::transcript::Transcript;

/// Real clients against running members.
#[derive(Parser)]
struct Arguments {
    /// Only tests whose name contains one of these
    names: Vec<String>,
    /// Where `synod` and `synod-agent` are
    #[arg(long)]
    programs: PathBuf,
    /// Where the tests' own client programs are
    #[arg(long)]
    own: PathBuf,
    /// Where etcd and its tools are; without it their tests are not run
    #[arg(long)]
    peers: Option<PathBuf>,
    /// What the members are: synod or etcd
    #[arg(long, default_value = "synod")]
    against: String,
    /// Write into the transcripts what came, instead of comparing (only against etcd)
    #[arg(long)]
    record: bool,
    /// Print the names and run nothing
    #[arg(long)]
    list: bool,
}

/// One test: a name, and what it does.
struct Test {
    name: String,
    run: Box<dyn FnOnce() -> Result<(), Failure>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let tests = match tests(&arguments) {
        Ok(tests) => tests,
        Err(failure) => {
            eprintln!("conformance: {failure}");
            return ExitCode::FAILURE;
        }
    };
    let wanted = |name: &str| {
        arguments.names.is_empty()
            || arguments
                .names
                .iter()
                .any(|part| name.contains(part.as_str()))
    };
    let tests: Vec<_> = tests
        .into_iter()
        .filter(|test| wanted(&test.name))
        .collect();
    if arguments.list {
        for test in &tests {
            println!("{}", test.name);
        }
        return ExitCode::SUCCESS;
    }
    run(tests)
}

fn run(tests: Vec<Test>) -> ExitCode {
    let (mut passed, mut failed) = (0, Vec::new());
    let total = tests.len();
    for (index, test) in tests.into_iter().enumerate() {
        let start = Instant::now();
        let result = (test.run)();
        let seconds = start.elapsed().as_secs_f64();
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!(
            "[{}/{total}] {} ... {verdict} ({seconds:.1} s)",
            index + 1,
            test.name
        );
        match result {
            Ok(()) => passed += 1,
            Err(failure) => {
                println!(
                    "  {failure}\n  again: cargo xtask conformance {}",
                    test.name
                );
                failed.push(test.name);
            }
        }
    }
    println!("{passed} passed, {} failed", failed.len());
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn tests(arguments: &Arguments) -> Result<Vec<Test>, Failure> {
    let server = match (arguments.against.as_str(), &arguments.peers) {
        ("synod", _) => Server::Synod(arguments.programs.join("synod-agent")),
        ("etcd", Some(peers)) => Server::Etcd(peers.join("etcd")),
        ("etcd", None) => return Err("needs Go, to build etcd".to_owned()),
        (other, _) => return Err(format!("`{other}` is not `synod` or `etcd`")),
    };
    if arguments.record && !matches!(server, Server::Etcd(_)) {
        return Err("what is expected is recorded from etcd: add `--against etcd`".to_owned());
    }
    let mut tests = Vec::new();
    if let Some(peers) = &arguments.peers {
        tests.extend(transcripts(
            &server,
            &peers.join("etcdctl"),
            arguments.record,
        )?);
    }
    Ok(tests)
}

fn transcripts(server: &Server, etcdctl: &Path, record: bool) -> Result<Vec<Test>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    paths.sort();
    let test = |path: PathBuf| {
        let transcript = Transcript::read(&path)?;
        let (server, etcdctl) = (server.clone(), etcdctl.to_owned());
        let name = format!("etcdctl/{}", transcript.name());
        Ok(Test {
            name,
            run: Box::new(move || transcript.check(&server, &etcdctl, record)),
        })
    };
    paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .map(test)
        .collect()
}
