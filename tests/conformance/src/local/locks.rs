//! A LockService by `synod local`: from the shipped file to ZooKeeper's words from every member, to five members and back.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::{Local, Wanted, expect};
use crate::{Failure, eventually};

/// The file, from the root of the clone.
const FILE: &str = include_str!("../../../../crds/examples/locks.yaml");
/// How long a member may take to answer a word.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The file as it is shipped, then with five members, then stopped and started.
///
/// # Errors
/// With what was not so.
pub fn locks(programs: &Path) -> Result<(), Failure> {
    let wanted = Wanted {
        members: 3,
        election_ms: 1000,
        tls: "Disabled",
    };
    let local = Local::laid_out(programs, wanted)?;
    let apply = |text: &str| std::fs::write(local.file(), text).map_err(|error| error.to_string());
    apply(FILE)?;
    let said = local.run(&["local", "-f", &local.file(), "--detach"])?;
    expect(&said, "zkCli.sh -server")?;
    serve(&local, 3)?;
    expect(&local.run(&["get", "lockservice/locks"])?, "locks")?;
    let screen = local.run(&["status", "ls/locks"])?;
    expect(&screen, "LockService default/locks: Ready")?;
    expect(&screen, "3 ready of 3 voting, 3 wanted")?;
    apply(&FILE.replace("members: 3 ", "members: 5 "))?;
    local.run(&["apply", "-f", &local.file()])?;
    eventually(|| serve(&local, 5))?;
    local.run(&["local", "down"])?;
    local.run(&["local", "--detach"])?;
    serve(&local, 5)?;
    local.run(&["delete", "ls/locks"])?;
    local.run(&["local", "down"]).map(drop)
}

/// So many members answer ZooKeeper's words, one of them as the leader.
fn serve(local: &Local, members: usize) -> Result<(), Failure> {
    let said = local.run(&["env", "ls/locks"])?;
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("export ZOOKEEPER_CONNECT="));
    let places: Vec<_> = line
        .ok_or_else(|| format!("no line to connect by in:\n{said}"))?
        .split(',')
        .collect();
    let mut leaders = 0;
    for place in &places {
        expect(place, ":2181")?;
        if ask(place, "ruok")? != "imok" {
            return Err(format!("{place} is not ok"));
        }
        let said = ask(place, "srvr")?;
        expect(&said, "Zookeeper version")?;
        leaders += usize::from(said.contains("Mode: leader"));
    }
    if (places.len(), leaders) == (members, 1) {
        return Ok(());
    }
    Err(format!(
        "{} members and {leaders} leaders, not {members} and one",
        places.len()
    ))
}

fn ask(place: &str, word: &str) -> Result<String, Failure> {
    let answer = || {
        let mut stream = TcpStream::connect(place)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        stream.write_all(word.as_bytes())?;
        let mut said = String::new();
        stream.read_to_string(&mut said)?;
        Ok::<_, std::io::Error>(said)
    };
    answer().map_err(|error| format!("{word} at {place}: {error}"))
}
