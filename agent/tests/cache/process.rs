//! The process, with its files.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::client::Client;

/// What clients show at first.
pub(crate) const PASSWORD: &str = "open sesame";

/// An agent with files and addresses of its own, whether it runs or not.
pub(crate) struct Agent {
    files: TempDir,
    pub(crate) client: SocketAddr,
    pub(crate) health: SocketAddr,
    child: Option<Child>,
}

impl Agent {
    /// One that has the password, and else what `cache` says of it, as YAML in braces; not begun.
    pub(crate) fn new(cache: &str) -> Self {
        Self::with(cache, |_| String::new())
    }

    /// The same, with what `tls` says of clients' certificates, given the folder of files.
    pub(crate) fn with(cache: &str, tls: impl FnOnce(&Path) -> String) -> Self {
        let files = tempfile::tempdir().unwrap();
        let (client, health) = (free(), free());
        let folder = files.path().display();
        std::fs::write(files.path().join("password"), PASSWORD).unwrap();
        let own = format!("password_file: '{folder}/password', {cache}");
        let config = format!(
            "cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
kind: CacheCluster
group: test
name: test-1
number: 1
start: bootstrap
members: [{{number: 1, name: test-1, peer_address: 'localhost:2380'}}]
data_dir: {folder}/data
listen: {{client: '{client}', peer: '127.0.0.1:0', admin: '127.0.0.1:0', health: '{health}'}}
tls: {{peer: {{insecure: true}}{}}}
timing: {{heartbeat_ms: 50, election_ms: 500}}
drain: {{endpoints_wait_ms: 0}}
log: {{format: text}}
cache: {{{own}}}
",
            tls(files.path())
        );
        std::fs::write(files.path().join("agent.yaml"), config).unwrap();
        Self {
            files,
            client,
            health,
            child: None,
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Changes the configuration, which is read at the next start.
    pub(crate) fn reconfigure(&self, from: &str, to: &str) {
        let file = self.file("agent.yaml");
        let config = std::fs::read_to_string(&file).unwrap();
        assert!(config.contains(from), "no {from} in {config}");
        std::fs::write(file, config.replace(from, to)).unwrap();
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(&mut self) {
        let mut options = std::fs::File::options();
        let options = options.create(true).append(true);
        let log = options.open(self.file("log")).unwrap();
        let mut command = self.command();
        let child = command.stdout(log.try_clone().unwrap()).stderr(log);
        let child = child.spawn().unwrap();
        let child = self.child.insert(child);
        let ready = || ask(self.health, "/readyz").is_some_and(|it| it.starts_with("HTTP/1.1 200"));
        while !ready() {
            let ended = child.try_wait().unwrap();
            let log = || std::fs::read_to_string(self.files.path().join("log")).unwrap();
            assert!(ended.is_none(), "{ended:?}: {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_synod-agent"));
        command
            .arg("--config")
            .arg(self.file("agent.yaml"))
            .stdin(Stdio::null());
        for name in ["SYNOD_ROOT", "SYNOD_BIND_ADDRESS", "RUST_LOG"] {
            command.env_remove(name);
        }
        command
    }

    /// A client that showed the password.
    pub(crate) fn client(&self) -> Client {
        let mut client = Client::connect(self.client);
        assert_eq!(client.call(&["AUTH", PASSWORD]), "+OK");
        client
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Ends it as its kubelet would.
    pub(crate) fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The answer of a health listener, if there is one.
pub(crate) fn ask(health: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(health).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Whatever comes of the port later: it was free.
fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Tries until it is so.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never {what}");
}
