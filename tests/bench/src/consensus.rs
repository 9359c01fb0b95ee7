//! etcd and Synod, three members each, over loopback without TLS, under etcd's benchmark tool.

use synod_conformance::etcdctl::Etcdctl;
use synod_conformance::group::{Group, Server};
use synod_conformance::{Failure, machine};

use crate::Options;
use crate::comparison::{Round, comparison};
use crate::load::{LOADS, run as run_load};

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
    text.push_str(&comparison(
        "etcd",
        LOADS.each_ref().map(|load| load.name),
        rounds,
    ));
    text
}
