//! etcd and Synod, three members each, over loopback without TLS, under etcd's benchmark tool.

use synod_conformance::etcdctl::Etcdctl;
use synod_conformance::group::{Group, Server};
use synod_conformance::{Failure, machine};

use crate::Options;
use crate::load::{LOADS, Load, Measured, run as run_load};
use crate::table::{median, number, row};

/// What one round measured of one side.
struct Round {
    loads: Vec<Measured>,
    /// Resident memory of a member after the loads, on average, MiB.
    memory_mib: f64,
}

/// Measures all rounds and publishes the table.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut rounds: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
    for number in 1..=options.rounds() {
        for (side, server) in options.servers().iter().enumerate() {
            eprintln!("round {number} of {}: {}", options.rounds(), server.name());
            rounds[side].push(round(options, server)?);
        }
    }
    options.publish(&report(options, &rounds))
}

/// A new group, all loads one after the other.
fn round(options: &Options, server: &Server) -> Result<Round, Failure> {
    let group = Group::start(server, 3)?;
    let etcdctl = Etcdctl::new(&options.peers.join("etcdctl"), &group.endpoints());
    etcdctl.output(&["put", "bench", &"x".repeat(256)])?;
    let tool = options.peers.join("benchmark");
    let mut loads = Vec::new();
    for load in &LOADS {
        let measured = run_load(&tool, &group, load, options.quick)?;
        eprintln!(
            "  {}: {:.0}/s, {:.1} us of CPU each",
            load.name, measured.rate, measured.cpu_us
        );
        loads.push(measured);
    }
    let memory = group
        .resident_bytes()
        .into_iter()
        .map(|bytes| bytes as f64 / f64::from(1 << 20));
    Ok(Round {
        loads,
        memory_mib: memory.sum::<f64>() / 3.0,
    })
}

fn report(options: &Options, rounds: &[Vec<Round>; 2]) -> String {
    let mut text = format!(
        "# etcd and Synod under etcd's benchmark tool\n\n\
         `cargo xtask bench consensus` on {}.\n\n\
         Three members each on loopback, plain TCP, defaults of both (etcd 3.6.8: 100 ms heartbeat, 1 s election; all \
         writes synced). Medians of {} alternating rounds, each on new data; 8-byte keys, 256-byte values; puts to the \
         leader, ranges to all members. The client shares the cores, so CPU (user and system, of all members, per \
         operation) is the figure that carries over to other machines. Ratios are Synod's figure over etcd's.\n\n",
        machine::description(),
        options.rounds(),
    );
    text.push_str("| load | | rate, 1/s | p50, ms | p99, ms | server CPU, us/op |\n");
    text.push_str("|---|---|---:|---:|---:|---:|\n");
    for (index, load) in LOADS.iter().enumerate() {
        text.push_str(&rows(load, index, rounds));
    }
    let memory = rounds
        .each_ref()
        .map(|rounds| median(rounds.iter().map(|round| round.memory_mib)));
    text.push_str(&format!(
        "\nResident memory of a member after these loads: etcd {} MiB, Synod {} MiB, ratio {}.\n",
        number(memory[0]),
        number(memory[1]),
        number(memory[1] / memory[0]),
    ));
    text
}

/// Three rows of a load: both sides and the ratio.
fn rows(load: &Load, index: usize, rounds: &[Vec<Round>; 2]) -> String {
    let figures: [fn(&Measured) -> f64; 4] = [|m| m.rate, |m| m.p50_ms, |m| m.p99_ms, |m| m.cpu_us];
    let medians = rounds.each_ref().map(|rounds| {
        figures.map(|figure| median(rounds.iter().map(|round| figure(&round.loads[index]))))
    });
    let cells = |name: &str, side: &str, values: [f64; 4]| {
        let mut cells = vec![name.to_owned(), side.to_owned()];
        cells.extend(values.map(number));
        row(&cells)
    };
    let ratio = std::array::from_fn(|figure| medians[1][figure] / medians[0][figure]);
    [
        cells(load.name, "etcd", medians[0]),
        cells("", "Synod", medians[1]),
        cells("", "ratio", ratio),
    ]
    .concat()
}
