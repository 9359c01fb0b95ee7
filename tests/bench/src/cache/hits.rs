//! How often a key is found that is put when it is missed, while memory is short.

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};
use synod_cache::{Policy, Settings};
use synod_conformance::Failure;

use crate::cache::memory::client::Client;
use crate::cache::servers::{Kind as Side, Servers};
use crate::cache::values::Random;
use crate::table::row;

/// Keys that are asked for, beside those of scans.
const UNIVERSE: usize = 100_000;
/// So many fit, about.
const FITTING: usize = 10_000;
const REQUESTS: usize = 600_000;
const QUICK_REQUESTS: usize = 60_000;
/// Asked for at once; then what was missed is put.
const AT_ONCE: usize = 16;
/// Of a value.
const VALUE: [u8; 64] = [b'v'; 64];
/// A scan comes after so many requests.
const SCAN_EVERY: usize = 40_000;
const SCAN: usize = 10_000;
/// After so many requests other keys are asked for most.
const SHIFT_EVERY: usize = 100_000;
/// Milliseconds since the Unix epoch, when a trace begins.
const BEGIN: i64 = 1_800_000_000_000;

/// What is asked for.
struct Trace {
    name: &'static str,
    /// How much more often the first keys are asked for.
    exponent: f64,
    scans: bool,
    shifts: bool,
}

const fn trace(name: &'static str, exponent: f64, scans: bool, shifts: bool) -> Trace {
    Trace {
        name,
        exponent,
        scans,
        shifts,
    }
}

const TRACES: [Trace; 7] = [
    trace("Zipf 0.7", 0.7, false, false),
    trace("Zipf 0.9", 0.9, false, false),
    trace("Zipf 1.1", 1.1, false, false),
    trace("Zipf 0.7, scans", 0.7, true, false),
    trace("Zipf 0.9, scans", 0.9, true, false),
    trace("Zipf 1.1, scans", 1.1, true, false),
    trace("Zipf 0.9, shifting", 0.9, false, true),
];

impl Trace {
    /// The keys that are asked for, one after another.
    fn keys(&self, count: usize) -> Vec<u32> {
        let mut random = Random(0x5eed);
        let mut sums = Vec::with_capacity(UNIVERSE);
        let mut sum = 0.0;
        for rank in 1..=UNIVERSE {
            sum += (rank as f64).powf(-self.exponent);
            sums.push(sum);
        }
        let mut scanned = UNIVERSE as u32;
        let mut key = |request: usize| {
            if self.scans && request % SCAN_EVERY >= SCAN_EVERY - SCAN {
                scanned += 1;
                return scanned;
            }
            let drawn = (random.next() >> 11) as f64 / (1_u64 << 53) as f64 * sum;
            let rank = sums.partition_point(|sum| *sum < drawn);
            let shift = if self.shifts {
                request / SHIFT_EVERY * 7919
            } else {
                0
            };
            ((rank + shift) % UNIVERSE) as u32
        };
        (0..count).map(&mut key).collect()
    }
}

/// The table.
pub(crate) fn report(quick: bool) -> Result<String, Failure> {
    let mut text = format!(
        "\n## Hits\n\nOf all requests for keys those that found one, in percent, after as many that are not counted; what is missed is \
         put. {UNIVERSE} keys, of which about {FITTING} fit; scans are of {SCAN} keys that come once, after {} other requests each; \
         where it shifts, other keys are asked for most after each {SHIFT_EVERY}. Both sides have as many keys as fit in Redis, and \
         as much time.\n\n\
         | requests | Redis, allkeys-lru | Redis, allkeys-lfu | Synod, allkeys-lru | Synod, allkeys-lfu | Synod, auto |\n\
         |---|---:|---:|---:|---:|---:|\n",
        SCAN_EVERY - SCAN,
    );
    let requests = if quick { QUICK_REQUESTS } else { REQUESTS };
    for trace in &TRACES {
        let keys = trace.keys(requests);
        let mut cells = vec![trace.name.to_owned()];
        let (mut fitting, mut took_ms) = (0, 0);
        for policy in [Policy::AllKeysLru, Policy::AllKeysLfu] {
            let played = there(&keys, policy)?;
            (fitting, took_ms) = (played.fitting, played.took_ms);
            cells.push(percent(played.hits, requests));
        }
        for policy in [Policy::AllKeysLru, Policy::AllKeysLfu, Policy::Auto] {
            let hits = here(&keys, policy, fitting, took_ms)?;
            cells.push(percent(hits, requests));
        }
        let line = row(&cells);
        eprint!("{line}");
        text.push_str(&line);
    }
    Ok(text)
}

