//! Bad input: one clear message with the place and the cure, a non-zero exit, nothing changed. Random bytes close their own
//! connection.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::etcdctl::Job;
use crate::group::{Begin, Group, Server};

/// What a program must say and how it must exit.
struct Refusal<'a> {
    code: i32,
    words: &'a [&'a str],
}

/// Runs a program that must refuse.
fn refused(command: &mut Command, refusal: &Refusal<'_>) -> Result<(), Failure> {
    let shown = format!("{command:?}");
    let output = command
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let missing: Vec<_> = refusal
        .words
        .iter()
        .filter(|word| !said.contains(**word))
        .collect();
    if output.status.code() == Some(refusal.code)
        && missing.is_empty()
        && !said.contains("panicked")
    {
        return Ok(());
    }
    Err(format!(
        "{shown}\n  exits with {:?}, expected {}; does not say {missing:?}, but:\n{said}",
        output.status.code(),
        refusal.code,
    ))
}

/// `synod-agent` refuses wrong files, ports in use, and directories that are not its own, and changes nothing.
///
/// # Errors
/// With what it did instead.
pub fn agent(server: &Server) -> Result<(), Failure> {
    let Server::Synod(program) = server else {
        return Err("only of synod-agent".to_owned());
    };
    let mut group = Group::start(server, 1)?;
    let config = std::fs::read_to_string(group.member(1)?.config_file())
        .map_err(|error| error.to_string())?;
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut attempts = 0;
    let mut refuse = |config: &str, code: i32, words: &[&str]| {
        attempts += 1;
        let file = scratch.path().join(format!("{attempts}.yaml"));
        std::fs::write(&file, config).map_err(|error| error.to_string())?;
        refused(
            Command::new(program).arg("--config").arg(&file),
            &Refusal { code, words },
        )
    };
    refused(
        Command::new(program).args(["--config", "/no/such/file.yaml"]),
        &Refusal {
            code: 2,
            words: &["/no/such/file.yaml"],
        },
    )?;
    refuse(
        &format!("{config}\nelection: 5\n"),
        2,
        &["election", "line"],
    )?;
    refuse(
        &config.replace("number: 1\n", "number: one\n"),
        2,
        &["number", "line"],
    )?;
    refuse(
        &config.replace("start: bootstrap", "start: maybe"),
        2,
        &["start", "bootstrap"],
    )?;
    let member = group.member(1)?;
    let elsewhere = scratch.path().join("elsewhere");
    let data = member.data();
    let other_data = config.replace(
        &data.display().to_string(),
        &elsewhere.display().to_string(),
    );
    refuse(&other_data, 3, &["in use", &member.client_address()])?;
    if elsewhere.exists() {
        return Err("a port in use was found after the data directory had been made".to_owned());
    }
    let ports_of_another = Group::prepare(server, 1)?;
    let other_ports = |config: &str| {
        let pairs = member
            .addresses()
            .into_iter()
            .zip(ports_of_another.members[0].addresses());
        pairs.fold(config.to_owned(), |text, (from, to)| {
            text.replace(&from, &to)
        })
    };
    let moved = other_ports(&config);
    refuse(&moved, 4, &[&data.display().to_string(), "in use"])?;
    group.kill(1)?;
    let before = contents(&data)?;
    let foreign = moved.replace(
        "5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee",
        "00000000-0b7c-4a58-9d5e-3f0a51c0ffee",
    );
    refuse(
        &foreign,
        4,
        &[&data.display().to_string(), "5f2b8f6e", "00000000"],
    )?;
    let another = moved
        .replace("number: 1\n", "number: 2\n")
        .replace("{number: 1,", "{number: 2,");
    refuse(&another, 4, &[&data.display().to_string()])?;
    if contents(&data)? != before {
        return Err("a refused directory was changed".to_owned());
    }
    group.run(1, Begin::Bootstrap)?;
    group.wait_until_all_serve()
}

/// Every file of a folder, but for locks.
fn contents(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>, Failure> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.is_dir() {
            files.extend(contents(&path)?);
        } else if path.file_name().is_some_and(|name| name != "LOCK") {
            let bytes = std::fs::read(&path).map_err(wrong)?;
            files.insert(path, bytes);
        }
    }
    Ok(files)
}

/// How many connections get random bytes, on each port.
const STRANGERS: u64 = 40;

/// How long a member may keep a connection that sent rubbish: for the slowest, the 30 s for the headers of a request.
const CLOSES_WITHIN: Duration = Duration::from_secs(40);

/// The least rubbish of a stranger that leaves the closing to the member: what is shorter may be the beginning of
/// something.
const RUBBISH_MIN: usize = 64;

