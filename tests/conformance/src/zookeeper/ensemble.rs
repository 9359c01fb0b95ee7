//! Three members that serve ZooKeeper's protocol on loopback ports.
//!
//! It promises that their processes are gone when it is dropped. It knows Synod's agents as a LockService, with static
//! configuration and no operator, and ZooKeeper 3.8 as Debian packs it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::certificates::{CLIENT_NAME, Certificates};
use super::settings::{self, Ports, SessionKind};
use super::words;
use crate::process::Process;
use crate::{Failure, eventually, ports};

/// How many members an ensemble has.
pub const SIZE: usize = 3;

/// How long a member may take to serve, on a machine that is busy with other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where Debian has the jars.
const JARS: &str = "/usr/share/java";

/// The jars that ZooKeeper needs; those for TLS are not among what its own manifest names.
const CLASS_PATH: [&str; 5] = [
    "zookeeper",
    "netty-codec",
    "netty-resolver",
    "slf4j-log4j12",
    "log4j-1.2",
];

/// What the members are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// `synod-agent`, at this path.
    Synod(PathBuf),
    /// ZooKeeper 3.8.
    Zookeeper,
}

impl Server {
    /// Whether it can be run here.
    ///
    /// # Errors
    /// With what to install.
    pub fn is_here(&self) -> Result<(), Failure> {
        match self {
            Self::Synod(program) if program.is_file() => Ok(()),
            Self::Synod(program) => Err(format!("{} is missing", program.display())),
            Self::Zookeeper if jar("zookeeper").is_file() => Ok(()),
            Self::Zookeeper => Err(format!(
                "{} is missing: apt-get install zookeeper",
                jar("zookeeper").display()
            )),
        }
    }
}

fn jar(name: &str) -> PathBuf {
    Path::new(JARS).join(format!("{name}.jar"))
}

struct Member {
    folder: PathBuf,
    ports: Ports,
    process: Option<Process>,
}

impl Member {
    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.client)
    }
}

/// The members; their processes and files go with it.
pub struct Ensemble {
    server: Server,
    folder: Option<tempfile::TempDir>,
    place: PathBuf,
    certificates: Certificates,
    members: Vec<Member>,
}

impl Ensemble {
    /// Starts three members and waits until all serve.
    ///
    /// # Errors
    /// When one does not; the end of its log is in the message.
    pub fn start(server: &Server, kind: SessionKind) -> Result<Self, Failure> {
        server.is_here()?;
        let folder = tempfile::Builder::new()
            .prefix("synod-zookeeper-")
            .tempdir()
            .map_err(|error| format!("no temporary folder: {error}"))?;
        let place = folder.path().to_owned();
        let mut ensemble = Self {
            server: server.clone(),
            folder: Some(folder),
            certificates: Certificates::make(&place)?,
            place,
            members: Vec::new(),
        };
        ensemble.lay_out(kind)?;
        ensemble.run_all_again()?;
        Ok(ensemble)
    }

    fn lay_out(&mut self, kind: SessionKind) -> Result<(), Failure> {
        for number in 1..=SIZE {
            self.members.push(Member {
                folder: self.place.join(format!("m{number}")),
                ports: Ports {
                    client: ports::free()?,
                    secure: ports::free()?,
                    quorum: ports::free()?,
                    election: ports::free()?,
                    health: ports::free()?,
                },
                process: None,
            });
        }
        let all: Vec<_> = self.members.iter().map(|member| member.ports).collect();
        for (index, member) in self.members.iter().enumerate() {
            let data = member.folder.join("data");
            let main = settings::zoo_cfg(&data, member.ports, &all, kind, &self.certificates);
            let files = [
                ("data/myid", format!("{}\n", index + 1)),
                ("zoo.cfg", main),
                ("users", settings::users()),
                (
                    "agent.yaml",
                    settings::agent_yaml(&data, index, &all, &self.certificates),
                ),
                ("jaas.conf", settings::jaas()),
                ("log4j.properties", settings::LOG4J.to_owned()),
            ];
            std::fs::create_dir_all(&data)
                .map_err(|error| format!("cannot create {}: {error}", data.display()))?;
            for (name, text) in files {
                let path = member.folder.join(name);
                std::fs::write(&path, text)
                    .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            }
        }
        Ok(())
    }

