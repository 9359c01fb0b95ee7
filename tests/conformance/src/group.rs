//! A group of members on loopback ports: Synod's agents with static configuration and no operator, or etcd's servers.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::process::Process;
use crate::{Failure, http, ports};

/// What the members are.
#[derive(Clone, Debug)]
pub enum Server {
    /// `synod-agent`, at this path.
    Synod(PathBuf),
    /// `etcd`, at this path.
    Etcd(PathBuf),
}

impl Server {
    /// Its name in reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Synod(_) => "synod",
            Self::Etcd(_) => "etcd",
        }
    }
}

/// How long a group may take to serve, on a machine that is busy with other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// One member: its place, its ports, and its process while it runs.
pub struct Member {
    /// Grows from 1; never recurs.
    pub number: u64,
    /// Its name, `m<number>`.
    pub name: String,
    /// Its process, while one runs.
    pub process: Option<Process>,
    folder: PathBuf,
    client: u16,
    peer: u16,
    admin: u16,
    health: u16,
}

impl Member {
    /// `127.0.0.1:port` for clients.
    #[must_use]
    pub fn client_address(&self) -> String {
        format!("127.0.0.1:{}", self.client)
    }

    /// `127.0.0.1:port` for peers.
    #[must_use]
    pub fn peer_address(&self) -> String {
        format!("127.0.0.1:{}", self.peer)
    }

    /// `127.0.0.1:port` of each listener: client, peer, admin, health. etcd has only the first two.
    #[must_use]
    pub fn addresses(&self) -> [String; 4] {
        [self.client, self.peer, self.admin, self.health].map(|port| format!("127.0.0.1:{port}"))
    }

    /// Where its data is.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Where its configuration file is (Synod).
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.folder.join("agent.yaml")
    }
}

/// How a member begins when its directory is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the first members, as a new group.
    Bootstrap,
    /// By joining a group that was told of it.
    Join,
}

/// A group whose processes and files go when it is dropped; after a failure its files can be kept.
pub struct Group {
    server: Server,
    folder: Option<tempfile::TempDir>,
    place: PathBuf,
    /// The members, in the order of their numbers.
    pub members: Vec<Member>,
    initial: Vec<u64>,
}

impl Group {
    /// Starts `size` members and waits until every one serves.
    ///
    /// # Errors
    /// When a member does not start or does not serve in time; the logs' ends are in the message.
    pub fn start(server: &Server, size: u64) -> Result<Self, Failure> {
        let mut group = Self::prepare(server, size)?;
        for number in 1..=size {
            group.run(number, Begin::Bootstrap)?;
        }
        group.wait_until_all_serve()?;
        Ok(group)
    }

