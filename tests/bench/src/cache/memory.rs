//! What keys and their values take beyond their own bytes, of all types and sizes.

pub(crate) mod client;

use std::process::Command;

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};
use synod_conformance::Failure;

use crate::cache::servers::{Kind as Side, Servers};
use crate::cache::values::{Case, Kind, Random};
use crate::table::{number, row};
use client::Client;

/// Of all keys of a case together, about.
const BYTES: usize = 24 << 20;
const QUICK_BYTES: usize = 2 << 20;
const KEYS_MAX: usize = 200_000;
/// All values come of it.
const SEED: u64 = 0x5eed;

/// What keys took, in bytes for each of them.
struct Taken {
    /// Of the allocator, as the program counts it.
    counted: f64,
    /// Of the system.
    resident: f64,
}

/// The table of all cases.
pub(crate) fn report(quick: bool) -> Result<String, Failure> {
    let mut text = "\n## Memory\n\nBytes beyond those of key and value, for each key of 10 bytes: as Redis counts what it has of its \
         allocator (`used_memory`), as Synod counts it, and as the system counts resident memory. Values are incompressible; a score \
         counts as 8 bytes, a stream's entry without its name and its field. Ratios are Synod's figure over Redis's.\n\n\
         | value | own bytes | Redis | Synod | ratio | Redis, resident | Synod, resident | ratio |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for (index, case) in Case::all().into_iter().enumerate() {
        let own = case.own_bytes();
        let bytes = if quick { QUICK_BYTES } else { BYTES };
        let keys = (bytes / (own + 64)).clamp(8, KEYS_MAX);
        let (theirs, ours) = (there(&case, keys)?, here(index, keys)?);
        let over = |bytes: f64| bytes - own as f64;
        let mut cells = vec![case.name(), own.to_string()];
        for (theirs, ours) in [
            (over(theirs.counted), over(ours.counted)),
            (over(theirs.resident), over(ours.resident)),
        ] {
            cells.extend([theirs, ours, ours / theirs].map(number));
        }
        let line = row(&cells);
        eprint!("{line}");
        text.push_str(&line);
    }
    Ok(text)
}

/// In a Redis that has nothing else.
fn there(case: &Case, keys: usize) -> Result<Taken, Failure> {
    let servers = Servers::start(Side::Redis, 1)?;
    let mut client = Client::connect(servers.ports()[0])?;
    let counted = |client: &mut Client| -> Result<f64, Failure> {
        let text = client.ask("info memory")?;
        let line = text.lines().find_map(|it| it.strip_prefix("used_memory:"));
        let bytes = line.and_then(|bytes| bytes.parse().ok());
        bytes.ok_or_else(|| format!("no memory in {text}"))
    };
    let resident = || servers.resident_bytes() as f64;
    let before = (counted(&mut client)?, resident());
    let lines_each = if case.kind == Kind::Stream { 2 } else { 1 };
    let mut random = Random(SEED);
    for key in 0..keys {
        // Streams of many entries would fill the buffers of both sides.
        for commands in case.commands(key, &mut random).chunks(100) {
            client.send(commands, lines_each)?;
        }
    }
    Ok(Taken {
        counted: (counted(&mut client)? - before.0) / keys as f64,
        resident: (resident() - before.1) / keys as f64,
    })
}

/// In a process of ours that has nothing else.
fn here(case: usize, keys: usize) -> Result<Taken, Failure> {
    let program =
        std::env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let output = Command::new(program)
        .args(["cache-weight", &case.to_string(), &keys.to_string()])
        .output()
        .map_err(|error| format!("cannot weigh: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Option<Vec<f64>> = text.split_whitespace().map(|it| it.parse().ok()).collect();
    match numbers.as_deref() {
        Some([counted, resident]) => Ok(Taken {
            counted: counted / keys as f64,
            resident: resident / keys as f64,
        }),
        _ => Err(format!("cannot weigh: {text}")),
    }
}

/// Fills a partition with keys of a case, and prints what they take: as it counts it, and as the system does.
pub(crate) fn weigh(case: usize, keys: usize) -> Result<(), Failure> {
    let all = Case::all();
    let case = all.get(case).ok_or("there is no such case")?;
    let mut partition = Partition::new(1);
    partition.set_recording(false);
    let mut random = Random(SEED);
    let before = (partition.allocated(), resident());
    for key in 0..keys {
        // Entries of streams need different times.
        partition.set_now(1_800_000_000_000 + key as i64);
        for words in case.commands(key, &mut random) {
            let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            let mut reply = Reply::new(Protocol::Resp2);
            let spec = named(args[0]).ok_or("there is no such command")?;
            Call::new(&args, Keys::new(&mut [&mut partition], 0), &mut reply).run(spec);
            if reply.bytes().starts_with(b"-") {
                return Err(String::from_utf8_lossy(reply.bytes()).into_owned());
            }
        }
    }
    let after = (partition.allocated(), resident());
    println!(
        "{} {}",
        after.0 - before.0,
        after.1.saturating_sub(before.1)
    );
    Ok(())
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    const PAGE: usize = 4096;
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    PAGE * resident.unwrap_or(0_usize)
}
