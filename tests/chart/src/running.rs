//! The programs themselves: members that `synod local` runs, and an operator that is started as the chart's pods would be,
//! beside its API.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Pod;
use serde::Deserialize;
use synod_agent_api::ports;

use crate::{Failure, output, repository};

/// The operator's, and the group's: the only one that there is.
pub const NAMESPACE: &str = "default";
/// Whatever is waited for is there long before.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(60);
pub(crate) const PAUSE: Duration = Duration::from_millis(100);
/// Of one request.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// A local cluster with the quickstart's group; it is gone when this is dropped.
#[derive(Debug)]
pub struct Local {
    synod: PathBuf,
    folder: tempfile::TempDir,
}

impl Local {
    /// Starts it and waits until the group is Ready.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(programs: &Path) -> Result<Self, Failure> {
        let local = Self {
            synod: programs.join("synod"),
            folder: tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?,
        };
        let quickstart = repository::root().join("crds/examples/quickstart.yaml");
        let mut up = local.synod(&["local", "--detach", "--data"]);
        output(up.arg(local.data()).arg("-f").arg(quickstart))?;
        Ok(local)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn kubeconfig(&self) -> PathBuf {
        self.data().join("kubeconfig")
    }

    /// `synod`, with a home of its own.
    fn synod(&self, arguments: &[&str]) -> Command {
        let mut synod = Command::new(&self.synod);
        synod.args(arguments).env("HOME", self.folder.path());
        synod.env_remove("KUBECONFIG").env_remove("SYNOD_AGENT");
        synod
    }

    /// What `synod get` shows as YAML.
    ///
    /// # Errors
    /// When the API does not answer.
    pub fn get(&self, arguments: &[&str]) -> Result<String, Failure> {
        let mut get = self.synod(&["get", "-o", "yaml", "--kubeconfig"]);
        output(get.arg(self.kubeconfig()).args(arguments))
    }

    /// The members' pods.
    ///
    /// # Errors
    /// When they cannot be had, or there are none.
    pub fn pods(&self) -> Result<Vec<Pod>, Failure> {
        #[derive(Deserialize)]
        struct List {
            items: Vec<Pod>,
        }
        let text = self.get(&["pods"])?;
        let list: List = serde_yaml::from_str(&text).map_err(|error| error.to_string())?;
        if list.items.is_empty() {
            return Err("there are no pods".to_owned());
        }
        Ok(list.items)
    }

    /// What a member answers at a port of that name.
    ///
    /// # Errors
    /// When it does not, or has no such port.
    pub fn member(&self, pod: &Pod, port: &str, path: &str) -> Result<(u16, String), Failure> {
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        let mut ports = containers.flat_map(|one| one.ports.iter().flatten());
        let found = ports.find(|one| one.name.as_deref() == Some(port));
        let number = found.and_then(|port| u16::try_from(port.container_port).ok());
        let number = number.ok_or_else(|| format!("a member has no port {port}"))?;
        get(address(pod, number)?, path)
    }

    /// The metrics of a member that has just refused a stranger.
    ///
    /// # Errors
    /// When it does not count that.
    pub fn refusing(&self, pod: &Pod) -> Result<String, Failure> {
        let said = |error: std::io::Error| format!("a stranger: {error}");
        let peers = address(pod, ports::PEER)?;
        let mut stranger = TcpStream::connect_timeout(&peers, ANSWER_MAX).map_err(said)?;
        stranger.write_all(b"who is there?").map_err(said)?;
        let begin = Instant::now();
        loop {
            let text = self.member(pod, "health", "/metrics")?.1;
            if text.contains("synod_peer_refused_total{") {
                return Ok(text);
            }
            if begin.elapsed() > WAIT_MAX {
                return Err("a member does not count a stranger".to_owned());
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let mut down = self.synod(&["local", "down", "--purge", "--data"]);
        if let Err(failure) = output(down.arg(self.data())) {
            eprintln!("chart: {failure}");
        }
    }
}

/// An operator that runs.
#[derive(Debug)]
pub struct Operator {
    child: Child,
    address: SocketAddr,
}

impl Operator {
    /// Starts `synod` with a container's arguments beside a local cluster, as a pod of that name in [`NAMESPACE`].
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(local: &Local, arguments: &[String], pod: &str) -> Result<Self, Failure> {
        let kubeconfig = local.kubeconfig();
        Self::start_as(local.synod(&[]), &kubeconfig, arguments, [NAMESPACE, pod])
    }

    /// Starts the program with a container's arguments, but at another address; `pod` is namespace and name.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_as(
        mut synod: Command,
        kubeconfig: &Path,
        arguments: &[String],
        pod: [&str; 2],
    ) -> Result<Self, Failure> {
        let address = free_address()?;
        let kept = |word: &&String| !word.starts_with("--listen=");
        synod.args(arguments.iter().filter(kept));
        synod.arg(format!("--listen={address}"));
        synod.arg("--kubeconfig").arg(kubeconfig);
        synod.env("POD_NAMESPACE", pod[0]).env("POD_NAME", pod[1]);
        synod.stdout(Stdio::null());
        let child = synod
            .spawn()
            .map_err(|error| format!("synod cannot be started: {error}"))?;
        Ok(Self { child, address })
    }

    /// What it answers.
    ///
    /// # Errors
    /// When it does not.
    pub fn get(&self, path: &str) -> Result<(u16, String), Failure> {
        get(self.address, path)
    }

    /// Waits until what it answers with 200 has all of `words`.
    ///
    /// # Errors
    /// When that does not come.
    pub fn wait(&self, path: &str, words: &[&str]) -> Result<String, Failure> {
        let begin = Instant::now();
        loop {
            let answer = self.get(path);
            match answer {
                Ok((200, text)) if words.iter().all(|word| text.contains(word)) => return Ok(text),
                answer if begin.elapsed() > WAIT_MAX => {
                    return Err(format!(
                        "{path}: {words:?} was waited for, last: {answer:?}"
                    ));
                }
                _ => std::thread::sleep(PAUSE),
            }
        }
    }

    /// Asks it to stop, and says how and after what time it ended.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(mut self) -> Result<(ExitStatus, Duration), Failure> {
        let begin = Instant::now();
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)
            .map_err(|error| format!("it cannot be asked to stop: {error}"))?;
        while begin.elapsed() < WAIT_MAX {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok((status, begin.elapsed())),
                Ok(None) => std::thread::sleep(PAUSE),
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(format!("it did not stop within {WAIT_MAX:?}"))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address(pod: &Pod, port: u16) -> Result<SocketAddr, Failure> {
    let text = pod
        .status
        .as_ref()
        .and_then(|status| status.pod_ip.as_ref());
    let address = text.and_then(|text| text.parse().ok());
    let address = address.ok_or("a member has no address")?;
    Ok(SocketAddr::new(address, port))
}

fn free_address() -> Result<SocketAddr, Failure> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("no free port: {error}"))
}

/// Status and body of a request for `path`.
fn get(address: SocketAddr, path: &str) -> Result<(u16, String), Failure> {
    let said = |error: std::io::Error| format!("{address}{path}: {error}");
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_MAX).map_err(said)?;
    stream.set_read_timeout(Some(ANSWER_MAX)).map_err(said)?;
    // HTTP/1.0: the body ends with the connection.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").map_err(said)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(said)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| format!("{address}{path}: no answer"))?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| format!("{address}{path}: {head}"))?;
    Ok((status, body.to_owned()))
}
