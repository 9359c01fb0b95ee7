//! A CacheCluster by `synod local`: from the shipped file to the first key, with the password that was made up; killed, stopped and
//! changed, with its keys on disk and then in memory only.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::members::{Running, processes};
use super::{Local, Wanted, expect, refused};
use crate::{Failure, eventually};

/// The file, from the root of the clone.
const FILE: &str = include_str!("../../../../crds/examples/cache.yaml");
/// The line of it that is changed.
const DURABILITY: &str = "durability: Async ";
/// How long the cache may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The file as it is shipped, then with each write on disk at once, then with nothing on disk.
///
/// # Errors
/// With what was not so.
pub fn caches(programs: &Path) -> Result<(), Failure> {
    let wanted = Wanted {
        members: 1,
        election_ms: 1000,
        tls: "Disabled",
    };
    let local = Local::laid_out(programs, wanted)?;
    write(&local, FILE)?;
    let said = local.run(&["local", "-f", &local.file(), "--detach"])?;
    expect(&said, "redis-cli -u")?;
    let first = Cache::of(&local)?;
    if said.contains(&first.password) {
        return Err("the password is told without being asked for".to_owned());
    }
    strangers(&first)?;
    first.sets("hello", "world")?;
    expect(&local.run(&["get", "cachecluster/cache"])?, "Async")?;
    expect(&local.run(&["status", "cc/cache"])?, "Ready")?;
    on_disk(&local)?;
    if Cache::of(&local)?.password != first.password {
        return Err("the password is another one".to_owned());
    }
    in_memory(&local)?;
    not_yet(&local)?;
    local.run(&["delete", "cc/cache"])?;
    local.run(&["local", "down"]).map(drop)
}

/// What was acknowledged outlives the process, and the whole of `synod local`.
fn on_disk(local: &Local) -> Result<(), Failure> {
    let cache = changed(local, "persistence: {fsync: Always} ")?;
    cache.has("hello", Some("world"))?;
    cache.sets("last", "word")?;
    let running = processes(local)?;
    running.values().try_for_each(Running::kill)?;
    eventually(|| Cache::of(local)?.has("last", Some("word")))?;
    local.run(&["local", "down"])?;
    local.run(&["local", "--detach"])?;
    let cache = Cache::of(local)?;
    cache.has("last", Some("word"))?;
    cache.has("hello", Some("world"))
}

/// What was on disk is gone, and does not come again.
fn in_memory(local: &Local) -> Result<(), Failure> {
    let cache = changed(local, "durability: None ")?;
    cache.has("hello", None)?;
    cache.sets("fleeting", "word")?;
    cache.has("fleeting", Some("word"))?;
    let cache = changed(local, "durability: Async ")?;
    cache.has("fleeting", None)?;
    cache.has("hello", None)
}

/// What is wanted and not served yet is refused with what can be had.
fn not_yet(local: &Local) -> Result<(), Failure> {
    for (field, words) in [
        ("shards: 3 ", "shards must be 1"),
        ("replicasPerShard: 1 ", "replicasPerShard must be 0"),
        ("mode: Cluster ", "Standalone"),
        ("durability: Quorum ", "Async"),
    ] {
        write(local, &FILE.replace(DURABILITY, field))?;
        let why = local.run(&["apply", "-f", &local.file()]);
        refused(field, why, &[words])?;
    }
    Ok(())
}

fn write(local: &Local, text: &str) -> Result<(), Failure> {
    std::fs::write(local.file(), text).map_err(|error| error.to_string())
}

/// The cache once it runs as the file says with another line instead of the one about durability.
fn changed(local: &Local, line: &str) -> Result<Cache, Failure> {
    let before = processes(local)?;
    write(local, &FILE.replace(DURABILITY, line))?;
    local.run(&["apply", "-f", &local.file()])?;
    eventually(|| {
        let now = processes(local)?;
        if now.is_empty() || now == before {
            return Err("the agent is not made anew".to_owned());
        }
        let cache = Cache::of(local)?;
        cache.client().map(|_| cache)
    })
}

/// Who shows no password, or another one, is told nothing.
fn strangers(cache: &Cache) -> Result<(), Failure> {
    let mut stranger = Client::connect(&cache.host)?;
    expect(&stranger.call(&["GET", "hello"])?, "-NOAUTH")?;
    expect(&stranger.call(&["AUTH", "guessed"])?, "-WRONGPASS")
}

/// Where a cache is, and what it wants to hear.
struct Cache {
    host: String,
    password: String,
}

impl Cache {
    fn of(local: &Local) -> Result<Self, Failure> {
        let said = local.run(&["env", "cc/cache"])?;
        let value = |name: &str| {
            let start = format!("export {name}=");
            let line = said.lines().find_map(|line| line.strip_prefix(&start));
            let value = line.map(|value| value.trim_matches('\'').to_owned());
            value.ok_or_else(|| format!("no {name} in:\n{said}"))
        };
        let url = value("REDIS_URL")?;
        let host = url.strip_prefix("redis://");
        Ok(Self {
            host: host.ok_or_else(|| format!("{url} is no URL"))?.to_owned(),
            password: value("REDISCLI_AUTH")?,
        })
    }

    fn client(&self) -> Result<Client, Failure> {
        let mut client = Client::connect(&self.host)?;
        expect(&client.call(&["AUTH", &self.password])?, "+OK")?;
        Ok(client)
    }

    fn sets(&self, key: &str, value: &str) -> Result<(), Failure> {
        expect(&self.client()?.call(&["SET", key, value])?, "+OK")
    }

    fn has(&self, key: &str, value: Option<&str>) -> Result<(), Failure> {
        let got = self.client()?.call(&["GET", key])?;
        let expected = value.map_or_else(
            || "$-1\r\n".to_owned(),
            |value| format!("${}\r\n{value}\r\n", value.len()),
        );
        if got == expected {
            return Ok(());
        }
        Err(format!("{key} is {got:?}, not {value:?}"))
    }
}

/// A connection that does one call at a time.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(host: &str) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| format!("{host}: {error}");
        let stream = TcpStream::connect(host).map_err(failed)?;
        stream.set_read_timeout(Some(ANSWER_MAX)).map_err(failed)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The answer as it came: a line, and what follows the length of a text.
    fn call(&mut self, words: &[&str]) -> Result<String, Failure> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request += &format!("${}\r\n{word}\r\n", word.len());
        }
        let mut answer = || {
            self.0.get_mut().write_all(request.as_bytes())?;
            let mut said = String::new();
            self.0.read_line(&mut said)?;
            let length = said.strip_prefix('$').and_then(|it| it.trim().parse().ok());
            if let Some(length) = length.and_then(|it: i64| u64::try_from(it).ok()) {
                self.0.by_ref().take(length + 2).read_to_string(&mut said)?;
            }
            Ok::<_, std::io::Error>(said)
        };
        answer().map_err(|error| format!("{}: {error}", words[0]))
    }
}
