//! The two servers: each is started, is reached through a kubeconfig, and ends with its value.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use synod_conformance::process::Process;
use synod_operator::local::api::{Access, Api, Listener, Settings};

use crate::client::Client;
use crate::{Failure, authority};

/// A kube-apiserver answers after this long, or does not start.
const START_MAX: Duration = Duration::from_secs(120);
/// How often it is asked until then.
const START_POLL: Duration = Duration::from_millis(500);
/// The audit log's name in the server's folder.
const AUDIT_LOG: &str = "audit.log";
/// Changes that the embedded API keeps for watches: few, so that the script can ask for a forgotten one.
const HISTORY_CHANGES: usize = 400;

/// Somebody whom the real server knows by a token.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// Its name, which is its token, too.
    pub name: &'static str,
    /// Its group besides those of everybody; empty for none.
    pub group: &'static str,
}

/// Who may do everything.
pub const ADMIN: User = User {
    name: "admin",
    group: "system:masters",
};

/// A real kube-apiserver over its own etcd.
pub struct Real {
    /// The kubeconfig of [`ADMIN`].
    pub kubeconfig: String,
    secure: u16,
    authority_pem: String,
    // In this order: the server before its store.
    apiserver: Process,
    etcd: Process,
    folder: tempfile::TempDir,
}

impl Real {
    /// Starts both programs and waits until the server says that it is ready.
    ///
    /// # Errors
    /// When a program cannot be started or does not get ready in time.
    pub async fn start(etcd: &Path, apiserver: &Path) -> Result<Self, Failure> {
        Self::start_with(etcd, apiserver, &[], None).await
    }

    /// The same with further `users`, and an audit log of what the policy `audited` names.
    ///
    /// # Errors
    /// When a program cannot be started or does not get ready in time.
    pub async fn start_with(
        etcd: &Path,
        apiserver: &Path,
        users: &[User],
        audited: Option<&str>,
    ) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
        let cannot = |error: std::io::Error| format!("cannot write the server's files: {error}");
        let files = authority::write(folder.path())?;
        let [client, peer, secure] = free_ports()?;
        let mut store = Command::new(etcd);
        store.args(etcd_arguments(folder.path(), client, peer));
        let etcd = Process::start("etcd", &mut store, &folder.path().join("etcd.log"))?;
        let tokens: String = [ADMIN].iter().chain(users).map(token_line).collect();
        std::fs::write(folder.path().join("tokens.csv"), tokens).map_err(cannot)?;
        let mut server = Command::new(apiserver);
        server.args(apiserver_arguments(folder.path(), client, secure));
        if let Some(policy) = audited {
            let file = folder.path().join("audit.yaml");
            std::fs::write(&file, policy).map_err(cannot)?;
            server.arg(format!("--audit-policy-file={}", file.display()));
            let log = folder.path().join(AUDIT_LOG);
            server.arg(format!("--audit-log-path={}", log.display()));
        }
        let log = folder.path().join("kube-apiserver.log");
        let apiserver = Process::start("kube-apiserver", &mut server, &log)?;
        let mut real = Self {
            kubeconfig: kubeconfig(secure, &files.authority_pem, ADMIN),
            secure,
            authority_pem: files.authority_pem,
            apiserver,
            etcd,
            folder,
        };
        real.wait(&log).await?;
        Ok(real)
    }

    /// The kubeconfig of one of the users it was started with.
    #[must_use]
    pub fn kubeconfig_of(&self, user: User) -> String {
        kubeconfig(self.secure, &self.authority_pem, user)
    }

    /// Its audit log, if it was started with one.
    #[must_use]
    pub fn audit_log(&self) -> PathBuf {
        self.folder.path().join(AUDIT_LOG)
    }

    /// A folder that goes with it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Resident memory of the server and of its store, bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> (u64, u64) {
        (self.apiserver.resident_bytes(), self.etcd.resident_bytes())
    }

    async fn wait(&mut self, log: &Path) -> Result<(), Failure> {
        let client = Client::new(&self.kubeconfig).await?;
        let deadline = Instant::now() + START_MAX;
        loop {
            if client.is_ready().await {
                return Ok(());
            }
            if !self.apiserver.is_running() || Instant::now() > deadline {
                return Err(format!("kube-apiserver is not ready: {}", tail(log)));
            }
            tokio::time::sleep(START_POLL).await;
        }
    }
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(12).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

