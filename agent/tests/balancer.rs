//! The binary as a LoadBalancer's proxy: it serves, follows its file, keeps the last that was good, and drains.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A server that answers each connection's request with this text.
fn server(text: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                let _ = stream.read(&mut bytes);
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                    text.len()
                );
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    address
}

/// All of an answer, or nothing if nobody answers.
fn get(address: SocketAddr, path: &str) -> String {
    let mut answer = String::new();
    let Ok(mut stream) = TcpStream::connect(address) else {
        return answer;
    };
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A port that is free now.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

struct World {
    directory: tempfile::TempDir,
    http: SocketAddr,
    health: SocketAddr,
}

impl World {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            http: free(),
            health: free(),
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("proxy.yaml")
    }

    /// Replaced as a whole, as a volume of Kubernetes does it.
    fn write(&self, text: &str) {
        let beside = self.directory.path().join("new");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(beside, self.file()).unwrap();
    }

    fn config(&self, server: SocketAddr) -> String {
        let (http, health) = (self.http, self.health);
        let state = self.directory.path().join("state");
        format!(
            "kind: LoadBalancer
name: web
health: {health}
state_dir: {}
access_log: true
threads: 1
drain: {{endpoints_wait_ms: 0}}
log: {{format: text}}
proxy:
  listeners: [{{name: http, address: '{http}'}}]
  routes: [{{name: all, to: [{{backend: app}}]}}]
  backends: [{{name: app, servers: [{{address: '{server}'}}]}}]
",
            state.display()
        )
    }

    fn start(&self) -> Agent {
        let output = self.directory.path().join("output");
        Agent::start(&self.file(), &output)
    }
}

struct Agent(Child);

impl Agent {
    fn start(config: &Path, output: &Path) -> Self {
        let output = std::fs::File::create(output).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_synod-agent"))
            .arg("--config")
            .arg(config)
            .env_remove("SYNOD_ROOT")
            .env_remove("SYNOD_BIND_ADDRESS")
            .env_remove("RUST_LOG")
            .stdout(output)
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    fn terminate(&mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_serves_follows_its_file_and_keeps_what_was_good() {
    let (world, one, other) = (World::new(), server("one"), server("other"));
    world.write(&world.config(one));
    let mut agent = world.start();
    until("it serves", || get(world.http, "/").ends_with("one"));
    assert!(get(world.health, "/readyz").ends_with("ok\n"));
    assert!(get(world.health, "/healthz").ends_with("ok\n"));
    let metrics = get(world.health, "/metrics");
    let line = "synod_proxy_route_requests_total{route=\"all\",class=\"2xx\"} ";
    assert!(metrics.contains(line), "{metrics}");
    world.write(&world.config(other));
    until("the change is in force", || {
        get(world.http, "/").ends_with("other")
    });
    // What is wrong changes nothing, now and at the next start.
    world.write(&world.config(one).replace("backend: app", "backend: none"));
    thread::sleep(Duration::from_millis(600));
    assert!(get(world.http, "/").ends_with("other"));
    drop(agent);
    agent = world.start();
    until("it serves again", || {
        get(world.http, "/").ends_with("other")
    });
    assert_eq!(agent.terminate(), Some(0));
    let log = std::fs::read_to_string(world.directory.path().join("output")).unwrap();
    let line = log.lines().next().unwrap();
    assert!(
        line.contains("\"route\":\"all\"") && line.contains("\"status\":200"),
        "{line}"
    );
}

#[test]
fn without_anything_good_it_says_what_is_wrong() {
    let world = World::new();
    world.write(
        &world
            .config(free())
            .replace("backend: app", "backend: none"),
    );
    let output = Command::new(env!("CARGO_BIN_EXE_synod-agent"))
        .arg("--config")
        .arg(world.file())
        .output()
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains("proxy.routes[0].to[0].backend: there is no backend"),
        "{message}"
    );
}
