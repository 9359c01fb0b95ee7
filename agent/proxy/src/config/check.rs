//! Whether a configuration makes sense as a whole.

use std::collections::BTreeMap;
use std::fmt;

use crate::http::head::is_token;

use synod_balance::WEIGHT_MAX;

use super::{Config, Header, HeaderEdits, Listener, PathMatch, Probe, Protocol, Route};

/// A mistake: where it is, what it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place, as `routes[2].to[0].backend`.
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.at, self.what, self.remedy)
    }
}

impl std::error::Error for Problem {}

struct Found(Vec<Problem>);

impl Found {
    fn check(&mut self, is_well: bool, at: &str, what: &str, remedy: &str) {
        if !is_well {
            self.0.push(Problem {
                at: at.to_owned(),
                what: what.to_owned(),
                remedy: remedy.to_owned(),
            });
        }
    }
}

impl Config {
    /// All mistakes; none if it may be applied.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        let mut found = Found(Vec::new());
        unique(
            self.listeners.iter().map(|it| &*it.name),
            "listeners",
            "name",
            &mut found,
        );
        unique(
            self.backends.iter().map(|it| &*it.name),
            "backends",
            "name",
            &mut found,
        );
        // With port 0 each is given its own.
        let fixed = self.listeners.iter().filter(|it| it.address.port() != 0);
        let addresses = fixed.map(|it| it.address.to_string()).collect::<Vec<_>>();
        unique(
            addresses.iter().map(|it| &**it),
            "listeners",
            "address",
            &mut found,
        );
        for (number, listener) in self.listeners.iter().enumerate() {
            self.listener(listener, &format!("listeners[{number}]"), &mut found);
        }
        for (number, route) in self.routes.iter().enumerate() {
            self.route(route, &format!("routes[{number}]"), &mut found);
        }
        self.balances(&mut found);
        found.0
    }

    fn has_backend(&self, name: &str, at: &str, found: &mut Found) {
        let names = self.backends.iter().map(|it| &*it.name).collect::<Vec<_>>();
        let what = format!("there is no backend \"{name}\"");
        let remedy = format!("name one of [{}], or add it to backends", names.join(", "));
        found.check(names.contains(&name), at, &what, &remedy);
    }

    fn listener(&self, listener: &Listener, at: &str, found: &mut Found) {
        let at_backend = format!("{at}.backend");
        self.names(listener, at, found);
        match (listener.protocol, &listener.backend) {
            (Protocol::Tcp | Protocol::Tls, Some(backend)) => {
                self.has_backend(backend, &at_backend, found);
            }
            (Protocol::Tls, None) => {}
            (Protocol::Tcp, None) => found.check(
                false,
                &at_backend,
                "a listener of TCP has nowhere to send connections",
                "name a backend",
            ),
            (Protocol::Http, backend) => found.check(
                backend.is_none(),
                &at_backend,
                "a listener of HTTP goes by routes",
                "remove it, and add a route to this backend",
            ),
        }
    }

    fn names(&self, listener: &Listener, at: &str, found: &mut Found) {
        let passes = listener.protocol == Protocol::Tls;
        found.check(
            listener.names.is_empty() != passes,
            &format!("{at}.names"),
            "names belong to TLS that is passed on, and that to names",
            "set protocol TLS and names, or neither",
        );
        for (number, name) in listener.names.iter().enumerate() {
            let at = format!("{at}.names[{number}]");
            self.has_backend(&name.backend, &format!("{at}.backend"), found);
            hosts(&name.hosts, &format!("{at}.hosts"), found);
        }
        let Some(tls) = &listener.tls else {
            return;
        };
        found.check(
            !passes,
            &format!("{at}.tls"),
            "TLS either ends here or is passed on",
            "remove it, or set another protocol",
        );
        found.check(
            !tls.certificates.is_empty(),
            &format!("{at}.tls.certificates"),
            "there is none to show",
            "name a certificate and its key",
        );
    }

    fn route(&self, route: &Route, at: &str, found: &mut Found) {
        for (number, name) in route.listeners.iter().enumerate() {
            let is_one = self.listeners.iter().any(|it| it.name == *name);
            let what = format!("there is no listener \"{name}\"");
            found.check(
                is_one,
                &format!("{at}.listeners[{number}]"),
                &what,
                "name one that there is",
            );
        }
        for (number, target) in route.to.iter().enumerate() {
            self.has_backend(
                &target.backend,
                &format!("{at}.to[{number}].backend"),
                found,
            );
        }
        found.check(
            route.to.is_empty() == route.redirect.is_some(),
            &format!("{at}.to"),
            "a route goes to backends, or redirects, one of the two",
            "fill in either to or redirect",
        );
        let sum = route.to.iter().map(|it| u64::from(it.weight)).sum::<u64>();
        found.check(
            route.to.is_empty() || (1..=1_000_000).contains(&sum),
            &format!("{at}.to"),
            "the weights' sum is not within 1 and 1,000,000",
            "give one of them a weight above 0, and none a huge one",
        );
        matches(route, at, found);
        actions(route, at, found);
    }

    fn balances(&self, found: &mut Found) {
        for (number, backend) in self.backends.iter().enumerate() {
            let at = format!("backends[{number}]");
            let servers = backend.servers.iter().map(|it| it.address.to_string());
            let servers = servers.collect::<Vec<_>>();
            unique(
                servers.iter().map(|it| &**it),
                &format!("{at}.servers"),
                "address",
                found,
            );
            if let Some(dns) = &backend.dns {
                let port = dns.name.rsplit_once(':').and_then(|it| it.1.parse().ok());
                found.check(
                    backend.servers.is_empty()
                        && dns.interval_ms >= 100
                        && port.is_some_and(|it: u16| it > 0),
                    &format!("{at}.dns"),
                    "there are servers beside it, it is no host:port, or the interval is below 100 ms",
                    "leave servers out, and write app.test:8080, say",
                );
            }
            for (place, server) in backend.servers.iter().enumerate() {
                found.check(
                    server.weight <= WEIGHT_MAX,
                    &format!("{at}.servers[{place}].weight"),
                    "the weight is above 65,535, the highest there is",
                    "divide all of them by the same number",
                );
            }
            if let Some(health) = &backend.health {
                let is_path = |it: &str| {
                    it.starts_with('/') && it.bytes().all(|byte| byte.is_ascii_graphic())
                };
                found.check(
                    !matches!(&health.probe, Probe::Http(path) if !is_path(path)),
                    &format!("{at}.health.probe.http"),
                    "a path begins with / and has no spaces",
                    "write it as it stands in a request, percent-encoded",
                );
                found.check(
                    health.interval_ms >= 10 && health.failures > 0 && health.successes > 0,
                    &format!("{at}.health"),
                    "the interval is below 10 ms, or a number of results is 0",
                    "raise it",
                );
            }
        }
    }
}

