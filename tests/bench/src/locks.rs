//! ZooKeeper and Synod's LockService, three members each, under a lean client of the protocol.

mod client;
mod ensemble;
mod load;

use synod_conformance::{Failure, machine};

use crate::locks::ensemble::{Ensemble, Kind};
use crate::locks::load::{LOADS, Load, Measured};
use crate::table::{median, number, row};
use crate::{LockOptions, publish};

/// What one round measured of one side.
struct Round {
    loads: Vec<Measured>,
    /// Resident memory of a member after the loads, on average, MiB.
    memory_mib: f64,
}

/// Measures all rounds and publishes the table.
pub(crate) fn run(options: &LockOptions) -> Result<(), Failure> {
    let rounds_wanted = if options.quick { 1 } else { options.rounds };
    let kinds = [
        Kind::Zookeeper,
        Kind::Synod(options.programs.join("synod-agent")),
    ];
    let mut rounds: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
    for number in 1..=rounds_wanted {
        for (side, kind) in kinds.iter().enumerate() {
            eprintln!("round {number} of {rounds_wanted}: {}", kind.name());
            rounds[side].push(round(kind, options.quick)?);
        }
    }
    publish(&report(rounds_wanted, &rounds), options.write.as_deref())
}

/// A new ensemble, all loads one after the other.
fn round(kind: &Kind, quick: bool) -> Result<Round, Failure> {
    let ensemble = Ensemble::start(kind)?;
    let mut loads = Vec::new();
    for load in &LOADS {
        let measured = load::run(&ensemble, load, quick)?;
        eprintln!(
            "  {}: {:.0}/s, {:.1} us of CPU each",
            load.name, measured.rate, measured.cpu_us
        );
        loads.push(measured);
    }
    let memory = ensemble.resident_bytes() as f64 / 3.0 / f64::from(1 << 20);
    Ok(Round {
        loads,
        memory_mib: memory,
    })
}

fn report(rounds_made: usize, rounds: &[Vec<Round>; 2]) -> String {
    let mut text = format!(
        "# ZooKeeper and Synod's LockService under a lean client\n\n\
         `cargo xtask bench locks` on {}.\n\n\
         Three members each on loopback, plain TCP: ZooKeeper 3.8.0 as Debian packs it with 1 GiB of heap, a tick of 2 s and \
         the log synced; Synod with its defaults. Medians of {rounds_made} alternating rounds, each on new data, after a \
         warm-up of each load; 256-byte values; clients spread over all members, each waiting for its answer. A cycle of a \
         lock is: an ephemeral sequential node, a look at the children, its deletion. The client shares the cores, so CPU \
         (user and system, of all members, per operation or cycle) is the figure that carries over to other machines. Ratios \
         are Synod's figure over ZooKeeper's.\n\n",
        machine::description(),
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
        "\nResident memory of a member after these loads: ZooKeeper {} MiB, Synod {} MiB, ratio {}.\n",
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
        cells(load.name, "ZooKeeper", medians[0]),
        cells("", "Synod", medians[1]),
        cells("", "ratio", ratio),
    ]
    .concat()
}
