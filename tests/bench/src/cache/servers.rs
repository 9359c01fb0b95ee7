//! Servers on loopback.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use synod_conformance::process::Process;
use synod_conformance::{Failure, eventually_within, ports};
use synod_resp::{Server, Settings};

use crate::cache::memory::client::Client;

/// How long servers may take to serve.
const PATIENCE: Duration = Duration::from_secs(20);
/// Of ours, whatever the number of threads.
const PARTITIONS: usize = 16;

/// What the servers are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Redis 7.0.15 as Debian packs it, a process for each thread.
    Redis,
    /// This program as [`serve`], one process.
    Synod,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::Synod => "Synod",
        }
    }
}

/// Running servers; their processes go with it.
pub(crate) struct Servers {
    processes: Vec<Process>,
    /// For each thread, where clients come to.
    ports: Vec<u16>,
    _folder: tempfile::TempDir,
}

impl Servers {
    /// Starts as many processes, or threads of one, and waits until all serve.
    pub(crate) fn start(kind: Kind, threads: usize) -> Result<Self, Failure> {
        let folder =
            tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let mut ports = Vec::new();
        let mut processes = Vec::new();
        let count = if kind == Kind::Redis { threads } else { 1 };
        for _ in 0..count {
            let port = ports::free()?;
            let mut command = match kind {
                Kind::Redis => redis(port, folder.path()),
                Kind::Synod => ours(port, threads)?,
            };
            let log = folder.path().join(format!("{port}.log"));
            processes.push(Process::start(kind.name(), &mut command, &log)?);
            ports.push(port);
        }
        for port in &ports {
            eventually_within(PATIENCE, || Client::connect(*port)?.ask("ping"))?;
        }
        Ok(Self {
            ports: ports.iter().cycle().take(threads).copied().collect(),
            processes,
            _folder: folder,
        })
    }

    /// For each thread, where clients come to.
    pub(crate) fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// CPU time of all so far, in ticks of 10 ms.
    pub(crate) fn cpu_ticks(&self) -> u64 {
        self.processes.iter().map(Process::cpu_ticks).sum()
    }

    /// Resident bytes of all.
    pub(crate) fn resident_bytes(&self) -> u64 {
        self.processes.iter().map(Process::resident_bytes).sum()
    }
}

fn redis(port: u16, folder: &Path) -> Command {
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &port.to_string()])
        .args(["--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .current_dir(folder);
    command
}

fn ours(port: u16, threads: usize) -> Result<Command, Failure> {
    let program =
        std::env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let mut command = Command::new(program);
    command.args(["cache-server", &port.to_string(), &threads.to_string()]);
    Ok(command)
}

/// Serves until the process is killed.
pub(crate) fn serve(port: u16, threads: usize) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| format!("cannot serve: {error}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(cannot)?;
    let settings = Settings {
        threads,
        partitions: PARTITIONS,
        seed: 1,
        password: None,
    };
    let _server = Server::start(listener, &settings).map_err(cannot)?;
    loop {
        std::thread::park();
    }
}
