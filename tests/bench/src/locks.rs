//! ZooKeeper and Synod's LockService, three members each, under a lean client of the protocol.

mod ensemble;
mod failover;
mod load;

use std::time::Duration;

use synod_conformance::faults::percentile;
use synod_conformance::{Failure, machine};

use crate::comparison::{Round, comparison};
use crate::locks::ensemble::{Ensemble, Kind};
use crate::locks::load::{LOADS, Load};
use crate::table::{gap_row, number, row};
use crate::{LockOptions, publish};

/// Kills of a leader in a round, and in a quick one.
const KILLS: [usize; 2] = [4, 1];

/// Measures all rounds and publishes the table.
pub(crate) fn run(options: &LockOptions) -> Result<(), Failure> {
    let rounds_wanted = if options.quick { 1 } else { options.rounds };
    let loads: Vec<_> = LOADS
        .iter()
        .filter(|load| load.name.contains(&options.only))
        .collect();
    if loads.is_empty() {
        return Err(format!("no load's name has {:?} in it", options.only));
    }
    let kinds = [
        Kind::Zookeeper,
        Kind::Synod(options.programs.join("synod-agent")),
    ];
    let mut rounds: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
    let mut gaps: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for number in 1..=rounds_wanted {
        for (side, kind) in kinds.iter().enumerate() {
            if options.alone && matches!(kind, Kind::Zookeeper) {
                continue;
            }
            eprintln!("round {number} of {rounds_wanted}: {}", kind.name());
            let mut ensemble = Ensemble::start(kind)?;
            let measured = round(&ensemble, &loads, options.quick);
            rounds[side].push(measured.map_err(|failure| ensemble.explain(failure))?);
            if options.only.is_empty() {
                let kills = KILLS[usize::from(options.quick)];
                let measured = failover::run(&mut ensemble, kills);
                gaps[side].extend(measured.map_err(|failure| ensemble.explain(failure))?);
            }
        }
    }
    if options.alone {
        return Ok(());
    }
    let mut report = report(rounds_wanted, &loads, &rounds);
    if options.only.is_empty() {
        report.push_str(&failovers(&mut gaps));
    }
    publish(&report, options.write.as_deref())
}

/// All loads, one after the other.
fn round(ensemble: &Ensemble, wanted: &[&Load], quick: bool) -> Result<Round, Failure> {
    let mut loads = Vec::new();
    for load in wanted {
        let measured = load::run(ensemble, load, quick)?;
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

fn report(rounds_made: usize, loads: &[&Load], rounds: &[Vec<Round>; 2]) -> String {
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
        loads.iter().map(|load| load.name),
        rounds,
    ));
    text
}

/// What the kills of leaders cost.
fn failovers(gaps: &mut [Vec<Duration>; 2]) -> String {
    let mut text = format!(
        "\nThen the leader is killed by `kill -9`, while {} clients, spread over all members, write without pause in sessions of {} s; \
         who loses its member asks the next one with its session. Seconds from the kill to the acknowledgement of the first write \
         that began after it. No session and no acknowledged write was lost.\n\n\
         | | kills | median | p90 | least | most |\n|---|---:|---:|---:|---:|---:|\n",
        failover::CLIENTS,
        failover::SESSION.as_secs(),
    );
    let mut medians = [0.0; 2];
    for (side, name) in ["ZooKeeper", "Synod"].into_iter().enumerate() {
        text.push_str(&gap_row(name, &mut gaps[side]));
        medians[side] = percentile(&gaps[side], 50).as_secs_f64();
    }
    let ratio = number(medians[1] / medians[0]);
    text.push_str(&row(&[
        "ratio".to_owned(),
        String::new(),
        ratio,
        String::new(),
        String::new(),
        String::new(),
    ]));
    text
}
