//! A configuration that passed, as threads go by it: names are numbers, headers are bytes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use synod_balance::budget::{self, Budget};
use synod_balance::limiter::{CellRate, KeyedLimiter, Rate};
use synod_balance::{Moment, Refusal, Split};

use crate::config::{
    self, Config, HashOn, HeaderEdits, HeaderMatch, Listener, PathMatch, Redirect, TimeOuts,
};
use crate::figures::Figures;
use crate::http::edits::Edits;
use crate::http::head::Field;
use crate::http::request::Request;
use crate::keyring::Keyring;
use crate::mutation::mutated;
use crate::proxy_protocol::Version;
use crate::tls::{Outward, Shown};

/// What threads go by.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) listeners: Vec<(Listener, Option<Shown>)>,
    /// The most particular first.
    routes: Vec<Arc<Route>>,
    pub(crate) backends: Vec<Backend>,
}

/// What of a backend concerns a connection to it.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) name: String,
    pub(crate) proxy_protocol: Option<Version>,
    pub(crate) tls: Option<Outward>,
    pub(crate) figures: Arc<Figures>,
    pub(crate) idle_connections_max: usize,
}

/// A route. It is kept by the requests that go by it, also when the plan is replaced.
#[derive(Debug)]
pub(crate) struct Route {
    /// What it was made of.
    source: config::Route,
    pub(crate) name: Arc<str>,
    pub(crate) figures: Arc<Figures>,
    listeners: Vec<String>,
    hosts: Vec<String>,
    path: Option<PathMatch>,
    methods: Vec<String>,
    headers: Vec<HeaderMatch>,
    /// Places in the plan's backends, as `split` counts them; names, since another plan has other places.
    pub(crate) to: Vec<Arc<str>>,
    pub(crate) split: Split,
    pub(crate) redirect: Option<Redirect>,
    pub(crate) replace_prefix: Option<(usize, Box<[u8]>)>,
    pub(crate) request_edits: Edits,
    pub(crate) response_edits: Edits,
    pub(crate) time_outs: TimeOuts,
    pub(crate) attempts: u32,
    pub(crate) budget: Budget,
    /// The cookie's name.
    pub(crate) sticky: Option<Box<[u8]>>,
    limit: Option<Limit>,
    pub(crate) hash_on: HashOn,
}

#[derive(Debug)]
enum Limit {
    All(Rate, CellRate),
    Each(KeyedLimiter),
}

/// Clients whose rates are told apart.
const CLIENTS_MAX: usize = 65_536;

impl Plan {
    /// The plan of a configuration without mistakes. A route that was in the plan before goes on: its rates and its budget are not
    /// forgotten because another route changed.
    pub(crate) fn new(
        config: &Config,
        before: Option<&Self>,
        keyring: &Keyring,
        (threads, secret): (usize, u64),
    ) -> Self {
        let old = |route: &&config::Route| {
            let old = before?.routes.iter().find(|it| it.source == **route)?;
            Some(Arc::clone(old))
        };
        let mut by_name = before.map(Self::route_figures).unwrap_or_default();
        let mut route = |it: &config::Route| {
            let figures = by_name.entry(Arc::from(&*it.name));
            let figures = figures.or_insert_with(|| Arc::new(Figures::new(threads)));
            old(&it).unwrap_or_else(|| Arc::new(Route::new(it, Arc::clone(figures), secret)))
        };
        let mut routes = config.routes.iter().map(&mut route).collect::<Vec<_>>();
        routes.sort_by_key(|route| std::cmp::Reverse(route.rank()));
        let backend = |it: &config::Backend| Backend {
            name: it.name.clone(),
            proxy_protocol: it.proxy_protocol,
            tls: keyring.outward(&it.name),
            figures: before
                .and_then(|plan| plan.backends.iter().find(|old| old.name == it.name))
                .map_or_else(
                    || Arc::new(Figures::new(threads)),
                    |old| Arc::clone(&old.figures),
                ),
            idle_connections_max: it.limits.idle_connections_max,
        };
        Self {
            listeners: config
                .listeners
                .iter()
                .map(|it| (it.clone(), keyring.shown(&it.name)))
                .collect(),
            routes,
            backends: config.backends.iter().map(backend).collect(),
        }
    }

