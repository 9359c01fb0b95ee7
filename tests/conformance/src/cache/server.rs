//! One server on loopback ports: ours, or redis-server with memcached beside it. It keeps what it acknowledges.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::Process;
use crate::{Failure, eventually, ports};

/// How long a server may take to answer one ping.
const PING_MAX: Duration = Duration::from_secs(2);
/// How many threads ours has.
const THREADS: &str = "2";

/// Whose server it is.
#[derive(Clone, Debug)]
pub enum Server {
    /// Ours: the program that serves the front end.
    Synod(PathBuf),
    /// redis-server, and memcached, as Debian packs them.
    Redis,
}

impl Server {
    /// The one that is meant by `--against`; `programs` is where ours is.
    ///
    /// # Errors
    /// When nobody knows the name, or its programs are not there.
    pub fn named(name: &str, programs: Option<&Path>) -> Result<Self, Failure> {
        let server = match (name, programs) {
            ("redis", _) => Self::Redis,
            ("synod", Some(programs)) => Self::Synod(programs.join("examples/serve")),
            ("synod", None) => return Err("needs `--programs`".to_owned()),
            (other, _) => return Err(format!("`{other}` is not `synod` or `redis`")),
        };
        server.is_here()?;
        Ok(server)
    }

    fn is_here(&self) -> Result<(), Failure> {
        match self {
            Self::Synod(program) if program.is_file() => Ok(()),
            Self::Synod(program) => Err(format!("there is no {}", program.display())),
            Self::Redis => ["redis-server", "memcached"]
                .into_iter()
                .find(|program| !answers(program))
                .map_or(Ok(()), |program| {
                    Err(format!(
                        "`{program}` is not here: `apt-get install {program}`"
                    ))
                }),
        }
    }
}

/// Whether a program can be started.
#[must_use]
pub fn answers(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

/// A server that runs, or was killed; its files are gone with it.
pub struct Running {
    server: Server,
    address: SocketAddr,
    memcached: SocketAddr,
    folder: TempDir,
    processes: Vec<Process>,
}

impl Running {
    /// Starts it with nothing in it, and waits until it serves.
    ///
    /// # Errors
    /// When it cannot be started, or does not serve.
    pub fn start(server: &Server) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("cache-").tempdir();
        let port = || ports::free().map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let mut running = Self {
            server: server.clone(),
            address: port()?,
            memcached: port()?,
            folder: folder.map_err(|error| format!("no folder: {error}"))?,
            processes: Vec::new(),
        };
        running.run()?;
        Ok(running)
    }

    /// Where it speaks Redis's protocol.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the clients' programs are told besides the address.
    #[must_use]
    pub fn settings(&self) -> Vec<String> {
        let keeps = match self.server {
            Server::Synod(_) => "yes",
            Server::Redis => "no",
        };
        vec![
            format!("memcached={}", self.memcached),
            format!("memcached_keeps={keeps}"),
        ]
    }

    /// Where its files and logs are.
    #[must_use]
    pub fn place(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps its files for whoever looks for the cause of a failure.
    #[must_use]
    pub fn keep_files(mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.place().to_owned()
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        self.processes.iter_mut().for_each(Process::kill);
    }

    /// Starts what does not run, and waits until it serves.
    ///
    /// # Errors
    /// When it does not serve in time.
    pub fn run(&mut self) -> Result<(), Failure> {
        let all_run = self.processes.iter_mut().all(Process::is_running);
        if self.processes.is_empty() || !all_run {
            self.kill();
            self.processes = self.started()?;
        }
        eventually(|| self.serves())
    }

    fn started(&self) -> Result<Vec<Process>, Failure> {
        let data = self.place().join("data");
        std::fs::create_dir_all(&data).map_err(|error| format!("no folder: {error}"))?;
        let start = |name: &str, command: &mut Command| {
            Process::start(name, command, &self.place().join(format!("{name}.log")))
        };
        match &self.server {
            Server::Synod(program) => {
                let mut command = Command::new(program);
                command.args([&self.address.port().to_string(), THREADS]);
                command.args(["memcached", &self.memcached.port().to_string()]);
                command.args(["fsync", "always", "directory"]).arg(data);
                Ok(vec![start("synod", &mut command)?])
            }
            Server::Redis => {
                let mut redis = Command::new("redis-server");
                redis.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]);
                redis.args(["--appendfsync", "always", "--port"]);
                redis.arg(self.address.port().to_string());
                redis.arg("--dir").arg(data);
                let mut memcached = Command::new("memcached");
                memcached.args(["-u", "nobody", "-l", "127.0.0.1", "-p"]);
                memcached.arg(self.memcached.port().to_string());
                Ok(vec![
                    start("redis", &mut redis)?,
                    start("memcached", &mut memcached)?,
                ])
            }
        }
    }

    /// Whether both ports answer; a server that still loads does not.
    fn serves(&self) -> Result<(), Failure> {
        for (address, ask, answer) in [
            (self.address, "PING\r\n", "+PONG"),
            (self.memcached, "version\r\n", "VERSION"),
        ] {
            let said = asked(address, ask).map_err(|error| format!("{address}: {error}"))?;
            if !said.starts_with(answer) {
                return Err(format!("{address} says `{said}`\n{}", self.log_tail()));
            }
        }
        Ok(())
    }

    fn log_tail(&self) -> String {
        let tails: Vec<_> = self.processes.iter().map(Process::log_tail).collect();
        tails.join("\n")
    }
}

fn asked(address: SocketAddr, words: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PING_MAX)?;
    stream.set_read_timeout(Some(PING_MAX))?;
    stream.write_all(words.as_bytes())?;
    let mut answer = [0; 64];
    let length = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}
