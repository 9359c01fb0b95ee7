//! The server, and who stands before it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use synod_conformance::process::Process;
use synod_conformance::{Failure, eventually_within, ports};
use synod_proxy::config::Config;
use synod_proxy::{Proxy as Running, Settings};

/// How long one may take to serve.
const PATIENCE: Duration = Duration::from_secs(20);
/// Of a connection that is used once.
const REQUEST: &[u8] = b"GET /small HTTP/1.1\r\nHost: bench\r\n\r\n";

/// Who is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Haproxy,
    Nginx,
    /// This program, as [`serve`].
    Synod,
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Haproxy, Kind::Nginx, Kind::Synod];

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Haproxy => "HAProxy",
            Self::Nginx => "nginx",
            Self::Synod => "Synod",
        }
    }
}

/// nginx with two answers.
pub(crate) struct Origin {
    port: u16,
    _process: Process,
    _folder: tempfile::TempDir,
}

/// One that passes requests on to it.
pub(crate) struct Proxy {
    port: u16,
    process: Process,
    _folder: tempfile::TempDir,
}

/// nginx in one process, which is what is measured.
fn nginx(folder: &Path, http: &str) -> Result<Command, Failure> {
    let place = folder.display();
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let paths = paths.map(|it| format!("{it}_temp_path {place}/{it};"));
    let text = format!(
        "daemon off; master_process off; worker_processes 1; pid {place}/pid; error_log {place}/errors;\n\
         events {{ worker_connections 16384; }}\n\
         http {{ access_log off; keepalive_requests 100000000; {} {http} }}\n",
        paths.join(" "),
    );
    let file = write(folder, "nginx.conf", &text)?;
    let mut command = Command::new("nginx");
    command.args(["-p", &place.to_string(), "-c", &file]);
    Ok(command)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<String, Failure> {
    let file = folder.join(name);
    std::fs::write(&file, text)
        .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    Ok(file.display().to_string())
}

fn folder() -> Result<tempfile::TempDir, Failure> {
    tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))
}

impl Origin {
    pub(crate) fn start() -> Result<Self, Failure> {
        let (folder, port) = (folder()?, ports::free()?);
        write(folder.path(), "large", &"x".repeat(1 << 20))?;
        let http = format!(
            "server {{ listen 127.0.0.1:{port}; root {}; default_type text/plain;\n\
             location /small {{ return 200 'hello world\\n'; }} }}",
            folder.path().display()
        );
        let mut command = nginx(folder.path(), &http)?;
        let process = Process::start("origin", &mut command, &folder.path().join("log"))?;
        eventually_within(PATIENCE, || ask(port).map(drop))?;
        Ok(Self {
            port,
            _process: process,
            _folder: folder,
        })
    }
}

impl Proxy {
    pub(crate) fn start(kind: Kind, origin: &Origin) -> Result<Self, Failure> {
        let (folder, port) = (folder()?, ports::free()?);
        let mut command = match kind {
            Kind::Haproxy => haproxy(folder.path(), port, origin.port)?,
            Kind::Nginx => nginx(
                folder.path(),
                &format!(
                    "upstream app {{ server 127.0.0.1:{}; keepalive 256; keepalive_requests 100000000; }}\n\
                     server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://app; proxy_http_version 1.1; \
                     proxy_set_header Connection ''; }} }}",
                    origin.port
                ),
            )?,
            Kind::Synod => synod(folder.path(), port, origin.port)?,
        };
        let process = Process::start(kind.name(), &mut command, &folder.path().join("log"))?;
        eventually_within(PATIENCE, || ask(port).map(drop))?;
        Ok(Self {
            port,
            process,
            _folder: folder,
        })
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// CPU time so far, in ticks of 10 ms.
    pub(crate) fn cpu_ticks(&self) -> u64 {
        self.process.cpu_ticks()
    }

    /// What a connection takes that was used once and waits.
    pub(crate) fn bytes_of_idle(&self, count: usize) -> Result<f64, Failure> {
        let before = self.process.resident_bytes();
        let held = (0..count).map(|_| ask(self.port));
        let held = held.collect::<Result<Vec<_>, _>>()?;
        // What is given back after a while is.
        std::thread::sleep(Duration::from_millis(500));
        let after = self.process.resident_bytes();
        drop(held);
        Ok(after.saturating_sub(before) as f64 / count as f64)
    }
}

/// Asks once; the connection stays open.
fn ask(port: u16) -> Result<TcpStream, Failure> {
    let failed = |error: std::io::Error| format!("port {port} does not answer: {error}");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
    stream.write_all(REQUEST).map_err(failed)?;
    let mut answer = [0; 1_024];
    let read = stream.read(&mut answer).map_err(failed)?;
    match answer[..read].starts_with(b"HTTP/1.1 200") {
        true => Ok(stream),
        false => Err(format!("port {port} answers something else")),
    }
}

fn haproxy(folder: &Path, port: u16, origin: u16) -> Result<Command, Failure> {
    let text = format!(
        "global\n  nbthread 1\n  maxconn 20000\n\
         defaults\n  mode http\n  timeout client 60s\n  timeout server 60s\n  timeout connect 5s\n  http-reuse always\n  \
         option forwardfor\n\
         frontend front\n  bind 127.0.0.1:{port}\n  default_backend app\n\
         backend app\n  server one 127.0.0.1:{origin}\n",
    );
    let file = write(folder, "haproxy.cfg", &text)?;
    let mut command = Command::new("haproxy");
    // In the foreground, one process.
    command.args(["-db", "-f", &file]);
    Ok(command)
}

fn synod(folder: &Path, port: u16, origin: u16) -> Result<Command, Failure> {
    let text = format!(
        r#"{{"listeners": [{{"name": "http", "address": "127.0.0.1:{port}"}}],
            "routes": [{{"name": "all", "to": [{{"backend": "app"}}]}}],
            "backends": [{{"name": "app", "servers": [{{"address": "127.0.0.1:{origin}"}}]}}]}}"#
    );
    let file = write(folder, "proxy.json", &text)?;
    let program =
        std::env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let mut command = Command::new(program);
    command.args(["balancer-server", &file]);
    Ok(command)
}

/// Serves until the process is killed.
pub(crate) fn serve(file: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("no file: {error}"))?;
    let config = serde_json::from_str::<Config>(&text).map_err(|error| error.to_string())?;
    let settings = Settings {
        threads: 1,
        seed: 1,
        secret: 1,
        logs_access: false,
    };
    let _running = Running::start(config, &settings).map_err(|error| error.to_string())?;
    loop {
        std::thread::park();
    }
}
