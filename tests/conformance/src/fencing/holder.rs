//! The client that holds a lock: a program of its own, so that it can be stopped.
//!
//! It takes the lock as the recipe says, prints `held TOKEN`, and then does what it reads, line by line:
//!
//! | line | what it does | with a fence |
//! |---|---|---|
//! | `raise` | puts its token on the fence | |
//! | `write KEY VALUE` | writes | no |
//! | `guarded KEY VALUE` | writes if the fence holds its token | raised before |
//! | `fenced KEY VALUE` | puts its token on the fence and writes, in one transaction | raised with it |
//!
//! It answers `wrote`, or `refused` and why. It never asks whether it still holds the lock: between that answer and the write it
//! could be stopped just as well. Everything that it writes goes by etcdctl.

use std::io::stdin;
use std::path::Path;
use std::time::Duration;

use super::session::Session;
use crate::Failure;
use crate::etcdctl::Etcdctl;
use synod_jute::CreateMode;

/// How often it looks whether the lock is its own.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Runs it, with the path of a lock, the address of a LockService's member, the endpoints of a group, and where etcdctl is.
///
/// # Errors
/// When it does not get the lock.
pub fn run(words: &[String]) -> Result<(), Failure> {
    let [lock, address, endpoints, etcdctl] = words else {
        return Err("--hold LOCK ADDRESS ENDPOINTS ETCDCTL".to_owned());
    };
    let mut session = Session::open(address)?;
    let token = acquire(&mut session, lock)?;
    println!("held {token}");
    let store = Store {
        etcdctl: Etcdctl::new(Path::new(etcdctl), endpoints),
        fence: format!("synod.dev/fence{lock}"),
        token: quoted(&token),
    };
    for line in stdin().lines().map_while(Result::ok) {
        println!("{}", store.obey(&line)?);
    }
    drop(session);
    Ok(())
}

/// Waits for the lock; the token in hexadecimal: the service's incarnation, then the zxid that created the own node.
fn acquire(session: &mut Session, lock: &str) -> Result<String, Failure> {
    for (end, _) in lock.match_indices('/').skip(1) {
        session.create(&lock[..end], CreateMode::Persistent)?;
    }
    session.create(lock, CreateMode::Persistent)?;
    let made = session.create(&format!("{lock}/lock-"), CreateMode::EphemeralSequential)?;
    let (own, czxid) = made.ok_or("a numbered node is there already")?;
    let name = own.rsplit('/').next().unwrap_or_default();
    while session.children(lock)?.iter().min().map(String::as_str) != Some(name) {
        std::thread::sleep(LOOK_EVERY);
    }
    let incarnation = session.data("/zookeeper/incarnation")?;
    Ok(format!(
        "{}{czxid:016x}",
        String::from_utf8_lossy(&incarnation)
    ))
}

/// A token as etcdctl reads it in a transaction: `\x` before each byte.
fn quoted(token: &str) -> String {
    let bytes = token.as_bytes().chunks(2);
    bytes
        .map(|pair| format!("\\x{}", String::from_utf8_lossy(pair)))
        .collect()
}

struct Store {
    etcdctl: Etcdctl,
    fence: String,
    token: String,
}

impl Store {
    fn obey(&self, line: &str) -> Result<String, Failure> {
        let Self { fence, token, .. } = self;
        let raise = format!("put {fence} \"{token}\"\n");
        let words: Vec<&str> = line.split(' ').collect();
        let (compare, puts) = match words[..] {
            ["raise"] => (String::new(), raise),
            ["write", key, value] => (String::new(), format!("put {key} {value}\n")),
            ["guarded", key, value] => (
                format!("value(\"{fence}\") = \"{token}\"\n"),
                format!("put {key} {value}\n"),
            ),
            ["fenced", key, value] => (String::new(), format!("{raise}put {key} {value}\n")),
            _ => return Err(format!("`{line}` is nothing to do")),
        };
        let input = format!("{compare}\n{puts}\n\n");
        let output = self.etcdctl.run(&["txn".to_owned()], &input)?;
        Ok(match output.stdout.lines().next() {
            Some("SUCCESS") if output.code == 0 => "wrote".to_owned(),
            Some("FAILURE") => "refused: the fence holds another token".to_owned(),
            // What the client logs stands before it.
            _ => format!(
                "refused: {}",
                output.stderr.lines().last().unwrap_or_default()
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn tokens_are_quoted_by_bytes() {
        assert_eq!(quoted("00ff22"), r"\x00\xff\x22");
    }
}