    /// `host:port` of each member, for clients.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.members.iter().map(Member::address).collect()
    }

    /// All members, as clients take them.
    #[must_use]
    pub fn connect(&self) -> String {
        self.addresses().join(",")
    }

    /// `host:port` of each member for clients that use TLS.
    #[must_use]
    pub fn secure_addresses(&self) -> Vec<String> {
        let members = self.members.iter();
        members
            .map(|member| format!("127.0.0.1:{}", member.ports.secure))
            .collect()
    }

    /// `host:port` of each member's admin API; of Synod alone.
    #[must_use]
    pub fn admin_addresses(&self) -> Vec<String> {
        let members = self.members.iter();
        members
            .map(|member| format!("127.0.0.1:{}", member.ports.election))
            .collect()
    }

    /// Ports of the members among themselves, which some answers name.
    pub fn inner_ports(&self) -> impl Iterator<Item = u16> {
        let members = self.members.iter();
        members.flat_map(|member| [member.ports.quorum, member.ports.election])
    }

    /// What the clients' programs are told, as `KEY=VALUE`.
    #[must_use]
    pub fn settings(&self) -> Vec<String> {
        let (least, most) = settings::SESSION_MS;
        let (user, password) = settings::LOGIN;
        vec![
            format!("session_ms_min={least}"),
            format!("session_ms_max={most}"),
            format!("sasl_user={user}"),
            format!("sasl_password={password}"),
            format!("super={}", settings::SUPER),
            format!("tls={}", self.secure_addresses().join(",")),
            format!("tls_trust={}", self.certificates.trust.display()),
            format!("tls_identity={}", self.certificates.client.display()),
            format!("tls_name={CLIENT_NAME}"),
        ]
    }

    /// Which member serves clients at this address.
    ///
    /// # Errors
    /// When none does.
    pub fn at(&self, address: &str) -> Result<usize, Failure> {
        let found = self
            .members
            .iter()
            .position(|member| member.address() == address);
        found.ok_or_else(|| format!("no member serves at {address}"))
    }

    /// Which member leads.
    ///
    /// # Errors
    /// When none says so within a minute.
    pub fn leader(&self) -> Result<usize, Failure> {
        eventually(|| {
            let found = self.members.iter().position(|member| {
                words::mode(&member.address()).is_ok_and(|mode| mode == "leader")
            });
            found.ok_or_else(|| "no member says that it leads".to_owned())
        })
    }

    /// Ends a member's process as `kill -9` does.
    pub fn kill(&mut self, index: usize) {
        if let Some(mut process) = self.members[index].process.take() {
            process.kill();
        }
    }

    /// Starts a member that does not run.
    ///
    /// # Errors
    /// When its process cannot be started.
    pub fn run(&mut self, index: usize) -> Result<(), Failure> {
        let member = &mut self.members[index];
        if member.process.is_none() {
            let mut command = match &self.server {
                Server::Synod(program) => agent(program, &member.folder),
                Server::Zookeeper => zookeeper(&member.folder),
            };
            let log = member.folder.join("log");
            let name = format!("member {}", index + 1);
            member.process = Some(Process::start(&name, &mut command, &log)?);
        }
        Ok(())
    }

    /// Waits until a member serves: it leads or follows.
    ///
    /// # Errors
    /// When it does not in time, or ended; the end of its log is in the message.
    pub fn wait(&mut self, index: usize) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        let address = self.members[index].address();
        loop {
            let Some(process) = &mut self.members[index].process else {
                return Err(format!("member {} does not run", index + 1));
            };
            let serves = words::mode(&address);
            if serves.is_ok_and(|mode| mode == "leader" || mode == "follower") {
                return Ok(());
            }
            if !process.is_running() || Instant::now() > deadline {
                return Err(format!(
                    "member {} does not serve; its log ends:\n{}",
                    index + 1,
                    process.log_tail()
                ));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts every member that does not run, and waits until all serve.
    ///
    /// # Errors
    /// As [`Self::wait`].
    pub fn run_all_again(&mut self) -> Result<(), Failure> {
        for index in 0..self.members.len() {
            self.run(index)?;
        }
        (0..self.members.len()).try_for_each(|index| self.wait(index))
    }

    /// What the members' own logs say of data that are not the same on all of them. ZooKeeper 3.8.0 comes to that now and
    /// then when members are killed, and clients then wait for what is not there.
    #[must_use]
    pub fn found_apart(&self) -> String {
        let members = self.members.iter().enumerate();
        let apart = members.filter_map(|(index, member)| {
            let log = std::fs::read_to_string(member.folder.join("log")).ok()?;
            let line = log.lines().find(|line| line.contains("digest mismatch"))?;
            Some(format!("\nmember {} itself says: {line}", index + 1))
        });
        apart.collect()
    }

    /// The folder of its files, which go with it.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Leaves the files where they are when it goes, and tells where.
    pub fn keep_files(&mut self) -> &Path {
        if let Some(folder) = self.folder.take() {
            self.place = folder.keep();
        }
        &self.place
    }
}

/// The process of a Synod member whose files are in `folder`.
fn agent(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--config").arg(folder.join("agent.yaml"));
    command
}

/// The process of a ZooKeeper member whose files are in `folder`.
fn zookeeper(folder: &Path) -> Command {
    let class_path: Vec<_> = CLASS_PATH
        .iter()
        .map(|name| jar(name).display().to_string())
        .collect();
    let mut command = Command::new("java");
    command.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    for property in settings::properties(folder) {
        command.arg(format!("-D{property}"));
    }
    command
        .args(["-cp", &class_path.join(":")])
        .arg("org.apache.zookeeper.server.quorum.QuorumPeerMain")
        .arg(folder.join("zoo.cfg"));
    command
}
