//! The test program behind `cargo xtask conformance`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use synod_conformance::faults::{self, Clients};
use synod_conformance::group::Server;
use synod_conformance::transcript::Transcript;
use synod_conformance::zookeeper::corpus::{self, Place};
use synod_conformance::{Failure, cache, fencing, local, refusals, tools, zookeeper};

/// Real clients against running members.
#[derive(Parser)]
struct Arguments {
    /// Only tests whose name contains one of these
    names: Vec<String>,
    /// Where `synod` and `synod-agent` are
    #[arg(long, required_unless_present_any = ["zookeeper", "zookeeper_jar", "generate", "hold"])]
    programs: Option<PathBuf>,
    /// Where the tests' own client programs are
    #[arg(long, required_unless_present_any = ["zookeeper", "zookeeper_jar", "generate", "hold"])]
    own: Option<PathBuf>,
    /// Where etcd and its tools are; without it what needs Go is not run, and said
    #[arg(long)]
    peers: Option<PathBuf>,
    /// What the members are: synod, etcd, zookeeper or, with `--cache`, redis (which have tests of their own)
    #[arg(long, default_value = "synod")]
    against: String,
    /// Instead of all that, play ZooKeeper's corpus at this server, which has no nodes yet
    #[arg(long, value_name = "ADDRESS")]
    zookeeper: Option<SocketAddr>,
    /// Instead of all that, play ZooKeeper's corpus at real ones of this jar, a new one for each file
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "/usr/share/java/zookeeper.jar",
        conflicts_with = "zookeeper"
    )]
    zookeeper_jar: Option<PathBuf>,
    /// Print a random script for ZooKeeper's corpus, and run nothing
    #[arg(long, num_args = 2, value_names = ["SEED", "REQUESTS"])]
    generate: Option<Vec<u64>>,
    /// Be the client that the tests of fencing stop: hold a lock, and do what is read
    #[arg(long, num_args = 4, hide = true, value_names = ["LOCK", "ADDRESS", "ENDPOINTS", "ETCDCTL"])]
    hold: Option<Vec<String>>,
    /// The tests of ZooKeeper's protocol, at Synod's agents
    #[arg(long)]
    locks: bool,
    /// The tests of the clients of Redis's and memcached's protocols
    #[arg(long, conflicts_with = "locks")]
    cache: bool,
    /// Write into the transcripts what came, instead of comparing (not against synod)
    #[arg(long)]
    record: bool,
    /// Print the names and run nothing
    #[arg(long)]
    list: bool,
}

/// One test: a name, and what it does.
struct Test {
    name: String,
    /// Whether it uses programs that are built with Go.
    needs_go: bool,
    run: Box<dyn FnOnce() -> Result<(), Failure>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some([seed, requests]) = arguments.generate.as_deref() {
        let requests = usize::try_from(*requests).unwrap_or(usize::MAX);
        print!("{}", corpus::generate(*seed, requests));
        return ExitCode::SUCCESS;
    }
    if let Some(words) = &arguments.hold {
        return match fencing::holder::run(words) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("holder: {failure}");
                ExitCode::FAILURE
            }
        };
    }
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
    let against = match arguments.against.as_str() {
        "synod" if arguments.locks => " --locks".to_owned(),
        "synod" if arguments.cache => " --cache".to_owned(),
        "synod" => String::new(),
        other if arguments.cache => format!(" --cache --against {other}"),
        other => format!(" --against {other}"),
    };
    run(runnable(tests, arguments.peers.is_some()), &against)
}

/// The tests that can be run here; says which cannot.
fn runnable(tests: Vec<Test>, go_is_here: bool) -> Vec<Test> {
    let (run, left): (Vec<_>, Vec<_>) = tests
        .into_iter()
        .partition(|test| go_is_here || !test.needs_go);
    let names: Vec<_> = left.into_iter().map(|test| test.name).collect();
    if !names.is_empty() {
        println!("not run: needs Go: {}", names.join("; "));
    }
    run
}

fn run(tests: Vec<Test>, against: &str) -> ExitCode {
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
                    "  {failure}\n  again: cargo xtask conformance{against} {}",
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
    let place = match (&arguments.zookeeper, &arguments.zookeeper_jar) {
        (Some(address), _) => Some(Place::Address(*address)),
        (None, Some(jar)) => Some(Place::Real(jar.clone())),
        (None, None) => None,
    };
    if let Some(place) = place {
        return corpus_of(&place, arguments.record);
    }
    if arguments.cache {
        return of_cache(arguments);
    }
    if arguments.against == "zookeeper" || arguments.locks {
        return of_zookeeper(arguments);
    }
    let mut tests = of_etcd(arguments)?;
    if let ("synod", Some(programs)) = (arguments.against.as_str(), &arguments.programs) {
        let agent = Place::Agent(programs.join("synod-agent"));
        tests.extend(corpus_of(&agent, false)?);
        tests.push(crowd(programs));
    }
    Ok(tests)
}

