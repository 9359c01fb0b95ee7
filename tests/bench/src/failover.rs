//! From a kill -9 of the leader to the next acknowledged write, with a client that writes without pause.

use std::time::Duration;

use synod_conformance::faults::{Clients, kill_leader};
use synod_conformance::{Failure, machine};

use crate::Options;
use crate::table::gap_row;

/// Kills of a round.
const KILLS: usize = 6;

/// Measures all rounds and publishes the table. Nothing acknowledged may be lost meanwhile.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let own = options
        .own
        .as_ref()
        .ok_or("needs --own, where the program `workload` is")?;
    let clients = Clients {
        etcdctl: options.peers.join("etcdctl"),
        workload: own.join("workload"),
    };
    let mut gaps: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for round in 1..=options.rounds() {
        for (side, server) in options.servers().iter().enumerate() {
            eprintln!("round {round} of {}: {}", options.rounds(), server.name());
            gaps[side].extend(kill_leader(server, &clients, KILLS)?.0);
        }
    }
    options.publish(&report(options, &mut gaps))
}

fn report(options: &Options, gaps: &mut [Vec<Duration>; 2]) -> String {
    let mut text = format!(
        "# From the death of a leader to the next acknowledged write\n\n\
         `cargo xtask bench failover` on {}.\n\n\
         Three members each on loopback, defaults of both; `kill -9` of the leader, {KILLS} times in each of {} \
         alternating rounds, while ten clients write without pause. Seconds from the kill to the acknowledgement of the \
         first write that began after it. No acknowledged write was lost, and the histories are linearizable.\n\n\
         | | kills | median | p90 | least | most |\n|---|---:|---:|---:|---:|---:|\n",
        machine::description(),
        options.rounds(),
    );
    for (side, name) in ["etcd", "Synod"].into_iter().enumerate() {
        text.push_str(&gap_row(name, &mut gaps[side]));
    }
    text
}
