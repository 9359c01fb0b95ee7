//! The corpus: scripts of requests in ZooKeeper's protocol, and every byte that ZooKeeper 3.8 answered them with.
//!
//! A file of `zookeeper/corpus/` is one test. It reads:
//!
//! ```text
//! # What it shows.
//! # server zookeeper.enforceQuota=true    a property of the server that it is recorded from
//!
//! A connect                               opens a connection and a session; see `play`
//! A create /a "some data" open 0          a request; see `request`
//!   A 1 z2 OK "/a"                        what came: the reply, in words
//!   = 00000001<z2>00000000000000022f61    and as bytes, with names for what differs from run to run; see `symbols`
//! ```
//!
//! Where another server may answer otherwise, `  or: REASON` and its lines stand below.
//!
//! After each step every connection is asked for a pong, and what comes before the pong belongs to the step. So nothing
//! waits for a time, and that no event comes is as sure as that one does.
//!
//! `cargo xtask conformance zookeeper/corpus` plays each file at a new agent. A file is recorded from a new ZooKeeper (Debian's
//! package `zookeeper`), and played again at another, by
//! `cargo xtask conformance zookeeper/corpus -- --zookeeper-jar --record`, and the same without `--record`. A server that
//! runs already is named by `--zookeeper ADDRESS`, with the name of one file: each wants a server without nodes.
//!
//! It promises that a server which passes answers as ZooKeeper does, to the byte, but for the order of what has none
//! (names of children, credentials), and for the numbers themselves of zxids, sessions and times, of which the order and
//! the relations are compared. It knows nothing of the server but its address.

mod agent;
mod body;
mod client;
mod generate;
mod play;
mod request;
mod script;
mod server;
mod show;
mod symbols;
mod words;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use generate::generate;
pub use server::Server;

use crate::Failure;
use agent::Agent;
use script::Script;

/// What a corpus is played at.
#[derive(Debug, Clone)]
pub enum Place {
    /// A server that runs and has no nodes yet.
    Address(SocketAddr),
    /// A real ZooKeeper of these jars, a new one for each file.
    Real(PathBuf),
    /// A `synod-agent` of this program, a new one for each file.
    Agent(PathBuf),
}

/// The files of the corpus, in the order of their names.
///
/// # Errors
/// When the folder cannot be read.
pub fn files() -> Result<Vec<PathBuf>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("zookeeper/corpus");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    paths.sort();
    Ok(paths)
}

/// Plays a file and compares; with `record` writes what came instead. Says how many requests it made.
///
/// # Errors
/// With the first difference, or when the server cannot be started or reached.
pub fn check(path: &Path, place: &Place, record: bool) -> Result<usize, Failure> {
    let mut script = Script::read(path)?;
    let properties = script.properties();
    let outcome = match place {
        Place::Address(running) => play::play(&script, *running)?,
        Place::Real(jar) => {
            let server = Server::start(jar, &properties)?;
            play::play(&script, server.address())?
        }
        Place::Agent(program) => {
            let mut agent = Agent::start(program, &properties)?;
            let outcome = play::play(&script, agent.address())
                .map_err(|failure| format!("{failure}\n  its log ends:\n{}", agent.log_tail()))?;
            if !agent.is_running() {
                return Err(format!("the agent ended:\n{}", agent.log_tail()));
            }
            outcome
        }
    };
    if record {
        script.record(outcome.lines)?;
    } else {
        script.compare(&outcome.lines, matches!(place, Place::Real(_)))?;
    }
    Ok(outcome.requests)
}