    /// What routes counted, by their names.
    pub(crate) fn route_figures(&self) -> BTreeMap<Arc<str>, Arc<Figures>> {
        let pairs = self.routes.iter();
        let pairs = pairs.map(|it| (Arc::clone(&it.name), Arc::clone(&it.figures)));
        pairs.collect()
    }

    /// The route for a request that came to this listener.
    pub(crate) fn route(
        &self,
        listener: &str,
        head: &[u8],
        (request, fields): (&Request, &[Field]),
    ) -> Option<&Arc<Route>> {
        let host = bare_host(&head[request.host.clone()]);
        let path = path(&head[request.target.clone()]);
        let method = &head[request.method.clone()];
        let is_fit = |route: &&Arc<Route>| {
            route.is_at(listener)
                && route.is_for(host)
                && route.has_path(path)
                && (route.methods.is_empty()
                    || route.methods.iter().any(|it| it.as_bytes() == method))
                && route.headers.iter().all(|it| has_header(it, head, fields))
        };
        self.routes.iter().find(is_fit)
    }
}

fn has_header(header: &HeaderMatch, head: &[u8], fields: &[Field]) -> bool {
    fields.iter().any(|field| {
        field
            .name(head)
            .eq_ignore_ascii_case(header.name.as_bytes())
            && field.value(head) == header.value.as_bytes()
    })
}

/// A host without its port.
fn bare_host(host: &[u8]) -> &[u8] {
    match memchr::memrchr(b':', host) {
        Some(colon) if host[colon..].iter().skip(1).all(u8::is_ascii_digit) => &host[..colon],
        _ => host,
    }
}

/// A target without its query.
pub(crate) fn path(target: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'?', target).unwrap_or(target.len());
    match &target[..end] {
        [] => b"/",
        path => path,
    }
}

/// Where a redirection sends this request.
pub(crate) fn location(
    redirect: &Redirect,
    head: &[u8],
    request: &Request,
    is_tls: bool,
) -> Vec<u8> {
    let target = &head[request.target.clone()];
    let scheme = if is_tls { "https" } else { "http" };
    let host = redirect
        .host
        .as_ref()
        .map_or(&head[request.host.clone()], |it| it.as_bytes());
    let mut location = Vec::with_capacity(target.len() + host.len() + 16);
    location.extend_from_slice(redirect.scheme.as_deref().unwrap_or(scheme).as_bytes());
    location.extend_from_slice(b"://");
    location.extend_from_slice(host);
    match &redirect.path {
        Some(path) => {
            location.extend_from_slice(path.as_bytes());
            let query = memchr::memchr(b'?', target).map_or(&b""[..], |it| &target[it..]);
            location.extend_from_slice(query);
        }
        None if target.is_empty() => location.push(b'/'),
        None => location.extend_from_slice(target),
    }
    location
}

