//! Redis and Synod's cache under redis-benchmark, a thread of ours for each process of theirs, and the memory that both take.

mod hits;
mod load;
mod memory;
mod servers;
mod values;

use synod_conformance::{Failure, machine};

use crate::cache::load::{LOADS, Load};
use crate::cache::servers::{Kind, Servers};
use crate::comparison::{Measured, Round, comparison};
use crate::{CacheOptions, publish};

pub(crate) use memory::weigh;
pub(crate) use servers::serve;

/// Redis first.
const KINDS: [Kind; 2] = [Kind::Redis, Kind::Synod];

/// Measures all rounds and the memory, and publishes both tables.
pub(crate) fn run(options: &CacheOptions) -> Result<(), Failure> {
    let rounds_wanted = if options.quick { 1 } else { options.rounds };
    let mut rounds: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
    if options.wants("time") {
        for number in 1..=rounds_wanted {
            for (side, kind) in KINDS.into_iter().enumerate() {
                eprintln!("round {number} of {rounds_wanted}: {}", kind.name());
                rounds[side].push(round(kind, options.quick)?);
            }
        }
    }
    let mut text = format!(
        "# Redis and Synod's cache\n\n`cargo xtask bench cache` on {}.\n\n",
        machine::description()
    );
    if options.wants("time") {
        text.push_str(&speed(rounds_wanted, &rounds));
    }
    if options.wants("memory") {
        text.push_str(&memory::report(options.quick)?);
    }
    if options.wants("hits") {
        text.push_str(&hits::report(options.quick)?);
    }
    publish(&text, options.write.as_deref())
}

/// New servers, all loads one after the other: those of one thread, then those of two.
fn round(kind: Kind, quick: bool) -> Result<Round, Failure> {
    let mut loads = Vec::new();
    let mut memory_mib = 0.0;
    for threads in [1, 2] {
        let servers = Servers::start(kind, threads)?;
        load::fill(&servers)?;
        for load in LOADS.iter().filter(|load| load.threads == threads) {
            let measured = load::run(&servers, load, quick)?;
            tell(load, &measured);
            loads.push(measured);
        }
        if threads == 1 {
            memory_mib = servers.resident_bytes() as f64 / f64::from(1 << 20);
        }
    }
    Ok(Round { loads, memory_mib })
}

fn tell(load: &Load, measured: &Measured) {
    let Measured { rate, cpu_us, .. } = measured;
    eprintln!("  {}: {rate:.0}/s, {cpu_us:.2} us of CPU each", load.name);
}

fn speed(rounds_made: usize, rounds: &[Vec<Round>; 2]) -> String {
    let mut text = format!(
        "## Time\n\nRedis 7.0.15 as Debian packs it without persistence; Synod's cache without persistence. Medians of {rounds_made} \
         alternating rounds, each on new servers and data, by redis-benchmark on loopback: 50 connections, 100,000 keys, values of \
         64 bytes; of sets, hashes, sorted sets and lists one under one key, to which 100,000 elements come. Two threads of Synod \
         are measured beside two processes of Redis, by two redis-benchmarks of 25 connections, one for each process. The client \
         shares the cores, so CPU (user and system, of all servers, per command) is the figure that carries over to other machines. \
         Ratios are Synod's figure over Redis's.\n\n",
    );
    text.push_str(&comparison(
        "Redis",
        LOADS.each_ref().map(|load| load.name),
        rounds,
    ));
    text
}