/// Every file of ZooKeeper's corpus.
fn corpus_of(place: &Place, record: bool) -> Result<Vec<Test>, Failure> {
    if record && !matches!(place, Place::Real(_)) {
        return Err("what is expected is recorded from new servers: use `--zookeeper-jar`".into());
    }
    let test = |path: PathBuf| {
        let place = place.clone();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Test {
            name: format!("zookeeper/corpus/{stem}"),
            needs_go: false,
            run: Box::new(move || {
                let requests = corpus::check(&path, &place, record)?;
                println!("  {requests} requests");
                Ok(())
            }),
        }
    };
    Ok(corpus::files()?.into_iter().map(test).collect())
}

fn of_etcd(arguments: &Arguments) -> Result<Vec<Test>, Failure> {
    let (Some(programs), Some(own)) = (&arguments.programs, &arguments.own) else {
        return Err("needs `--programs` and `--own`".to_owned());
    };
    let server = match (arguments.against.as_str(), &arguments.peers) {
        ("synod", _) => Server::Synod(programs.join("synod-agent")),
        ("etcd", Some(peers)) => Server::Etcd(peers.join("etcd")),
        ("etcd", None) => return Err("needs Go, to build etcd".to_owned()),
        (other, _) => return Err(format!("`{other}` is not `synod`, `etcd` or `zookeeper`")),
    };
    if arguments.record && !matches!(server, Server::Etcd(_)) {
        return Err("what is expected is recorded from etcd: add `--against etcd`".to_owned());
    }
    let mut tests = of_go(arguments, &server, programs, own)?;
    if matches!(server, Server::Synod(_)) {
        let programs = programs.clone();
        let of_locks = programs.clone();
        let of_caches = programs.clone();
        tests.push(test(&server, "synod local: refusals", move |_| {
            local::refusals(&programs)
        }));
        tests.push(test(&server, "synod local: a LockService", move |_| {
            local::locks(&of_locks)
        }));
        tests.push(test(&server, "synod local: a CacheCluster", move |_| {
            local::caches(&of_caches)
        }));
        tests.push(test(&server, "refusals of synod-agent", refusals::agent));
    }
    let rust_client = own.join("rust-client");
    tests.push(program(
        &server,
        rust_client.clone(),
        "Rust etcd-client",
        "http://",
    ));
    tests.push(test(&server, "random bytes on every port", move |server| {
        refusals::random_bytes(server, &rust_client)
    }));
    Ok(tests)
}

/// The tests of the cache's clients.
fn of_cache(arguments: &Arguments) -> Result<Vec<Test>, Failure> {
    let Arguments { own, programs, .. } = arguments;
    let server = cache::server::Server::named(&arguments.against, programs.as_deref())?;
    let own = own.as_deref().ok_or("needs `--own`")?;
    let test = |case: cache::Case| Test {
        name: case.name,
        needs_go: false,
        run: case.run,
    };
    let cases = cache::clients::cases(&server, own, arguments.record)?;
    Ok(cases.into_iter().map(test).collect())
}

/// The tests of ZooKeeper's protocol.
fn of_zookeeper(arguments: &Arguments) -> Result<Vec<Test>, Failure> {
    let server = match (arguments.against.as_str(), &arguments.programs) {
        ("zookeeper", _) => zookeeper::ensemble::Server::Zookeeper,
        (_, Some(programs)) => zookeeper::ensemble::Server::Synod(programs.join("synod-agent")),
        (_, None) => return Err("needs `--programs`".to_owned()),
    };
    server.is_here()?;
    let Some(own) = &arguments.own else {
        return Err("needs `--own`".to_owned());
    };
    let cases = zookeeper::clients::cases(&server, own, arguments.record)?;
    let test = |case: zookeeper::Case| Test {
        name: case.name,
        needs_go: false,
        run: case.run,
    };
    let mut tests: Vec<_> = cases.into_iter().map(test).collect();
    if let (zookeeper::ensemble::Server::Synod(_), Some(programs)) = (&server, &arguments.programs)
    {
        tests.push(crowd(programs));
    }
    Ok(tests)
}

/// Ten thousand sessions whose leader dies.
fn crowd(programs: &Path) -> Test {
    let programs = programs.to_owned();
    Test {
        name: "a crowd of sessions".to_owned(),
        needs_go: false,
        run: Box::new(move || {
            print!("{}", zookeeper::crowd::kept(&programs)?);
            Ok(())
        }),
    }
}

/// The tests that use etcd's own tools or the tests' own Go programs.
fn of_go(
    arguments: &Arguments,
    server: &Server,
    programs: &Path,
    own: &Path,
) -> Result<Vec<Test>, Failure> {
    // Without Go there is no such folder, and nothing of it is run.
    let etcdctl = arguments.peers.clone().unwrap_or_default().join("etcdctl");
    let mut tests = transcripts(server, &etcdctl, arguments.record)?;
    tests.extend(tools(server, &etcdctl));
    let go_client = own.join("clients");
    tests.push(program(server, go_client, "Go clientv3", ""));
    let clients = Clients {
        etcdctl,
        workload: own.join("workload"),
    };
    if matches!(server, Server::Synod(_)) {
        tests.extend(local(server, programs, &clients));
        tests.extend(fenced(
            server,
            programs,
            &clients.etcdctl,
            &own.join("holders"),
        ));
    }
    tests.extend(faults(server, &clients));
    for test in &mut tests {
        test.needs_go = true;
    }
    Ok(tests)
}