fn percent(hits: usize, requests: usize) -> String {
    format!(
        "{:.1}",
        100.0 * hits as f64 / (requests - requests / 2) as f64
    )
}

/// A key as it is asked for.
fn name(key: u32) -> Vec<u8> {
    format!("key:{key:08}").into_bytes()
}

/// Asks for all, puts what is missed, and counts what is found in the second half.
fn play(
    keys: &[u32],
    mut ask: impl FnMut(&[Vec<u8>]) -> Result<Vec<bool>, Failure>,
    mut put: impl FnMut(&[Vec<u8>]) -> Result<(), Failure>,
) -> Result<usize, Failure> {
    let (mut hits, mut done) = (0, 0);
    for some in keys.chunks(AT_ONCE) {
        let names: Vec<_> = some.iter().map(|key| name(*key)).collect();
        let found = ask(&names)?;
        let missed = names.into_iter().zip(&found).filter(|(_, found)| !**found);
        put(&missed.map(|(name, _)| name).collect::<Vec<_>>())?;
        if done >= keys.len() / 2 {
            hits += found.iter().filter(|found| **found).count();
        }
        done += some.len();
    }
    Ok(hits)
}

struct Played {
    hits: usize,
    /// So many keys were there at the end.
    fitting: usize,
    took_ms: i64,
}

fn there(keys: &[u32], policy: Policy) -> Result<Played, Failure> {
    let servers = Servers::start(Side::Redis, 1)?;
    let mut client = Client::connect(servers.ports()[0])?;
    let set = |names: &[Vec<u8>]| -> Vec<Vec<Vec<u8>>> {
        let command = |name: &Vec<u8>| vec![b"set".to_vec(), name.clone(), VALUE.to_vec()];
        names.iter().map(command).collect()
    };
    let names: Vec<_> = (0..FITTING as u32).map(name).collect();
    for some in names.chunks(100) {
        client.send(&set(some), 1)?;
    }
    let text = client.ask("info memory")?;
    let used = text.lines().find_map(|it| it.strip_prefix("used_memory:"));
    let used = used.ok_or("Redis does not tell its memory")?;
    client.ask("flushall")?;
    client.ask(&format!("config set maxmemory {used}"))?;
    client.ask(&format!("config set maxmemory-policy {}", policy.name()))?;
    let start = std::time::Instant::now();
    let mut other = Client::connect(servers.ports()[0])?;
    let put = |names: &[Vec<u8>]| other.send(&set(names), 1);
    let hits = play(keys, |names| client.found(names), put)?;
    let took_ms = i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX);
    let size = client.ask("dbsize")?;
    let fitting = size.trim_start_matches(':').parse();
    Ok(Played {
        hits,
        fitting: fitting.map_err(|_| format!("no size: {size}"))?,
        took_ms,
    })
}

fn here(keys: &[u32], policy: Policy, fitting: usize, took_ms: i64) -> Result<usize, Failure> {
    let partition = std::cell::RefCell::new(Partition::new(1));
    partition.borrow_mut().set_recording(false);
    partition.borrow_mut().set_settings(Settings {
        policy,
        ..Settings::default()
    });
    let run = |words: &[&[u8]]| {
        let mut reply = Reply::new(Protocol::Resp2);
        let spec = named(words[0]).expect("a command");
        let mut partition = partition.borrow_mut();
        Call::new(words, Keys::new(&mut [&mut partition], 0), &mut reply).run(spec);
        reply
    };
    let size = || {
        let reply = run(&[b"dbsize"]);
        let text = String::from_utf8_lossy(reply.bytes()).into_owned();
        text[1..].trim().parse::<usize>().expect("a number")
    };
    let mut done = 0;
    let ask = |names: &[Vec<u8>]| {
        done += names.len();
        let now = BEGIN + took_ms * done as i64 / keys.len() as i64;
        partition.borrow_mut().set_now(now);
        let found = |name: &Vec<u8>| !run(&[b"get", name]).bytes().starts_with(b"$-1");
        Ok(names.iter().map(found).collect())
    };
    let put = |names: &[Vec<u8>]| {
        for name in names {
            // As Redis does: before the command.
            while size() >= fitting && partition.borrow_mut().evict(1) > 0 {}
            run(&[b"set", name, &VALUE]);
        }
        Ok(())
    };
    play(keys, ask, put)
}