/// Random bytes on every port of every member close that connection and nothing else: meanwhile the connections of a
/// client to each member stay and miss no write, and so do those of the probes and of the members to each other.
///
/// # Errors
/// When a member keeps a stranger, closes another connection, stops serving or ends.
pub fn random_bytes(server: &Server, rust_client: &Path) -> Result<(), Failure> {
    let mut group = Group::start(server, 3)?;
    let is_synod = matches!(server, Server::Synod(_));
    let urls = group.members.iter();
    let urls: Vec<_> = urls
        .map(|member| format!("http://{}", member.client_address()))
        .collect();
    let mut client = Command::new(rust_client);
    let mut client = Job::start(client.args(["hold", &urls.join(",")]), "")?;
    if client.next_lines(1)? != "ready\n" {
        return Err("the client that holds its connections does not begin".to_owned());
    }
    let probes = if is_synod {
        probes(&group)?
    } else {
        Vec::new()
    };
    let partings = partings(&group);
    let mut random = Xorshift(0x5eed_5eed_5eed_5eed);
    let listeners = if is_synod { 4 } else { 2 };
    for member in &group.members {
        for address in &member.addresses()[..listeners] {
            bother_all(address, is_synod, &mut random)?;
        }
    }
    for probe in probes {
        probe.end()?;
    }
    let held = client.close_input()?;
    if held.code != 0 {
        return Err(format!("{}{}", held.stdout, held.stderr));
    }
    if self::partings(&group) != partings {
        return Err("members lost connections to each other".to_owned());
    }
    for member in &mut group.members {
        if !member
            .process
            .as_mut()
            .is_some_and(crate::process::Process::is_running)
        {
            return Err(format!("{} ended", member.name));
        }
    }
    group.wait_until_all_serve()
}

/// How often members said that the last connection to another one was gone.
fn partings(group: &Group) -> usize {
    let processes = group.members.iter().filter_map(|m| m.process.as_ref());
    processes
        .map(|process| process.log_count("peer disconnected"))
        .sum()
}

/// A probe at the health listener of each member.
fn probes(group: &Group) -> Result<Vec<Probe>, Failure> {
    let members = group.members.iter();
    members
        .map(|member| Probe::start(&member.addresses()[3]))
        .collect()
}

/// A connection over which one request follows another.
struct Probe {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), Failure>>,
}

impl Probe {
    fn start(address: &str) -> Result<Self, Failure> {
        let wrong = |error| format!("{address}: {error}");
        let stream = TcpStream::connect(address).map_err(wrong)?;
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .map_err(wrong)?;
        let over = Arc::new(AtomicBool::new(false));
        let (told, address) = (Arc::clone(&over), address.to_owned());
        let thread = std::thread::spawn(move || {
            let failed = |error| format!("a probe's connection to {address}: {error}");
            probe(stream, &address, &told).map_err(failed)
        });
        Ok(Self { over, thread })
    }

    /// Ends it; an error if its connection did not stay.
    fn end(self) -> Result<(), Failure> {
        self.over.store(true, Ordering::Relaxed);
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| Err("a probe panicked".to_owned()))
    }
}

/// Asks until it is told to stop, the last time after that.
fn probe(stream: TcpStream, address: &str, over: &AtomicBool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let is_last = over.load(Ordering::Relaxed);
        write!(stream, "GET /livez HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
        read_answer(&mut reader)?;
        if is_last {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Reads one answer of 200 and its body.
fn read_answer(reader: &mut impl BufRead) -> std::io::Result<()> {
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first)?;
    if !first.starts_with("HTTP/1.1 200 ") {
        return Err(std::io::Error::other(format!("it says {first:?}")));
    }
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let lower = line.to_ascii_lowercase();
        if let Some(number) = lower.strip_prefix("content-length:") {
            length = number.trim().parse().map_err(std::io::Error::other)?;
        }
    }
    reader.read_exact(&mut vec![0; length])
}

/// All strangers of a port. With `leave_open` half of them do not end after their rubbish: the member has to.
fn bother_all(address: &str, leave_open: bool, random: &mut Xorshift) -> Result<(), Failure> {
    let mut open = Vec::new();
    for stranger in 0..STRANGERS {
        // Each beginning is sent by strangers of both kinds.
        let stays = leave_open && stranger / 4 % 2 == 0;
        let stream = bother(address, stranger, stays, random)?;
        if stays {
            open.push((stranger, stream));
        } else {
            wait_for_close(address, stranger, stream)?;
        }
    }
    for (stranger, stream) in open {
        wait_for_close(address, stranger, stream)?;
    }
    Ok(())
}

/// Sends rubbish, sometimes behind a beginning that looks right, and ends its side unless it stays.
fn bother(
    address: &str,
    stranger: u64,
    stays: bool,
    random: &mut Xorshift,
) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
    let beginning: &[u8] = match stranger % 4 {
        0 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        1 => b"POST /etcdserverpb.KV/Put HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n",
        2 => &[0x16, 3, 1, 2, 0, 1],
        _ => b"",
    };
    let least = if stays { RUBBISH_MIN } else { 0 };
    let length = usize::try_from(random.next() % 4096).unwrap_or_default();
    let rubbish: Vec<u8> = (0..length.max(least))
        .map(|_| random.next().to_le_bytes()[0])
        .collect();
    // The other side may close at any moment.
    let _ = stream
        .write_all(beginning)
        .and_then(|()| stream.write_all(&rubbish));
    if !stays {
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
    Ok(stream)
}

/// Reads until the other side closes.
fn wait_for_close(address: &str, stranger: u64, mut stream: TcpStream) -> Result<(), Failure> {
    let deadline = Instant::now() + CLOSES_WITHIN;
    let mut answer = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = left.max(Duration::from_millis(1));
        stream
            .set_read_timeout(Some(timeout))
            .map_err(|error| error.to_string())?;
        match stream.read(&mut answer) {
            Ok(0) => return Ok(()),
            Ok(_) if !left.is_zero() => {}
            Err(error)
                if !matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                return Ok(());
            }
            _ => {
                return Err(format!(
                    "{address} keeps a connection that sent rubbish ({stranger})"
                ));
            }
        }
    }
}

/// Marsaglia's generator: the same bytes in every run.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
