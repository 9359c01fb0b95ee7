//! A LockService by `synod local`: from the shipped file to ZooKeeper's words from every member, to five members and back; and
//! who holds which lock, as its members tell `synod locks` by mutual TLS, which their admin listeners ask of everybody.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use synod_jute::CreateMode;

use super::{Local, Wanted, expect};
use crate::fencing::session::Session;
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
    told(&local)?;
    apply(&FILE.replace("members: 3 ", "members: 5 "))?;
    local.run(&["apply", "-f", &local.file()])?;
    eventually(|| serve(&local, 5))?;
    local.run(&["local", "down"])?;
    local.run(&["local", "--detach"])?;
    serve(&local, 5)?;
    local.run(&["delete", "ls/locks"])?;
    local.run(&["local", "down"]).map(drop)
}

/// One client holds a lock by one member, another one waits by another; each is told, with where its client is.
fn told(local: &Local) -> Result<(), Failure> {
    let nobody = local.run(&["locks"])?;
    expect(&nobody, "no locks")?;
    let places = places(local)?;
    let mut sessions = [Session::open(&places[0])?, Session::open(&places[1])?];
    sessions[0].create("/jobs", CreateMode::Persistent)?;
    let mut tokens = Vec::new();
    for session in &mut sessions {
        let made = session.create("/jobs/lock-", CreateMode::EphemeralSequential)?;
        let (_, czxid) = made.ok_or("a numbered node is there already")?;
        let incarnation = session.data("/zookeeper/incarnation")?;
        let incarnation = String::from_utf8_lossy(&incarnation);
        tokens.push(format!("{incarnation}{czxid:016x}"));
    }
    let told = local.json(&["locks", "/jobs", "-o", "json"])?;
    let lock = &told["locks"][0];
    let [holder, waiter] = [&lock["holders"][0], &lock["waiters"][0]];
    for (contender, token) in [(holder, &tokens[0]), (waiter, &tokens[1])] {
        let session = contender["session"].as_str().unwrap_or_default();
        let client = told["clients"][session].as_str().unwrap_or_default();
        if contender["token"] != token.as_str() || !client.starts_with("127.") {
            return Err(format!("not {token} with its client's address: {told}"));
        }
    }
    let table = local.run(&["locks", "ls/locks", "--waiters"])?;
    for expected in ["/jobs", "locked", "waits", &tokens[0], &tokens[1]] {
        expect(&table, expected)?;
    }
    let refused = local.run(&["locks", "cg/locks"]);
    let refused = refused.err().ok_or("a ConsensusGroup tells locks")?;
    expect(&refused, "is no LockService")
}

/// Where clients connect.
fn places(local: &Local) -> Result<Vec<String>, Failure> {
    let said = local.run(&["env", "ls/locks"])?;
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("export ZOOKEEPER_CONNECT="));
    let line = line.ok_or_else(|| format!("no line to connect by in:\n{said}"))?;
    Ok(line.split(',').map(ToOwned::to_owned).collect())
}

/// So many members answer ZooKeeper's words, one of them as the leader.
fn serve(local: &Local, members: usize) -> Result<(), Failure> {
    let places = places(local)?;
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
