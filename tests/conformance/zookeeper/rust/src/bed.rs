//! What a test is run against, and what it checks with.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use zookeeper_client as zk;

/// How long something may take that is waited for.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// A session's timeout.
pub const SESSION: Duration = Duration::from_secs(10);

/// What a test returns.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Members, settings, a part of the tree that is the test's own, and somebody who kills members.
pub struct Bed {
    /// The test's name.
    pub name: String,
    /// All members, with commas between.
    pub connect: String,
    settings: Vec<(String, String)>,
}

impl Bed {
    pub fn new(name: &str, connect: &str, settings: &[&str]) -> Self {
        let pair = |setting: &&str| {
            let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
            (key.to_owned(), value.to_owned())
        };
        Self {
            name: name.to_owned(),
            connect: connect.to_owned(),
            settings: settings.iter().map(pair).collect(),
        }
    }

    /// A setting that was given to the program.
    pub fn setting(&self, key: &str) -> Outcome<String> {
        let found = self.settings.iter().find(|(known, _)| known == key);
        let found = found.ok_or_else(|| format!("the program was not given {key}="))?;
        Ok(found.1.clone())
    }

    /// A path of the test's own; nothing is there yet.
    pub fn path(&self) -> String {
        format!("/{}-{}", self.name.replace('/', "-"), std::process::id())
    }

    /// A client of all members, connected.
    pub async fn client(&self) -> Outcome<zk::Client> {
        Ok(zk::Client::connector()
            .with_session_timeout(SESSION)
            .connect(&self.connect)
            .await?)
    }

    /// `host:port` of a member.
    pub fn member(&self, index: usize) -> Outcome<&str> {
        let member = self.connect.split(',').nth(index);
        Ok(member.ok_or_else(|| format!("there is no member {index}"))?)
    }

    /// The member that a session is connected to: the one that lists it.
    pub fn member_of(&self, session: zk::SessionId) -> Outcome<String> {
        self.member_of_without(session, "")
    }

    /// The same, where one member is not asked.
    pub fn member_of_without(&self, session: zk::SessionId, dead: &str) -> Outcome<String> {
        let wanted = format!("sid=0x{:x},", session.0);
        for member in self.connect.split(',').filter(|&member| member != dead) {
            let mut stream = TcpStream::connect(member)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(b"cons")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            if answer.contains(&wanted) {
                return Ok(member.to_owned());
            }
        }
        Err(format!("no member lists {wanted}").into())
    }

    /// `kill -9` of the member that serves clients at this address.
    pub fn kill(&self, member: &str) -> Outcome {
        ask(&format!("harm kill {member}"))
    }

    /// Starts a killed member and waits until it serves.
    pub fn start(&self, member: &str) -> Outcome {
        ask(&format!("harm start {member}"))
    }
}

fn ask(harm: &str) -> Outcome {
    println!("{harm}");
    match read_line().as_deref() {
        Some("done") => Ok(()),
        answer => Err(format!("`{harm}` was answered with {answer:?}").into()),
    }
}

/// The next line of standard input, none at its end.
pub fn read_line() -> Option<String> {
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(count) if count > 0 => Some(line.trim().to_owned()),
        _ => None,
    }
}

/// What is equal.
pub fn equal<T: PartialEq + Debug>(what: &str, expected: T, came: T) -> Outcome {
    if expected == came {
        println!("  {what}");
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, came {came:?}").into())
}

/// What is refused, and how.
pub fn refused<T: Debug>(what: &str, error: zk::Error, came: Result<T, zk::Error>) -> Outcome {
    match came {
        Err(came) => equal(&format!("{what} is refused: {error}"), error, came),
        Ok(value) => Err(format!("{what}: not refused: {value:?}").into()),
    }
}

/// What comes in time.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> Outcome<T> {
    let result = tokio::time::timeout(PATIENCE, future).await;
    result.map_err(|_| format!("not after {PATIENCE:?}: {what}").into())
}
