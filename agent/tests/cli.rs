//! Bad input of the binary: one clear message with the place and the cure, its exit code, and nothing changed.

mod authority;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use authority::{Authority, identity};
use synod_agent_api::PeerTls;

const UID: u128 = 0x5f2b_8f6e_0b7c_4a58_9d5e_3f0a_51c0_ffee;

fn agent(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_synod-agent"))
        .args(arguments)
        .env_remove("SYNOD_ROOT")
        .env_remove("SYNOD_BIND_ADDRESS")
        .env_remove("RUST_LOG")
        .output()
        .unwrap()
}

/// A configuration that would work, in `directory`.
fn good(directory: &Path) -> String {
    format!(
        "cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
group: test
name: test-1
number: 1
start: bootstrap
members: [{{number: 1, name: test-1, peer_address: 'localhost:2380'}}]
data_dir: {}/data
listen: {{client: '127.0.0.1:0', peer: '127.0.0.1:0', admin: '127.0.0.1:0', health: '127.0.0.1:0'}}
tls: {{peer: {{insecure: true}}}}
",
        directory.display()
    )
}

/// Runs with `config`; the message must be one line that contains all of `words`, and no data directory must appear.
fn refused(config: &str, code: i32, words: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let config = config.replace("DIR", &directory.path().display().to_string());
    let file = directory.path().join("agent.yaml");
    std::fs::write(&file, config).unwrap();
    let output = agent(&["--config", &file.display().to_string()]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(message.starts_with("synod-agent: "), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    for word in words {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
    assert!(!directory.path().join("data").exists());
}

#[test]
fn what_cannot_be_read_is_named() {
    let output = agent(&["--config", "/nowhere/agent.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "synod-agent: configuration /nowhere/agent.yaml: No such file or directory (os error 2); name a file that this user may read with --config\n"
    );
}

#[test]
fn a_wrong_field_is_named_with_its_place() {
    let good = good(Path::new("DIR"));
    let typo = good.replace("data_dir", "data_dri");
    refused(&typo, 2, &["unknown field `data_dri`", "line 7"]);
    let absent = good.replace("number: 1\nstart", "number: 2\nstart");
    refused(
        &absent,
        2,
        &[
            "members: does not contain this member (2)",
            "list all members",
        ],
    );
    let filter = format!("{good}log: {{filter: 'a=b=c'}}\n");
    refused(&filter, 2, &["log.filter: `a=b=c`"]);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for purpose in ["client", "peer", "admin", "health"] {
        let config = good(Path::new("DIR")).replace(
            &format!("{purpose}: '127.0.0.1:0'"),
            &format!("{purpose}: '{address}'"),
        );
        let told = format!("the {purpose} address {address} is in use");
        refused(&config, 3, &[&told, &format!("`listen.{purpose}`")]);
    }
    let elsewhere = good(Path::new("DIR")).replace("peer: '127.0.0.1:0'", "peer: '192.0.2.1:2380'");
    refused(
        &elsewhere,
        3,
        &["cannot listen on the peer address 192.0.2.1:2380"],
    );
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let files = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let tls = |tls: &PeerTls| {
        let path = |path: &Option<std::path::PathBuf>| path.as_ref().unwrap().display().to_string();
        let section = format!(
            "{{cert: {}, key: {}, ca: {}}}",
            path(&tls.cert),
            path(&tls.key),
            path(&tls.ca)
        );
        good(Path::new("DIR")).replace("{insecure: true}", &section)
    };
    let mut paths = authority.write(files.path(), &identity(UID, 2).to_string());
    refused(
        &tls(&paths),
        5,
        &[
            "tls.peer.cert names synod://",
            "/test/2, but this member is synod://",
        ],
    );
    authority.write(files.path(), "https://example.com");
    refused(&tls(&paths), 5, &["tls.peer.cert names nobody"]);
    authority.write(files.path(), &identity(UID, 1).to_string());
    std::fs::write(files.path().join("tls.key"), "").unwrap();
    refused(&tls(&paths), 5, &["tls.peer.key", "holds no private key"]);
    let (_, other_key) = authority.issue("synod://operator");
    std::fs::write(files.path().join("tls.key"), other_key).unwrap();
    refused(
        &tls(&paths),
        5,
        &["tls.peer: certificate and key cannot be used"],
    );
    paths.ca = Some(files.path().join("none.crt"));
    refused(&tls(&paths), 5, &["tls.peer.ca", "none.crt: No such file"]);
}

#[test]
fn check_changes_nothing_and_says_yes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("agent.yaml");
    std::fs::write(&file, good(directory.path())).unwrap();
    let output = agent(&["check", "--config", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("member test-1")
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn help_teaches_by_a_configuration_that_works() {
    let output = agent(&["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    let begin = help.find("  cluster_uid:").unwrap();
    let end = help.find("Then:").unwrap();
    let example = help[begin..end].replace("\n  ", "\n");
    synod_agent_api::AgentConfig::parse(example.trim_start()).unwrap();
    assert_eq!(agent(&[]).status.code(), Some(2));
}

/// A running agent; ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(file: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synod-agent"));
    command.arg("--config").arg(file);
    command
}

/// SIGTERM ends it well.
fn end(mut running: Running) {
    let pid = rustix::process::Pid::from_child(&running.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
}

/// Starts an agent and waits until its health listener says that it is ready.
fn start(file: &Path, health: std::net::SocketAddr) -> Running {
    let child = command(file).stderr(Stdio::null()).spawn().unwrap();
    let mut running = Running(child);
    while !is_ready(health) {
        let ended = running.0.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    running
}

fn is_ready(health: std::net::SocketAddr) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(health) else {
        return false;
    };
    let mut answer = String::new();
    let _ = stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let _ = stream.read_to_string(&mut answer);
    answer.starts_with("HTTP/1.1 200")
}

#[test]
fn a_directory_in_use_is_waited_for_a_foreign_one_refused_and_sigterm_ends_well() {
    let directory = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let health = free.local_addr().unwrap();
    drop(free);
    let config = good(directory.path()) + "drain: {endpoints_wait_ms: 0}\n";
    let write = |name: &str, config: &str| {
        let file = directory.path().join(name);
        std::fs::write(&file, config).unwrap();
        file
    };
    let listening = config.replace("health: '127.0.0.1:0'", &format!("health: '{health}'"));
    let file = write("agent.yaml", &listening);
    let first = start(&file, health);
    // The second one waits until the first one has ended, and goes on with its data.
    let second = write("second.yaml", &config);
    let mut child = command(&second).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let second = Running(child);
    let mut says = |words: &str| said.any(|line| line.unwrap().contains(words));
    assert!(says("waiting for its end"));
    end(first);
    assert!(says("\"started\""));
    end(second);

    for (name, from, to) in [
        ("cluster.yaml", "5f2b8f6e", "5f2b8f6f"),
        ("number.yaml", "number: 1", "number: 2"),
    ] {
        let foreign = write(name, &config.replace(from, to));
        let output = agent(&["--config", &foreign.display().to_string()]);
        // The log may have its lines before; the message is the last one.
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{message}");
        let last = message.lines().last().unwrap();
        assert!(
            last.starts_with("synod-agent: data directory ") && last.contains("belongs to"),
            "{last}"
        );
    }
}
