//! Bad input: one clear message with the place and the cure, a non-zero exit, nothing changed. Random bytes close their own
//! connection.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Failure;
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

/// Random bytes on every port of every member close that connection and nothing else.
///
/// # Errors
/// When a member stops serving or ends.
pub fn random_bytes(server: &Server) -> Result<(), Failure> {
    let mut group = Group::start(server, 3)?;
    let mut random = Xorshift(0x5eed_5eed_5eed_5eed);
    let listeners = if matches!(server, Server::Synod(_)) {
        4
    } else {
        2
    };
    for member in &group.members {
        for address in &member.addresses()[..listeners] {
            for stranger in 0..STRANGERS {
                bother(address, stranger, &mut random)?;
            }
        }
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

/// Sends rubbish, sometimes behind a beginning that looks right, and reads until the other side closes.
fn bother(address: &str, stranger: u64, random: &mut Xorshift) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
    let patience = Some(Duration::from_secs(30));
    stream
        .set_read_timeout(patience)
        .map_err(|error| error.to_string())?;
    let beginning: &[u8] = match stranger % 4 {
        0 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        1 => b"POST /etcdserverpb.KV/Put HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n",
        2 => &[0x16, 3, 1, 2, 0, 1],
        _ => b"",
    };
    let length = usize::try_from(random.next() % 4096).unwrap_or_default();
    let rubbish: Vec<u8> = (0..length)
        .map(|_| random.next().to_le_bytes()[0])
        .collect();
    // The other side may close at any moment.
    let _ = stream
        .write_all(beginning)
        .and_then(|()| stream.write_all(&rubbish));
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            ) =>
        {
            Err(format!(
                "{address} keeps a connection open that sent rubbish ({stranger}) and ended"
            ))
        }
        _ => Ok(()),
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