fn hosts(hosts: &[String], at: &str, found: &mut Found) {
    for (number, host) in hosts.iter().enumerate() {
        let name = host.strip_prefix("*.").unwrap_or(host);
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        found.check(
            !name.is_empty() && name.bytes().all(is_name),
            &format!("{at}[{number}]"),
            "this is neither a host's name nor *. and the rest of one",
            "write it without scheme and port",
        );
    }
}

fn matches(route: &Route, at: &str, found: &mut Found) {
    hosts(&route.hosts, &format!("{at}.hosts"), found);
    if let Some(PathMatch::Exact(path) | PathMatch::Prefix(path)) = &route.path {
        found.check(
            path.starts_with('/') && path.bytes().all(|it| it.is_ascii_graphic() && it != b'?'),
            &format!("{at}.path"),
            "a path begins with / and has no spaces and no query",
            "write it as it stands in a request, percent-encoded",
        );
    }
    for (number, method) in route.methods.iter().enumerate() {
        let is_well = !method.is_empty() && method.bytes().all(|it| it.is_ascii_uppercase());
        found.check(
            is_well,
            &format!("{at}.methods[{number}]"),
            "this is no method",
            "write GET, say",
        );
    }
    for (number, header) in route.headers.iter().enumerate() {
        name(&header.name, &format!("{at}.headers[{number}].name"), found);
    }
}

