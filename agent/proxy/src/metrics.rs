//! What a proxy counted, as Prometheus reads it.

use std::fmt::Write as _;

use crate::Totals;
use crate::figures::{BOUNDS_MICROS, Counted};

/// What there is to be said of routes and backends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// By name of route.
    pub routes: Vec<(String, Counted)>,
    /// Backends.
    pub backends: Vec<BackendTold>,
}

/// Of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendTold {
    /// Its name.
    pub name: String,
    /// What came of requests to it.
    pub counted: Counted,
    /// Servers.
    pub servers: usize,
    /// Those that may be chosen.
    pub usable: usize,
    /// How often one was ejected.
    pub ejections: u64,
    /// Requests under way.
    pub requests: u32,
}

/// The text of it all.
#[must_use]
pub fn text(totals: &Totals, told: &Told) -> String {
    let mut out = String::new();
    let mut plain = |name: &str, kind: &str, help: &str, value: u64| {
        // Writing to a string does not fail; nor does it below.
        let _ = write!(
            out,
            "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
        );
    };
    for (name, kind, help, value) in [
        (
            "synod_proxy_connections_total",
            "counter",
            "Connections of clients that were taken.",
            totals.accepted,
        ),
        (
            "synod_proxy_connections_open",
            "gauge",
            "Connections of clients that are open.",
            totals.open,
        ),
        (
            "synod_proxy_requests_total",
            "counter",
            "Requests.",
            totals.requests,
        ),
        (
            "synod_proxy_retries_total",
            "counter",
            "Attempts after the first.",
            totals.retries,
        ),
        (
            "synod_proxy_own_answers_total",
            "counter",
            "Answers of the proxy itself.",
            totals.own_answers,
        ),
        (
            "synod_proxy_backend_connections_total",
            "counter",
            "Connections to backends that were opened.",
            totals.connects,
        ),
        (
            "synod_proxy_backend_reuses_total",
            "counter",
            "Requests over a connection that was open.",
            totals.reused,
        ),
        (
            "synod_proxy_log_dropped_total",
            "counter",
            "Entries of the access log that were dropped.",
            totals.unlogged,
        ),
    ] {
        plain(name, kind, help, value);
    }
    let routes = told.routes.iter().map(|(name, it)| (&**name, it));
    counted(&mut out, "route", routes);
    let backends = told.backends.iter().map(|it| (&*it.name, &it.counted));
    counted(&mut out, "backend", backends);
    backend_gauges(&mut out, told);
    out
}

fn backend_gauges(out: &mut String, told: &Told) {
    type Gauge = (&'static str, &'static str, fn(&BackendTold) -> u64);
    let gauges: [Gauge; 4] = [
        ("servers", "gauge", |it| it.servers as u64),
        ("servers_usable", "gauge", |it| it.usable as u64),
        ("requests_open", "gauge", |it| it.requests.into()),
        ("ejections_total", "counter", |it| it.ejections),
    ];
    for (name, kind, value) in gauges {
        let name = format!("synod_proxy_backend_{name}");
        let _ = writeln!(out, "# TYPE {name} {kind}");
        for backend in &told.backends {
            let _ = writeln!(
                out,
                "{name}{{backend=\"{}\"}} {}",
                escaped(&backend.name),
                value(backend)
            );
        }
    }
}

fn counted<'a>(
    out: &mut String,
    label: &str,
    all: impl Iterator<Item = (&'a str, &'a Counted)> + Clone,
) {
    let name = format!("synod_proxy_{label}_requests_total");
    let _ = writeln!(out, "# TYPE {name} counter");
    for (of, it) in all.clone() {
        for (class, count) in (1..).zip(it.classes) {
            let _ = writeln!(
                out,
                "{name}{{{label}=\"{}\",class=\"{class}xx\"}} {count}",
                escaped(of)
            );
        }
    }
    let name = format!("synod_proxy_{label}_request_seconds");
    let _ = writeln!(out, "# TYPE {name} histogram");
    for (of, it) in all {
        let of = escaped(of);
        let mut sum = 0;
        let bounds = BOUNDS_MICROS.map(|it| (it as f64 / 1e6).to_string());
        let bounds = bounds.iter().map(|it| &**it).chain(["+Inf"]);
        for (bound, count) in bounds.zip(it.took) {
            sum += count;
            let _ = writeln!(
                out,
                "{name}_bucket{{{label}=\"{of}\",le=\"{bound}\"}} {sum}"
            );
        }
        let _ = writeln!(
            out,
            "{name}_sum{{{label}=\"{of}\"}} {}",
            it.micros as f64 / 1e6
        );
        let _ = writeln!(out, "{name}_count{{{label}=\"{of}\"}} {sum}");
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
