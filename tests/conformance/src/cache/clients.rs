//! The clients' programs, and the tests that they and the shell's sessions make.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use super::bed::Bed;
use super::server::{Running, Server};
use super::{Case, cli, covered};
use crate::Failure;
use crate::program::Program;

/// Whose language it is; a program holds the tests of all clients of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// redis-py, rq, pymemcache.
    Python,
    /// go-redis, redislock, redsync, `redis_rate`, asynq, gomemcache.
    Go,
    /// ioredis, node-redis, BullMQ, rate-limiter-flexible.
    Node,
    /// Jedis, Lettuce, Redisson, spymemcached.
    Java,
    /// fred, and the crate redis.
    Rust,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Python, Self::Go, Self::Node, Self::Java, Self::Rust];

    /// Its name in the folder of programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Go => "go",
            Self::Node => "node",
            Self::Java => "java",
            Self::Rust => "rust",
        }
    }

    /// What its program in `own` is: a file, or a folder of parts.
    #[must_use]
    pub fn built(self, own: &Path) -> PathBuf {
        own.join(format!("cache-{}", self.name()))
    }

    /// Its program with a first word.
    fn command(self, own: &Path, word: &str) -> Command {
        let built = self.built(own);
        let mut command = match self {
            Self::Python => {
                let mut python = Command::new(built.join("bin/python"));
                python.arg("-B").arg(folder().join("python/client.py"));
                python
            }
            Self::Node => {
                let mut node = Command::new("node");
                node.arg(built.join("client.mjs"));
                node
            }
            Self::Java => java(&built),
            Self::Go | Self::Rust => Command::new(&built),
        };
        command.arg(word);
        command
    }

    /// Starts its program against a server.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(self, own: &Path, server: &Running) -> Result<Program, Failure> {
        let mut command = self.command(own, "serve");
        command.arg(server.address().to_string());
        command.args(server.settings());
        let errors = server.place().join(format!("{}.log", self.name()));
        Program::start(&mut command, &errors)
    }

    /// The names of its program's tests.
    fn tests(self, own: &Path) -> Result<Vec<String>, Failure> {
        let cannot = |why: String| format!("the tests in {}: {why}", self.name());
        let output = self.command(own, "list").output();
        let output = output.map_err(|error| cannot(error.to_string()))?;
        if !output.status.success() {
            return Err(cannot(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let names = String::from_utf8_lossy(&output.stdout);
        Ok(names.lines().map(str::to_owned).collect())
    }
}

fn java(built: &Path) -> Command {
    let mut command = Command::new("java");
    command.args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    let built = built.display();
    command
        .args(["-cp", &format!("{built}/classes:{built}/lib/*")])
        .arg("dev.synod.conformance.cache.Client");
    command
}

/// Where the sources of the clients are, and the sessions of the shell.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cache")
}

/// All tests of clients; says which cannot be run for want of a program.
///
/// # Errors
/// When a program does not tell its tests, or a session cannot be read.
pub fn cases(server: &Server, own: &Path, record: bool) -> Result<Vec<Case>, Failure> {
    if record && !matches!(server, Server::Redis) {
        return Err("what is expected is recorded from Redis: add `--against redis`".to_owned());
    }
    let bed = Rc::new(Bed::new(server.clone(), own));
    let (here, absent): (Vec<_>, Vec<_>) = Client::ALL
        .into_iter()
        .partition(|client| client.built(own).exists());
    for client in &absent {
        let name = client.name();
        println!("not run: cache, the clients in {name}: their program is not built");
    }
    let mut cases = cli::cases(&bed, record)?;
    let mut names: Vec<_> = cases.iter().map(|case| case.name.clone()).collect();
    for client in here {
        for name in client.tests(own)? {
            let (bed, test) = (Rc::clone(&bed), name.clone());
            let case = Case::new(&name, move || bed.test(client, &test).map(drop));
            names.push(case.name.clone());
            cases.push(case);
        }
    }
    if absent.is_empty() && cli::is_here() {
        cases.push(Case::new("covered", move || covered::check(&names)));
    }
    Ok(cases)
}