fn actions(route: &Route, at: &str, found: &mut Found) {
    if let Some(redirect) = &route.redirect {
        found.check(
            matches!(redirect.status, 301 | 302 | 303 | 307 | 308),
            &format!("{at}.redirect.status"),
            "this is no status of a redirection",
            "write 301, 302, 303, 307 or 308",
        );
        let parts = [&redirect.scheme, &redirect.host, &redirect.path];
        let is_clean = |part: &str| part.bytes().all(|it| it.is_ascii_graphic());
        found.check(
            parts.into_iter().flatten().all(|it| is_clean(it)),
            &format!("{at}.redirect"),
            "a part has spaces or control characters",
            "percent-encode them",
        );
    }
    if let Some(prefix) = &route.replace_prefix {
        found.check(
            matches!(route.path, Some(PathMatch::Prefix(_)))
                && (prefix.is_empty() || prefix.starts_with('/'))
                && prefix.bytes().all(|it| it.is_ascii_graphic() && it != b'?'),
            &format!("{at}.replacePrefix"),
            "there is no prefix to replace, or this is no path",
            "set path.prefix, and begin this with /",
        );
    }
    found.check(
        route.retries.attempts < synod_balance::TRIED_MAX as u32
            && (0.0..=10.0).contains(&route.retries.ratio),
        &format!("{at}.retries"),
        "there are more than 7 attempts, or the ratio is not within 0 and 10",
        "lower it",
    );
    if let Some(sticky) = &route.sticky {
        name(&sticky.cookie, &format!("{at}.sticky.cookie"), found);
    }
    if let Some(rate) = &route.rate {
        found.check(
            rate.per_second > 0.0 && rate.per_second.is_finite() && rate.burst > 0,
            &format!("{at}.rate"),
            "nothing would be let through",
            "give it a rate above 0 and a burst of 1 or more",
        );
    }
    edits(
        &route.request_headers,
        &format!("{at}.requestHeaders"),
        found,
    );
    edits(
        &route.response_headers,
        &format!("{at}.responseHeaders"),
        found,
    );
}

fn edits(edits: &HeaderEdits, at: &str, found: &mut Found) {
    let is_value = |header: &Header| {
        header
            .value
            .bytes()
            .all(|it| it == b'\t' || (it >= b' ' && it != 0x7f))
    };
    for header in edits.set.iter().chain(&edits.add) {
        let at = format!("{at}.{}", header.name);
        name(&header.name, &at, found);
        found.check(
            is_value(header),
            &at,
            "the value has a control character",
            "remove it",
        );
    }
    for header in edits
        .set
        .iter()
        .chain(&edits.add)
        .map(|it| &it.name)
        .chain(&edits.remove)
    {
        let known = crate::http::field::Known::of(header.as_bytes());
        let is_free = !known.is_of_this_hop() && known != crate::http::field::Known::Host;
        found.check(
            is_free,
            &format!("{at}.{header}"),
            "the proxy itself answers for this header",
            "leave it alone",
        );
    }
}

fn name(name: &str, at: &str, found: &mut Found) {
    let is_well = !name.is_empty() && name.bytes().all(is_token);
    found.check(
        is_well,
        at,
        "this is no name of a header or cookie",
        "write a token",
    );
}

fn unique<'a>(names: impl Iterator<Item = &'a str>, list: &str, field: &str, found: &mut Found) {
    let mut first = BTreeMap::new();
    for (number, name) in names.enumerate() {
        if let Some(before) = first.insert(name, number) {
            let what = format!("\"{name}\" is that of {list}[{before}] too");
            found.check(
                false,
                &format!("{list}[{number}].{field}"),
                &what,
                "give each its own",
            );
        }
    }
}
