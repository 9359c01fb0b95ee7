//! The one thread that decides: it owns the groups, is told what changes, and tells the event loops.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use synod_balance::{Endpoint, Group, Moment, View};

use crate::config::{Config, Listener, Problem};
use crate::keyring::Keyring;
use crate::metrics::{BackendTold, Told};
use crate::mutation::mutated;
use crate::plan::Plan;
use crate::probe::{Prober, Probing};
use crate::resolver::Resolver;
use crate::worker::{BACKLOG, Mailbox, Message};

/// What the control thread is told.
pub(crate) enum Order {
    /// Go by this configuration from now on.
    Apply(
        Box<Config>,
        Sender<Result<BTreeMap<String, SocketAddr>, Vec<Problem>>>,
    ),
    /// These are a backend's servers now.
    Endpoints(String, Vec<Endpoint>),
    /// These are the servers of a backend whose servers have this name.
    Resolved {
        backend: String,
        name: String,
        endpoints: Vec<Endpoint>,
    },
    /// A group has a backend that fails.
    Suspect(Arc<str>),
    /// What a probe found.
    Probed(Arc<str>, Arc<synod_balance::Backend>, bool),
    /// What there is to be said of routes and backends.
    Tell(Sender<Told>),
    Stop,
}

/// The groups are told of the time so often.
const TICK: Duration = Duration::from_millis(100);
/// Certificates' files are compared with what is in use so often. Kubernetes takes a minute to bring a Secret's change into a pod.
const REFRESH: Duration = Duration::from_secs(2);

struct Held {
    number: u64,
    group: Group,
    /// Servers come from the configuration, not by orders.
    is_fixed: bool,
}

pub(crate) struct Control {
    pub(crate) mailboxes: Vec<Mailbox>,
    pub(crate) orders: Receiver<Order>,
    pub(crate) began: Instant,
    pub(crate) seed: u64,
    pub(crate) secret: u64,
    groups: BTreeMap<String, Held>,
    next_group: u64,
    addresses: BTreeMap<String, (SocketAddr, SocketAddr)>,
    config: Config,
    plan: Option<Arc<Plan>>,
    prober: Prober,
    resolver: Resolver,
    keyring: Keyring,
    /// When certificates were read last.
    refreshed: Instant,
}

impl Control {
    pub(crate) fn new(
        mailboxes: Vec<Mailbox>,
        (sender, orders): (Sender<Order>, Receiver<Order>),
        began: Instant,
        (seed, secret): (u64, u64),
    ) -> Self {
        Self {
            mailboxes,
            orders,
            began,
            seed,
            secret,
            groups: BTreeMap::new(),
            next_group: 1,
            addresses: BTreeMap::new(),
            config: Config::default(),
            plan: None,
            prober: Prober::new(sender.clone()),
            resolver: Resolver::new(sender),
            keyring: Keyring::default(),
            refreshed: began,
        }
    }

    pub(crate) fn run(mut self) {
        let mut next = Instant::now() + TICK;
        loop {
            let wait = next.saturating_duration_since(Instant::now());
            match self.orders.recv_timeout(wait) {
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
            // Also when orders come without a pause.
            if Instant::now() >= next {
                next = Instant::now() + TICK;
                self.tick();
            }
        }
    }

    fn now(&self) -> Moment {
        Moment::ZERO
            .after(self.began.elapsed())
            .after(Duration::from_secs(1))
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Apply(config, answer) => {
                // Who asked may be gone.
                let _ = answer.send(self.apply(*config));
            }
            Order::Endpoints(name, endpoints) => self.endpoints(&name, endpoints),
            Order::Resolved {
                backend,
                name,
                endpoints,
            } => {
                let rules = self.config.backends.iter().find(|it| it.name == backend);
                let dns = rules.and_then(|it| it.dns.as_ref());
                // It may have another name meanwhile.
                if dns.is_some_and(|it| it.name == name) {
                    self.endpoints(&backend, endpoints);
                }
            }
            Order::Suspect(name) => {
                let now = self.now();
                let held = self.groups.get_mut(&*name);
                if let Some(view) = held.and_then(|it| it.group.tick(now)) {
                    self.tell(&name, &view);
                }
            }
            Order::Probed(name, backend, is_good) => {
                let now = self.now();
                let held = self.groups.get_mut(&*name);
                let view = held.and_then(|it| it.group.probed(&backend, is_good, now));
                if let Some(view) = view {
                    self.tell(&name, &view);
                }
            }
            Order::Tell(answer) => {
                // Who asked may be gone.
                let _ = answer.send(self.told());
            }
            Order::Stop => {}
        }
    }

