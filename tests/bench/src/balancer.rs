//! HAProxy, nginx and Synod's proxy as proxies of one server, a thread each, under wrk.

mod proxies;
mod wrk;

use std::time::Duration;

use synod_conformance::{Failure, machine};

use crate::balancer::proxies::{KINDS, Origin, Proxy};
use crate::balancer::wrk::Load;
use crate::table::{median, number, row};
use crate::{BalancerOptions, publish};

pub(crate) use proxies::serve;

/// What is asked for, by how many connections.
const LOADS: [Load; 3] = [
    Load {
        name: "12 bytes, 64 connections",
        path: "/small",
        connections: 64,
    },
    Load {
        name: "12 bytes, 1 connection",
        path: "/small",
        connections: 1,
    },
    Load {
        name: "1 MiB, 8 connections",
        path: "/large",
        connections: 8,
    },
];

/// Connections of clients that do nothing.
const IDLE: [usize; 2] = [10_000, 500];

/// One proxy under one load.
struct Measured {
    rate: f64,
    p50: Duration,
    p99: Duration,
    /// Microseconds of the proxy's, for each request.
    cpu_us: f64,
}

/// Measures all rounds and publishes the tables.
pub(crate) fn run(options: &BalancerOptions) -> Result<(), Failure> {
    let rounds = if options.quick { 1 } else { options.rounds };
    let time = Duration::from_secs(if options.quick { 2 } else { 10 });
    let idle = IDLE[usize::from(options.quick)];
    let mut measured: Vec<Vec<Vec<Measured>>> = Vec::new();
    let mut memory: Vec<Vec<f64>> = vec![Vec::new(); KINDS.len()];
    for _ in 0..LOADS.len() {
        measured.push(KINDS.iter().map(|_| Vec::new()).collect());
    }
    for number in 1..=rounds {
        let origin = Origin::start()?;
        for (side, kind) in KINDS.iter().enumerate() {
            eprintln!("round {number} of {rounds}: {}", kind.name());
            let proxy = Proxy::start(*kind, &origin)?;
            for (load, rows) in LOADS.iter().zip(&mut measured) {
                let figures = one(&proxy, load, time)?;
                eprintln!(
                    "  {}: {:.0}/s, {:.1} us of CPU each",
                    load.name, figures.rate, figures.cpu_us
                );
                rows[side].push(figures);
            }
            memory[side].push(proxy.bytes_of_idle(idle)?);
        }
    }
    let report = report(rounds, idle, &measured, &memory);
    publish(&report, options.write.as_deref())
}

/// A load, after a warm-up of it.
fn one(proxy: &Proxy, load: &Load, time: Duration) -> Result<Measured, Failure> {
    load.run(proxy.port(), Duration::from_secs(1))?;
    let before = proxy.cpu_ticks();
    let answered = load.run(proxy.port(), time)?;
    let ticks = proxy.cpu_ticks() - before;
    Ok(Measured {
        rate: answered.rate,
        p50: answered.p50,
        p99: answered.p99,
        cpu_us: ticks as f64 * 10_000.0 / answered.requests.max(1) as f64,
    })
}

fn report(
    rounds: usize,
    idle: usize,
    measured: &[Vec<Vec<Measured>>],
    memory: &[Vec<f64>],
) -> String {
    let mut text = format!(
        "# HAProxy, nginx and Synod's proxy under wrk\n\n\
         `cargo xtask bench balancer` on {}.\n\n\
         HAProxy 2.6.12 and nginx 1.22.1 as Debian packs them and Synod's proxy, a thread each, HTTP/1.1 over loopback, connections \
         to the server kept; the server is nginx with one worker. Medians of {rounds} alternating rounds, after a warm-up of each \
         load. Client and server share the cores, so CPU (user and system, of the proxy, per request) is the figure that carries over \
         to other machines.\n",
        machine::description(),
    );
    for (load, sides) in LOADS.iter().zip(measured) {
        text.push_str(&format!(
            "\n## {}\n\n| | requests/s | p50, ms | p99, ms | CPU, us |\n|---|---:|---:|---:|---:|\n",
            load.name
        ));
        for (kind, rounds) in KINDS.iter().zip(sides) {
            let of = |value: fn(&Measured) -> f64| number(median(rounds.iter().map(value)));
            text.push_str(&row(&[
                kind.name().to_owned(),
                of(|it| it.rate),
                of(|it| it.p50.as_secs_f64() * 1_000.0),
                of(|it| it.p99.as_secs_f64() * 1_000.0),
                of(|it| it.cpu_us),
            ]));
        }
    }
    text.push_str(&format!(
        "\n## {idle} connections that were used once\n\n| | bytes each |\n|---|---:|\n"
    ));
    for (kind, bytes) in KINDS.iter().zip(memory) {
        let bytes = number(median(bytes.iter().copied()));
        text.push_str(&row(&[kind.name().to_owned(), bytes]));
    }
    text
}