impl Route {
    fn new(route: &config::Route, figures: Arc<Figures>, secret: u64) -> Self {
        let weights = route.to.iter().map(|it| it.weight).collect::<Vec<_>>();
        let replaced = match (&route.path, &route.replace_prefix) {
            (Some(PathMatch::Prefix(path)), Some(by)) => {
                let length = path.trim_end_matches('/').len();
                Some((length, by.trim_end_matches('/').as_bytes().into()))
            }
            _ => None,
        };
        let rate = |it: &config::Rate| {
            let rate = Rate {
                per_second: it.per_second,
                burst: it.burst,
            };
            match it.per_client {
                true => Limit::Each(KeyedLimiter::new(rate, CLIENTS_MAX, secret)),
                false => Limit::All(rate, CellRate::default()),
            }
        };
        Self {
            source: route.clone(),
            name: Arc::from(&*route.name),
            figures,
            listeners: route.listeners.clone(),
            hosts: route
                .hosts
                .iter()
                .map(|it| it.to_ascii_lowercase())
                .collect(),
            path: route.path.clone(),
            methods: route.methods.clone(),
            headers: route.headers.clone(),
            to: route.to.iter().map(|it| Arc::from(&*it.backend)).collect(),
            split: Split::new(&weights),
            redirect: route.redirect.clone(),
            replace_prefix: replaced,
            request_edits: edits(&route.request_headers),
            response_edits: edits(&route.response_headers),
            time_outs: route.time_outs,
            attempts: route.retries.attempts,
            budget: Budget::new(budget::Settings {
                ratio: route.retries.ratio,
                per_second: route.retries.per_second,
            }),
            sticky: route.sticky.as_ref().map(|it| it.cookie.as_bytes().into()),
            limit: route.rate.as_ref().map(rate),
            hash_on: route.hash_on.clone(),
        }
    }

    /// How particular it is: its longest host, its path, its headers.
    fn rank(&self) -> (usize, bool, usize, usize, bool) {
        let host = self.hosts.iter().map(String::len).max().unwrap_or(0);
        let (is_exact, path) = match &self.path {
            Some(PathMatch::Exact(path)) => (true, path.len()),
            Some(PathMatch::Prefix(path)) => (false, path.len()),
            None => (false, 0),
        };
        (
            host,
            is_exact,
            path,
            self.headers.len(),
            !self.methods.is_empty(),
        )
    }

    fn is_at(&self, listener: &str) -> bool {
        self.listeners.is_empty() || self.listeners.iter().any(|it| it == listener)
    }

    fn is_for(&self, host: &[u8]) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|it| is_host(it, host))
    }

    fn has_path(&self, path: &[u8]) -> bool {
        match &self.path {
            None => true,
            Some(PathMatch::Exact(exact)) => path == exact.as_bytes(),
            Some(PathMatch::Prefix(prefix)) => {
                let prefix = prefix.trim_end_matches('/').as_bytes();
                let rest = path.strip_prefix(prefix);
                rest.is_some_and(|it| matches!(it, [] | [b'/', ..]) || mutated("prefix-by-letters"))
            }
        }
    }

    /// Lets a request of this client through, or not.
    pub(crate) fn admit(&self, client: u64, now: Moment) -> Result<(), Refusal> {
        match &self.limit {
            None => Ok(()),
            Some(Limit::All(rate, cell)) => cell.take(*rate, now),
            Some(Limit::Each(limiter)) => limiter.take(client, now),
        }
    }

    /// True if [`Self::admit`] may refuse.
    pub(crate) const fn has_limit(&self) -> bool {
        self.limit.is_some()
    }

    pub(crate) const fn connect_time(&self) -> Duration {
        Duration::from_millis(self.time_outs.connect_ms)
    }
}

/// True if a pattern is for this host.
pub(crate) fn is_host(pattern: &str, host: &[u8]) -> bool {
    match pattern.strip_prefix('*') {
        // At least one label before the rest, which begins with its dot.
        Some(rest) => {
            let begin = host.len().checked_sub(rest.len()).filter(|it| *it > 0);
            begin.is_some_and(|it| host[it..].eq_ignore_ascii_case(rest.as_bytes()))
        }
        None => host.eq_ignore_ascii_case(pattern.as_bytes()),
    }
}

fn edits(edits: &HeaderEdits) -> Edits {
    let lines = edits.set.iter().chain(&edits.add);
    let lines = lines.map(|it| format!("{}: {}\r\n", it.name, it.value));
    let removes = edits.set.iter().map(|it| &it.name).chain(&edits.remove);
    Edits {
        lines: lines.collect::<String>().into_bytes().into(),
        removes: removes
            .map(|it| it.to_ascii_lowercase().into_bytes().into())
            .collect(),
    }
}