    /// Lays out `size` members without starting them.
    ///
    /// # Errors
    /// When there are no ports or no temporary folder.
    pub fn prepare(server: &Server, size: u64) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix(&format!("synod-{}-", server.name()))
            .tempdir()
            .map_err(|error| format!("no temporary folder: {error}"))?;
        let place = folder.path().to_owned();
        let mut group = Self {
            server: server.clone(),
            folder: Some(folder),
            place,
            members: Vec::new(),
            initial: (1..=size).collect(),
        };
        for number in 1..=size {
            group.lay_out(number)?;
        }
        Ok(group)
    }

    /// Lays out one more member without starting it.
    ///
    /// # Errors
    /// When there are no ports or its folder cannot be made.
    pub fn lay_out(&mut self, number: u64) -> Result<&Member, Failure> {
        let folder = self.place.join(format!("m{number}"));
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        self.members.push(Member {
            number,
            name: format!("m{number}"),
            process: None,
            folder,
            client: ports::free()?,
            peer: ports::free()?,
            admin: ports::free()?,
            health: ports::free()?,
        });
        self.members.last().ok_or_else(|| "no member".to_owned())
    }

    /// Starts the process of member `number`, on whatever its directory holds.
    ///
    /// # Errors
    /// When there is no such member or its process cannot be started.
    pub fn run(&mut self, number: u64, begin: Begin) -> Result<(), Failure> {
        let index = self.index(number)?;
        let mut command = match self.server.clone() {
            Server::Synod(program) => self.agent(&program, index, begin)?,
            Server::Etcd(program) => self.etcd(&program, index, begin),
        };
        let member = &mut self.members[index];
        let log = member.folder.join("log");
        member.process = Some(Process::start(&member.name, &mut command, &log)?);
        Ok(())
    }

    /// Starts every member that does not run, on its data, and waits until all serve.
    ///
    /// # Errors
    /// When one cannot be started or does not serve in time.
    pub fn run_all_again(&mut self) -> Result<(), Failure> {
        let ended = self
            .members
            .iter()
            .filter(|member| member.process.is_none());
        for number in ended.map(|member| member.number).collect::<Vec<_>>() {
            self.run(number, Begin::Bootstrap)?;
        }
        self.wait_until_all_serve()
    }

    /// Ends a member's process as `kill -9` does.
    ///
    /// # Errors
    /// When there is no such member.
    pub fn kill(&mut self, number: u64) -> Result<(), Failure> {
        let index = self.index(number)?;
        if let Some(mut process) = self.members[index].process.take() {
            process.kill();
        }
        Ok(())
    }

    /// Waits until a member's process ended by itself, and with success.
    ///
    /// # Errors
    /// When it does not end in time, or with an error.
    pub fn wait_for_exit(&mut self, number: u64) -> Result<(), Failure> {
        let index = self.index(number)?;
        let Some(mut process) = self.members[index].process.take() else {
            return Ok(());
        };
        let status = process.wait(PATIENCE)?;
        // etcd ends by the signal itself.
        if status.success() || matches!(self.server, Server::Etcd(_)) {
            return Ok(());
        }
        Err(format!(
            "{} ended with {status}; its log ends:\n{}",
            process.name(),
            process.log_tail()
        ))
    }

    /// Forgets a member for good: kills its process and takes it off the endpoints.
    ///
    /// # Errors
    /// When there is no such member.
    pub fn forget(&mut self, number: u64) -> Result<(), Failure> {
        let index = self.index(number)?;
        self.members.remove(index);
        Ok(())
    }

    /// A member by its number.
    ///
    /// # Errors
    /// When there is none.
    pub fn member(&self, number: u64) -> Result<&Member, Failure> {
        Ok(&self.members[self.index(number)?])
    }

    /// What the members are.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// The client addresses of all members, with commas between.
    #[must_use]
    pub fn endpoints(&self) -> String {
        let addresses: Vec<_> = self.members.iter().map(Member::client_address).collect();
        addresses.join(",")
    }

    /// Waits until every running member answers that it is healthy: it follows a leader.
    ///
    /// # Errors
    /// When one does not in time, or its process ended.
    pub fn wait_until_all_serve(&mut self) -> Result<(), Failure> {
        for index in 0..self.members.len() {
            if self.members[index].process.is_some() {
                self.wait_until_serves(index)?;
            }
        }
        Ok(())
    }

    fn wait_until_serves(&mut self, index: usize) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        let member = &mut self.members[index];
        let address = member.client_address();
        while !http::get(&address, "/health")
            .is_ok_and(|answer| answer.contains(r#""health":"true""#))
        {
            let running = member.process.as_mut().is_some_and(Process::is_running);
            if !running || Instant::now() > deadline {
                let log = member
                    .process
                    .as_ref()
                    .map(Process::log_tail)
                    .unwrap_or_default();
                let what = if running {
                    "does not become healthy"
                } else {
                    "ended"
                };
                return Err(format!("{} {what}; its log ends:\n{log}", member.name));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Leaves the files where they are when the group goes, and tells where.
    pub fn keep_files(&mut self) -> &Path {
        if let Some(folder) = self.folder.take() {
            self.place = folder.keep();
        }
        &self.place
    }

    /// CPU ticks (10 ms) used by all running members so far.
    #[must_use]
    pub fn cpu_ticks(&self) -> u64 {
        self.processes().map(Process::cpu_ticks).sum()
    }

    /// Resident bytes of the running members, each.
    #[must_use]
    pub fn resident_bytes(&self) -> Vec<u64> {
        self.processes().map(Process::resident_bytes).collect()
    }

    fn processes(&self) -> impl Iterator<Item = &Process> {
        self.members
            .iter()
            .filter_map(|member| member.process.as_ref())
    }

    fn index(&self, number: u64) -> Result<usize, Failure> {
        let found = self
            .members
            .iter()
            .position(|member| member.number == number);
        found.ok_or_else(|| format!("there is no member {number}"))
    }

    fn agent(&self, program: &Path, index: usize, begin: Begin) -> Result<Command, Failure> {
        let member = &self.members[index];
        let file = member.config_file();
        std::fs::write(&file, self.agent_config(member, begin))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        let mut command = Command::new(program);
        command.arg("--config").arg(file);
        Ok(command)
    }

    /// The agent's configuration file. Written as text, because the file is a public face.
    #[must_use]
    pub fn agent_config(&self, member: &Member, begin: Begin) -> String {
        let start = match begin {
            Begin::Bootstrap => "bootstrap",
            Begin::Join => "join",
        };
        let mut members = String::new();
        for known in self
            .members
            .iter()
            .filter(|known| begin == Begin::Join || self.initial.contains(&known.number))
        {
            members.push_str(&format!(
                "\n- {{number: {}, name: {}, peer_address: '{}', client_urls: ['http://{}']}}",
                known.number,
                known.name,
                known.peer_address(),
                known.client_address(),
            ));
        }
        let [client, peer, admin, health] = member.addresses();
        format!(
            "cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
group: conformance
name: {name}
number: {number}
start: {start}
members:{members}
data_dir: {data}
listen: {{client: '{client}', peer: '{peer}', admin: '{admin}', health: '{health}'}}
advertise: {{client_urls: ['http://{client}'], peer_urls: ['http://{peer}']}}
tls: {{peer: {{insecure: true}}}}
drain: {{endpoints_wait_ms: 0}}
log: {{format: text, filter: info}}
",
            name = member.name,
            number = member.number,
            data = member.data().display(),
        )
    }

    fn etcd(&self, program: &Path, index: usize, begin: Begin) -> Command {
        let member = &self.members[index];
        let of_url = |known: &Member| format!("{}=http://{}", known.name, known.peer_address());
        let (state, cluster): (_, Vec<_>) = match begin {
            Begin::Bootstrap => (
                "new",
                self.members
                    .iter()
                    .filter(|known| self.initial.contains(&known.number))
                    .map(of_url)
                    .collect(),
            ),
            Begin::Join => ("existing", self.members.iter().map(of_url).collect()),
        };
        let (client, peer) = (
            format!("http://{}", member.client_address()),
            format!("http://{}", member.peer_address()),
        );
        let mut command = Command::new(program);
        command
            .arg("--name")
            .arg(&member.name)
            .arg("--data-dir")
            .arg(member.data());
        command.args([
            "--listen-client-urls",
            &client,
            "--advertise-client-urls",
            &client,
        ]);
        command.args([
            "--listen-peer-urls",
            &peer,
            "--initial-advertise-peer-urls",
            &peer,
        ]);
        command.args([
            "--initial-cluster-state",
            state,
            "--initial-cluster",
            &cluster.join(","),
        ]);
        command.args(["--logger", "zap", "--log-level", "warn"]);
        command
    }
}
