//! ZooKeeper's words of four letters: a connection, a word, the answer until the end.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Failure;

/// How long a member may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the member at `address` answers.
///
/// # Errors
/// When nobody listens there or nothing comes.
pub fn ask(address: &str, word: &str) -> Result<String, Failure> {
    let cannot = |error: std::io::Error| format!("{word} to {address}: {error}");
    let socket: SocketAddr = address
        .parse()
        .map_err(|error| format!("{address}: {error}"))?;
    let mut stream = TcpStream::connect_timeout(&socket, PATIENCE).map_err(cannot)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(cannot)?;
    stream.write_all(word.as_bytes()).map_err(cannot)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(cannot)?;
    Ok(answer)
}

/// What a member does: `leader`, `follower`, or an error while it does neither.
///
/// # Errors
/// When it does not serve.
pub fn mode(address: &str) -> Result<String, Failure> {
    let answer = ask(address, "srvr")?;
    let mode = answer.lines().find_map(|line| line.strip_prefix("Mode: "));
    mode.map(str::to_owned)
        .ok_or_else(|| format!("{address} does not serve: {}", answer.trim()))
}
