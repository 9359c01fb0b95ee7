//! Three members on loopback, as their users run them: not tuned, and not slowed down for tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use synod_conformance::process::Process;
use synod_conformance::zookeeper::words;
use synod_conformance::{Failure, eventually_within, ports};

/// Where Debian has the jars; its own manifest names those that belong to it.
const JAR: &str = "/usr/share/java/zookeeper.jar";
/// How long an ensemble may take to serve.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the members are.
#[derive(Clone)]
pub(super) enum Kind {
    /// ZooKeeper 3.8.0 as Debian packs it.
    Zookeeper,
    /// `synod-agent`, at this path.
    Synod(PathBuf),
}

impl Kind {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Zookeeper => "ZooKeeper",
            Self::Synod(_) => "Synod",
        }
    }
}

/// Ports of a member: clients, and three more.
type Ports = [u16; 4];

/// Running members; their processes and files go with it.
pub(super) struct Ensemble {
    kind: Kind,
    ports: Vec<Ports>,
    processes: Vec<Process>,
    addresses: Vec<String>,
    folder: tempfile::TempDir,
}

impl Ensemble {
    /// Starts three members and waits until all serve.
    pub(super) fn start(kind: &Kind) -> Result<Self, Failure> {
        if matches!(kind, Kind::Zookeeper) && !Path::new(JAR).is_file() {
            return Err(format!("{JAR} is missing: apt-get install zookeeper"));
        }
        let folder =
            tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let port = || ports::free();
        let all: Result<Vec<Ports>, Failure> = (0..3)
            .map(|_| Ok([port()?, port()?, port()?, port()?]))
            .collect();
        let ports = all?;
        let start = |index| start(kind, folder.path(), index, &ports);
        let processes: Result<Vec<_>, _> = (0..ports.len()).map(start).collect();
        let processes = processes?;
        let addresses: Vec<String> = ports
            .iter()
            .map(|[client, ..]| format!("127.0.0.1:{client}"))
            .collect();
        for address in &addresses {
            eventually_within(PATIENCE, || words::mode(address))?;
        }
        Ok(Self {
            kind: kind.clone(),
            ports,
            processes,
            addresses,
            folder,
        })
    }

    /// Kills a member by `kill -9`.
    pub(super) fn kill(&mut self, index: usize) {
        self.processes[index].kill();
    }

    /// Starts a member anew, with what it has on disk.
    pub(super) fn restart(&mut self, index: usize) -> Result<(), Failure> {
        self.processes[index] = start(&self.kind, self.folder.path(), index, &self.ports)?;
        Ok(())
    }

    /// A failure, with what each member said last.
    pub(super) fn explain(&self, failure: Failure) -> Failure {
        let tails = self.processes.iter().map(Process::log_tail);
        [failure]
            .into_iter()
            .chain(tails)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Where clients come to.
    pub(super) fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// CPU time of all members so far, in ticks of 10 ms.
    pub(super) fn cpu_ticks(&self) -> u64 {
        self.processes.iter().map(Process::cpu_ticks).sum()
    }

    /// Resident bytes of all members.
    pub(super) fn resident_bytes(&self) -> u64 {
        self.processes.iter().map(Process::resident_bytes).sum()
    }
}

fn start(kind: &Kind, folder: &Path, index: usize, all: &[Ports]) -> Result<Process, Failure> {
    let place = folder.join(format!("m{}", index + 1));
    let mut command = match kind {
        Kind::Zookeeper => zookeeper(&place, index, all)?,
        Kind::Synod(program) => agent(program, &place, index, all)?,
    };
    let name = format!("member {}", index + 1);
    Process::start(&name, &mut command, &place.join("log"))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn zookeeper(place: &Path, index: usize, all: &[Ports]) -> Result<Command, Failure> {
    let server = |(index, [client, quorum, election, _]): (usize, &Ports)| {
        format!(
            "server.{}=127.0.0.1:{quorum}:{election};127.0.0.1:{client}\n",
            index + 1
        )
    };
    let servers: String = all.iter().enumerate().map(server).collect();
    let data = place.join("data");
    let settings = format!(
        "tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir={}\nmaxClientCnxns=0\nadmin.enableServer=false\n{servers}",
        data.display()
    );
    write(&place.join("zoo.cfg"), &settings)?;
    write(&data.join("myid"), &format!("{}\n", index + 1))?;
    let mut command = Command::new("java");
    command
        .args(["-Xmx1g", "-cp", JAR])
        .arg("org.apache.zookeeper.server.quorum.QuorumPeerMain")
        .arg(place.join("zoo.cfg"));
    Ok(command)
}

fn agent(program: &Path, place: &Path, index: usize, all: &[Ports]) -> Result<Command, Failure> {
    let member = |(index, [_, peer, ..]): (usize, &Ports)| {
        let number = index + 1;
        format!("- {{number: {number}, name: m{number}, peer_address: '127.0.0.1:{peer}'}}\n")
    };
    let members: String = all.iter().enumerate().map(member).collect();
    let [client, peer, admin, health] = all[index];
    let number = index + 1;
    let settings = format!(
        "cluster_uid: 7d3a5c1e-52f0-4f8f-9a52-0f6f5d3c9b12
kind: LockService
group: bench
name: m{number}
number: {number}
start: bootstrap
members:
{members}data_dir: {data}
listen: {{client: '127.0.0.1:{client}', peer: '127.0.0.1:{peer}', admin: '127.0.0.1:{admin}', health: '127.0.0.1:{health}'}}
tls: {{peer: {{insecure: true}}, client: {{mode: disabled}}}}
",
        data = place.join("data").display(),
    );
    write(&place.join("agent.yaml"), &settings)?;
    let mut command = Command::new(program);
    command.arg("--config").arg(place.join("agent.yaml"));
    Ok(command)
}
