//! One load by redis-benchmark on running servers, and what it cost.

use std::process::{Child, Command, Stdio};

use synod_conformance::Failure;

use crate::cache::servers::Servers;
use crate::comparison::Measured;

/// A load.
pub(crate) struct Load {
    pub(crate) name: &'static str,
    /// Of the servers.
    pub(crate) threads: usize,
    /// How many commands a client sends at once.
    pipeline: usize,
    command: &'static [&'static str],
}

/// As many as there are keys, and as elements of a collection.
const KEYS: usize = 100_000;
const CONNECTIONS: usize = 50;
/// Commands of a round without pipeline, with one, and to fill the keys.
const SINGLE: usize = 200_000;
const PIPELINED: usize = 1_000_000;
const FILLING: usize = 500_000;

const VALUE: &str = "aKd92LxQpZ0v7TtWm3RbYcE5uHsJ8nGfXiOe41DyVqUkS6ClBwMrPjNzFhAgIo8x";
const KEY: &str = "key:__rand_int__";
const ELEMENT: &str = "element:__rand_int__";
const SET: &[&str] = &["SET", KEY, VALUE];
const GET: &[&str] = &["GET", KEY];
const MSET: &[&str] = &[
    "MSET", KEY, VALUE, KEY, VALUE, KEY, VALUE, KEY, VALUE, KEY, VALUE, KEY, VALUE, KEY, VALUE,
    KEY, VALUE, KEY, VALUE, KEY, VALUE,
];

const fn load(
    name: &'static str,
    threads: usize,
    pipeline: usize,
    command: &'static [&'static str],
) -> Load {
    Load {
        name,
        threads,
        pipeline,
        command,
    }
}

pub(crate) const LOADS: [Load; 16] = [
    load("SET", 1, 1, SET),
    load("GET", 1, 1, GET),
    load("SET, pipeline of 16", 1, 16, SET),
    load("GET, pipeline of 16", 1, 16, GET),
    load(
        "INCR, pipeline of 16",
        1,
        16,
        &["INCR", "counter:__rand_int__"],
    ),
    load("LPUSH, pipeline of 16", 1, 16, &["LPUSH", "list", VALUE]),
    load("LPOP, pipeline of 16", 1, 16, &["LPOP", "list"]),
    load("SADD, pipeline of 16", 1, 16, &["SADD", "set", ELEMENT]),
    load(
        "HSET, pipeline of 16",
        1,
        16,
        &["HSET", "hash", ELEMENT, VALUE],
    ),
    load(
        "ZADD, pipeline of 16",
        1,
        16,
        &["ZADD", "zset", "__rand_int__", ELEMENT],
    ),
    load(
        "ZRANGE of 10, pipeline of 16",
        1,
        16,
        &["ZRANGE", "zset", "0", "9"],
    ),
    load("MSET of 10, pipeline of 16", 1, 16, MSET),
    load("SET, two threads", 2, 1, SET),
    load("GET, two threads", 2, 1, GET),
    load("SET, two threads, pipeline of 16", 2, 16, SET),
    load("GET, two threads, pipeline of 16", 2, 16, GET),
];

/// Sets all keys, nearly.
pub(crate) fn fill(servers: &Servers) -> Result<(), Failure> {
    let filling = load("filling", servers.ports().len(), 16, SET);
    clients(servers, &filling, FILLING).map(drop)
}

/// Runs a load.
pub(crate) fn run(servers: &Servers, load: &Load, quick: bool) -> Result<Measured, Failure> {
    let whole = if load.pipeline == 1 {
        SINGLE
    } else {
        PIPELINED / (load.command.len() / 4).max(1)
    };
    let operations = if quick { whole / 10 } else { whole };
    let before = servers.cpu_ticks();
    let told = clients(servers, load, operations)?;
    let ticks = servers.cpu_ticks() - before;
    let most = |figure: fn(&Told) -> f64| told.iter().map(figure).fold(0.0, f64::max);
    Ok(Measured {
        rate: told.iter().map(|told| told.rate).sum(),
        p50_ms: most(|told| told.p50_ms),
        p99_ms: most(|told| told.p99_ms),
        cpu_us: ticks as f64 * 10_000.0 / operations as f64,
    })
}

/// What redis-benchmark tells.
struct Told {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// A client for each thread, all at the same time.
fn clients(servers: &Servers, load: &Load, operations: usize) -> Result<Vec<Told>, Failure> {
    let count = servers.ports().len();
    let start = |port: &u16| client(*port, load, operations / count, CONNECTIONS / count);
    let running = servers.ports().iter().map(start);
    let running: Vec<_> = running.collect::<Result<_, _>>()?;
    running
        .into_iter()
        .map(|client| told(load, client))
        .collect()
}

fn client(port: u16, load: &Load, operations: usize, connections: usize) -> Result<Child, Failure> {
    let number = |value: usize| value.to_string();
    Command::new("redis-benchmark")
        .args(["--csv", "-h", "127.0.0.1", "-p", &port.to_string()])
        .args(["-n", &number(operations), "-c", &number(connections)])
        .args(["-r", &number(KEYS), "-P", &number(load.pipeline)])
        .args(load.command)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("redis-benchmark cannot be run: {error}"))
}

fn told(load: &Load, client: Child) -> Result<Told, Failure> {
    let output = client
        .wait_with_output()
        .map_err(|error| format!("redis-benchmark: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // The test, its rate, the mean, the least time, the median, the 95th and 99th percentile, the longest.
    let cells = text.lines().last().unwrap_or_default().rsplit("\",\"");
    let cells: Vec<_> = cells.map(|cell| cell.trim_matches('"').parse()).collect();
    let [_, Ok(p99_ms), _, Ok(p50_ms), _, _, Ok(rate), ..] = cells.as_slice() else {
        return Err(format!("{}: {text}", load.name));
    };
    Ok(Told {
        rate: *rate,
        p50_ms: *p50_ms,
        p99_ms: *p99_ms,
    })
}