fn etcd_arguments(folder: &Path, client: u16, peer: u16) -> Vec<String> {
    let client = format!("http://127.0.0.1:{client}");
    let peer = format!("http://127.0.0.1:{peer}");
    vec![
        format!("--data-dir={}", folder.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        // What is thrown away after the run need not survive a power cut.
        "--unsafe-no-fsync=true".to_owned(),
        "--log-level=error".to_owned(),
    ]
}

fn apiserver_arguments(folder: &Path, etcd: u16, secure: u16) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={secure}"),
        format!("--tls-cert-file={}", file("server.crt")),
        format!("--tls-private-key-file={}", file("server.key")),
        format!("--client-ca-file={}", file("ca.crt")),
        format!("--token-auth-file={}", file("tokens.csv")),
        "--authorization-mode=RBAC".to_owned(),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        "--service-account-issuer=https://localhost".to_owned(),
        format!("--service-account-key-file={}", file("accounts.pub")),
        format!(
            "--service-account-signing-key-file={}",
            file("accounts.key")
        ),
        // Pods would wait for an account that only a controller makes.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
    ]
}

fn token_line(user: &User) -> String {
    let User { name, group } = user;
    let groups = if group.is_empty() {
        String::new()
    } else {
        format!(",{group}")
    };
    format!("{name},{name},{name}{groups}\n")
}

fn kubeconfig(port: u16, authority_pem: &str, user: User) -> String {
    let name = user.name;
    let authority = base64::engine::general_purpose::STANDARD.encode(authority_pem);
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: real\n  cluster:\n    server: https://127.0.0.1:{port}\n    \
         certificate-authority-data: {authority}\ncontexts:\n- name: real\n  context: {{cluster: real, user: {name}, \
         namespace: default}}\ncurrent-context: real\nusers:\n- name: {name}\n  user:\n    token: {name}\n"
    )
}

/// Ports that were free a moment ago.
///
/// # Errors
/// When there is none.
pub fn free_ports<const N: usize>() -> Result<[u16; N], Failure> {
    let mut held = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).map_err(|e| format!("no free port: {e}"))?;
        *port = listener
            .local_addr()
            .map_err(|e| format!("no free port: {e}"))?
            .port();
        held.push(listener);
    }
    Ok(ports)
}

/// The embedded API on a port of loopback.
pub struct Embedded {
    /// Its kubeconfig.
    pub kubeconfig: String,
    serving: tokio::task::JoinHandle<()>,
}

impl Embedded {
    /// Opens an API in memory and serves it.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start() -> Result<Self, Failure> {
        let settings = Settings {
            history_changes_max: HISTORY_CHANGES,
            bookmark_every: Duration::from_secs(60),
            ..Settings::volatile()
        };
        let words = |error: &dyn std::fmt::Display| format!("the embedded API: {error}");
        let api = Api::open(settings).map_err(|e| words(&e))?;
        let access = Access::generate().map_err(|e| words(&e))?;
        let listener = Listener::bind(api, access.clone(), None)
            .await
            .map_err(|e| words(&e))?;
        let kubeconfig = access.kubeconfig(listener.address());
        Ok(Self {
            kubeconfig,
            serving: tokio::spawn(listener.serve()),
        })
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The Kubernetes programs in one folder, and etcd in another.
pub struct Programs {
    /// Where kube-apiserver and kubectl are.
    pub kubernetes: PathBuf,
    /// Where etcd is.
    pub peers: PathBuf,
}