/// A test out of a closure over the server.
fn test(
    server: &Server,
    name: &str,
    run: impl FnOnce(&Server) -> Result<(), Failure> + 'static,
) -> Test {
    let server = server.clone();
    Test {
        name: name.to_owned(),
        needs_go: false,
        run: Box::new(move || run(&server)),
    }
}

fn tools(server: &Server, etcdctl: &Path) -> Vec<Test> {
    let with = |name: &str, run: fn(&Server, &Path) -> Result<(), Failure>| {
        let etcdctl = etcdctl.to_owned();
        test(server, name, move |server| run(server, &etcdctl))
    };
    vec![
        with("etcdctl move-leader", tools::move_leader),
        with("etcdctl make-mirror", tools::make_mirror),
        with("etcdctl check perf s", |server, etcdctl| {
            tools::check_perf(server, etcdctl, "s")
        }),
        with("etcdctl check perf m", |server, etcdctl| {
            tools::check_perf(server, etcdctl, "m")
        }),
    ]
}

fn program(server: &Server, program: PathBuf, name: &str, scheme: &'static str) -> Test {
    test(server, name, move |server| {
        let said = faults::client_program(server, &program, scheme)?;
        print!(
            "{}",
            said.lines()
                .filter(|line| line.ends_with("ok"))
                .map(|line| format!("  {line}\n"))
                .collect::<String>()
        );
        Ok(())
    })
}

fn local(server: &Server, programs: &Path, clients: &Clients) -> Vec<Test> {
    let with = |name: &str, run: fn(&Path, &Clients) -> Result<String, Failure>| {
        let (programs, clients) = (programs.to_owned(), clients.clone());
        test(server, name, move |_| {
            print!("{}", run(&programs, &clients)?);
            Ok(())
        })
    };
    vec![
        with("synod local: quickstart", |programs, clients| {
            local::quickstart(programs, clients).map(|()| String::new())
        }),
        with(
            "synod local: kill -9 of the controller",
            local::controller_killed,
        ),
        with("synod local: 3, 5, 3, 1, 3 members", local::scale),
        with("synod local: a roll", local::roll),
        with(
            "synod local: another certificate authority",
            local::rotation,
        ),
    ]
}

/// Locks and a group together: who lost a lock does not overwrite.
fn fenced(server: &Server, programs: &Path, etcdctl: &Path, holders: &Path) -> [Test; 2] {
    let with =
        |name: &str, program: &Path, run: fn(&Server, &Path, &Path) -> Result<String, Failure>| {
            let (programs, program) = (programs.to_owned(), program.to_owned());
            test(server, name, move |server| {
                print!("{}", run(server, &programs, &program)?);
                Ok(())
            })
        };
    [
        with(
            "fencing: a client that comes back",
            etcdctl,
            fencing::paused_client,
        ),
        with(
            "fencing: a lock is passed on while members are killed",
            holders,
            |server, programs, holders| fencing::passed_on(server, programs, holders, TIMES),
        ),
    ]
}

/// How often each harm is done.
const TIMES: usize = 6;

fn faults(server: &Server, clients: &Clients) -> Vec<Test> {
    let with = |name: &str, run: fn(&Server, &Clients) -> Result<String, Failure>| {
        let clients = clients.clone();
        test(server, name, move |server| {
            print!("{}", run(server, &clients)?);
            Ok(())
        })
    };
    vec![
        with("kill -9 of the leader", |server, clients| {
            faults::kill_leader(server, clients, TIMES).map(timed)
        }),
        with("kill -9 of a follower", |server, clients| {
            faults::kill_follower(server, clients, TIMES)
        }),
        with("kill -9 of all members", |server, clients| {
            faults::kill_all(server, clients, TIMES)
        }),
        with("a leader that pauses", |server, clients| {
            faults::pause_leader(server, clients, TIMES)
        }),
        with("SIGTERM of the leader", |server, clients| {
            faults::stop_leader(server, clients, TIMES).map(timed)
        }),
    ]
}

/// The times to the next acknowledged write before the verdicts.
fn timed((gaps, verdicts): (Vec<Duration>, String)) -> String {
    format!(
        "  to the next acknowledged write, {}\n{verdicts}",
        faults::summary(&gaps)
    )
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
        let name = format!("etcdctl {}", transcript.name());
        Ok(Test {
            name,
            needs_go: false,
            run: Box::new(move || transcript.check(&server, &etcdctl, record)),
        })
    };
    paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .map(test)
        .collect()
}
