//! ZooKeeper and Synod's LockService, three members each, under a lean client of the protocol.

mod ensemble;
mod load;

use synod_conformance::{Failure, machine};

use crate::comparison::{Round, comparison};
use crate::locks::ensemble::{Ensemble, Kind};
use crate::locks::load::LOADS;
use crate::{LockOptions, publish};

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
    text.push_str(&comparison(
        "ZooKeeper",
        LOADS.each_ref().map(|load| load.name),
        rounds,
    ));
    text
}