    fn tell(&self, name: &str, view: &Arc<View>) {
        for mailbox in &self.mailboxes {
            mailbox.send(Message::View(Arc::from(name), Arc::clone(view)));
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        if self.refreshed.elapsed() >= REFRESH {
            self.refreshed = Instant::now();
            self.keyring.refresh();
        }
        self.resolver.tick(&self.config, self.began.elapsed());
        let mut told = Vec::new();
        for (name, held) in &mut self.groups {
            told.extend(held.group.tick(now).map(|view| (name.clone(), view)));
            let rules = self.config.backends.iter().find(|it| it.name == *name);
            let Some(health) = rules.and_then(|it| it.health.as_ref()) else {
                continue;
            };
            for backend in held.group.probes(now) {
                self.prober.probe(Probing {
                    group: Arc::from(&**name),
                    backend,
                    probe: health.probe.clone(),
                    time_out: Duration::from_millis(health.time_out_ms.max(1)),
                });
            }
        }
        for (name, view) in told {
            self.tell(&name, &view);
        }
    }

    fn told(&self) -> Told {
        let Some(plan) = &self.plan else {
            return Told::default();
        };
        let routes = plan.route_figures();
        let routes = routes
            .iter()
            .map(|(name, it)| (name.to_string(), it.counted()));
        let backend = |it: &crate::plan::Backend| {
            let group = &self.groups.get(&it.name)?.group;
            Some(BackendTold {
                name: it.name.clone(),
                counted: it.figures.counted(),
                servers: group.len(),
                usable: group.view().usable().count(),
                ejections: group.ejections(),
                requests: group.view().totals().requests(),
            })
        };
        Told {
            routes: routes.collect(),
            backends: plan.backends.iter().filter_map(backend).collect(),
        }
    }

    fn endpoints(&mut self, name: &str, endpoints: Vec<Endpoint>) {
        let now = self.now();
        let Some(held) = self.groups.get_mut(name).filter(|it| !it.is_fixed) else {
            return;
        };
        let view = held.group.endpoints(endpoints, now);
        self.tell(name, &view);
    }

    /// Checks all, binds what is new, and only then changes anything.
    fn apply(&mut self, config: Config) -> Result<BTreeMap<String, SocketAddr>, Vec<Problem>> {
        let problems = config.check();
        if !problems.is_empty() && !mutated("unchecked") {
            return Err(problems);
        }
        let keyring = Keyring::load(&config)?;
        let (mut bound, addresses) = self.bind(&config)?;
        let before = self.plan.as_deref();
        let plan = Arc::new(Plan::new(
            &config,
            before,
            &keyring,
            (self.mailboxes.len(), self.secret),
        ));
        let groups = self.regroup(&config);
        for mailbox in &self.mailboxes {
            let own = bound
                .iter_mut()
                .filter_map(|(name, all)| Some((name.clone(), all.pop()?)));
            let own = own.collect();
            mailbox.send(Message::Plan(Arc::clone(&plan), own, groups.clone()));
        }
        self.keyring = keyring;
        self.addresses = addresses;
        self.config = config;
        self.plan = Some(plan);
        let told = self
            .addresses
            .iter()
            .map(|(name, (_, real))| (name.clone(), *real));
        Ok(told.collect())
    }

    /// New listeners' sockets, one for each thread, and where all listeners are.
    #[allow(clippy::type_complexity, reason = "two lists that are used at once")]
    fn bind(
        &self,
        config: &Config,
    ) -> Result<
        (
            Vec<(String, Vec<TcpListener>)>,
            BTreeMap<String, (SocketAddr, SocketAddr)>,
        ),
        Vec<Problem>,
    > {
        let (mut bound, mut addresses) = (Vec::new(), BTreeMap::new());
        for (number, rules) in config.listeners.iter().enumerate() {
            let old = self
                .addresses
                .get(&rules.name)
                .filter(|it| it.0 == rules.address);
            if let Some(old) = old {
                addresses.insert(rules.name.clone(), *old);
                continue;
            }
            let sockets = listen(rules, self.mailboxes.len());
            let (sockets, real) = sockets.map_err(|error| {
                vec![Problem {
                    at: format!("listeners[{number}].address"),
                    what: format!("{} cannot be listened at: {error}", rules.address),
                    remedy: "choose another address or port, or end who has it".to_owned(),
                }]
            })?;
            addresses.insert(rules.name.clone(), (rules.address, real));
            bound.push((rules.name.clone(), sockets));
        }
        Ok((bound, addresses))
    }

    /// The groups of this configuration; those that were there go on. Returns their numbers and views.
    fn regroup(&mut self, config: &Config) -> Vec<(u64, Arc<View>)> {
        let now = self.now();
        let mut before = std::mem::take(&mut self.groups);
        let mut views = Vec::new();
        for rules in &config.backends {
            let settings = rules.settings(self.secret);
            let mut held = before.remove(&rules.name).unwrap_or_else(|| {
                self.next_group += 1;
                let seed = self.seed.wrapping_add(self.next_group);
                Held {
                    number: self.next_group,
                    group: Group::new(settings.clone(), seed, now),
                    is_fixed: false,
                }
            });
            if *held.group.settings() != settings {
                held.group.configure(settings, now);
            }
            let old = self.config.backends.iter().find(|it| it.name == rules.name);
            if old.is_none_or(|it| it.dns != rules.dns) {
                self.resolver.forget(&rules.name);
            }
            if old.is_none_or(|it| it.servers != rules.servers) {
                held.is_fixed = !rules.servers.is_empty();
                held.group
                    .endpoints(rules.servers.iter().map(endpoint).collect(), now);
            }
            if old
                .is_some_and(|it| it.tls != rules.tls || it.proxy_protocol != rules.proxy_protocol)
            {
                // Connections that wait are of another kind: nobody finds them any more.
                self.next_group += 1;
                held.number = self.next_group;
            }
            views.push((held.number, Arc::clone(held.group.view())));
            self.groups.insert(rules.name.clone(), held);
        }
        views
    }
}

fn endpoint(server: &crate::config::Server) -> Endpoint {
    Endpoint {
        weight: server.weight,
        zone: server.zone.as_deref().map(Arc::from),
        ..Endpoint::new(&server.address.to_string())
    }
}

/// Sockets at one address, one for each thread: the kernel spreads connections over them.
fn listen(rules: &Listener, threads: usize) -> io::Result<(Vec<TcpListener>, SocketAddr)> {
    let mut address = rules.address;
    let mut sockets = Vec::new();
    for _ in 0..threads {
        let domain = socket2::Domain::for_address(address);
        let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG as i32)?;
        let listener = TcpListener::from(socket);
        // With port 0 the first one's is all others'.
        address = listener.local_addr()?;
        sockets.push(listener);
    }
    Ok((sockets, address))
}
