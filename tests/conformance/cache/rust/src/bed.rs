//! What a test is run against, and what it checks with.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

/// How long something may take that is waited for.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// What a test returns.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// A server without keys, and somebody who kills it.
pub struct Bed {
    /// The test's name.
    pub name: String,
    /// HOST:PORT of the server.
    pub address: String,
}

impl Bed {
    /// The host and the port apart.
    pub fn place(&self) -> (&str, u16) {
        let (host, port) = self.address.split_once(':').unwrap_or((&self.address, ""));
        (host, port.parse().unwrap_or(6379))
    }

    /// `kill -9` of the server.
    pub fn kill(&self) -> Outcome {
        ask(&format!("harm kill {}", self.address))
    }

    /// Starts the killed server and waits until it serves.
    pub fn start(&self) -> Outcome {
        ask(&format!("harm start {}", self.address))
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

/// What is true.
pub fn check(what: &str, holds: bool) -> Outcome {
    equal(what, true, holds)
}

/// What is equal.
pub fn equal<T: PartialEq + Debug>(what: &str, expected: T, came: T) -> Outcome {
    if expected == came {
        println!("  {what}");
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, came {came:?}").into())
}

/// What is refused, and with which words at the end.
pub fn refused<T: Debug, E: ToString>(what: &str, words: &str, came: Result<T, E>) -> Outcome {
    match came {
        Err(error) if error.to_string().contains(words) => {
            println!("  {what} is refused: {words}");
            Ok(())
        }
        Err(error) => {
            Err(format!("{what}: expected `{words}`, came `{}`", error.to_string()).into())
        }
        Ok(value) => Err(format!("{what}: not refused: {value:?}").into()),
    }
}

/// What becomes true.
pub async fn eventually<F: Future<Output = bool>>(
    what: &str,
    mut holds: impl FnMut() -> F,
) -> Outcome {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    if waited.await.is_err() {
        return Err(format!("not so after {PATIENCE:?}: {what}").into());
    }
    println!("  {what}");
    Ok(())
}
