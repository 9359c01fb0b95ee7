//! The load balancer's sockets: TCP, TLS and HTTP/1.1, an event loop for each core.
//!
//! **Why not a general HTTP library.** Four socket calls for each request in the kernel are most of what a proxy costs, and a bare relay
//! that parses nothing takes three quarters of HAProxy's time: so a quarter is all there is to win, and a task, a channel and a header
//! map for each message lose it. Here an event loop (mio) reads into one buffer of its thread, takes the head apart where it lies, writes it
//! once, anew, and passes bodies on. HTTP/2 and gRPC, where framing is the cost, are to come with hyper beside it, not in its place.
//!
//! **What holds.** A connection, what it uses and the backends' connections that wait belong to one thread: nothing on a request's way
//! takes a lock. Threads share figures of backends, by atomics (`synod_balance`), and one control thread decides who may be chosen.
//! A configuration is checked as a whole and applied as a whole; requests under way end by the one that they began with. A request is
//! passed on only if it can be read in one way (RFC 9112); a failure is an answer in one place (`http/answer.rs`).
//!
//! One request's way: `worker` is woken, `session` → `http_session` finds a head, `http/request` takes it apart, `plan` finds its
//! route, `exchange` chooses a backend, sends and receives.

pub mod access;
pub mod config;
mod control;
mod core;
mod counts;
mod dial;
mod exchange;
pub mod figures;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod http;
mod http_session;
mod keyring;
pub mod metrics;
pub mod mutation;
mod pipe;
mod plan;
mod pool;
mod probe;
mod proxy_protocol;
mod resolver;
mod session;
mod socket;
mod tls;
mod tunnel;
mod worker;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use synod_balance::Endpoint;

use config::{Config, Problem};
use control::{Control, Order};
use core::Core;
use counts::Counts;
use keyring::Keyring;
use plan::Plan;
use worker::{Mailbox, Message, Worker};

pub use counts::Totals;
pub use proxy_protocol::Version;

/// How a proxy is set up, for as long as it runs.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Event loops; one for each core.
    pub threads: usize,
    /// Of what all chance comes. Drawn anew at each start.
    pub seed: u64,
    /// What cookies' tokens are hashed with: the same in all proxies of a resource.
    pub secret: u64,
    /// An entry is made for each request ([`Proxy::take_access_log`]).
    pub logs_access: bool,
}

/// A running proxy.
pub struct Proxy {
    orders: Sender<Order>,
    mailboxes: Vec<Mailbox>,
    counts: Vec<Arc<Counts>>,
    workers: Vec<JoinHandle<()>>,
    control: JoinHandle<()>,
    addresses: BTreeMap<String, SocketAddr>,
    access: Option<Receiver<access::Entry>>,
}

/// Why a proxy does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system gives no threads or no event loops.
    #[error("no event loop: {0}; raise the limits of threads and files")]
    System(#[from] io::Error),
    /// The configuration has mistakes.
    #[error("the configuration has mistakes: {}", told(.0))]
    Config(Vec<Problem>),
}

fn told(problems: &[Problem]) -> String {
    let problems = problems.iter().map(ToString::to_string);
    problems.collect::<Vec<_>>().join(" | ")
}

impl Proxy {
    /// Serves by this configuration.
    ///
    /// # Errors
    /// If the system refuses, or the configuration has mistakes; then nothing runs.
    pub fn start(config: Config, settings: &Settings) -> Result<Self, StartError> {
        let (orders, receiver) = mpsc::channel();
        let began = Instant::now();
        let mut proxy = Self {
            orders: orders.clone(),
            mailboxes: Vec::new(),
            counts: Vec::new(),
            workers: Vec::new(),
            control: thread::spawn(|| ()),
            addresses: BTreeMap::new(),
            access: None,
        };
        let (log, access) = settings.logs_access.then(access::queue).unzip();
        proxy.access = access;
        for number in 0..settings.threads.max(1) {
            proxy.begin(number, settings, log.clone(), began)?;
        }
        let secrets = (settings.seed, settings.secret);
        let control = Control::new(proxy.mailboxes.clone(), (orders, receiver), began, secrets);
        let builder = thread::Builder::new().name("control".to_owned());
        let mistake = mutation::current();
        proxy.control = builder.spawn(move || {
            mutation::inherit(mistake);
            control.run();
        })?;
        match proxy.apply(config) {
            Ok(()) => Ok(proxy),
            Err(problems) => {
                proxy.stop();
                Err(StartError::Config(problems))
            }
        }
    }

    fn begin(
        &mut self,
        number: usize,
        settings: &Settings,
        log: Option<SyncSender<access::Entry>>,
        began: Instant,
    ) -> io::Result<()> {
        let poll = mio::Poll::new()?;
        let mailbox = Mailbox::new(&poll)?;
        let counts = Arc::new(Counts::default());
        let seed = settings.seed.wrapping_add((number as u64 + 1) << 32);
        let plan = Arc::new(Plan::new(
            &Config::default(),
            None,
            &Keyring::default(),
            (1, 0),
        ));
        let registry = poll.registry().try_clone()?;
        let secrets = (seed, settings.secret);
        let core = Core::new(
            registry,
            plan,
            self.orders.clone(),
            Arc::clone(&counts),
            secrets,
        );
        let core = Core {
            thread: number,
            log,
            ..core
        };
        let worker = Worker::new(poll, mailbox.clone(), core, began, seed);
        let builder = thread::Builder::new().name(format!("proxy-{number}"));
        let mistake = mutation::current();
        self.workers.push(builder.spawn(move || {
            mutation::inherit(mistake);
            worker.run();
        })?);
        self.mailboxes.push(mailbox);
        self.counts.push(counts);
        Ok(())
    }

    /// Goes by this configuration from now on, in place: connections stay, requests under way end as they began.
    ///
    /// # Errors
    /// All its mistakes; then nothing is changed.
    pub fn apply(&mut self, config: Config) -> Result<(), Vec<Problem>> {
        let (answer, answered) = mpsc::channel();
        let gone = || {
            vec![Problem {
                at: "proxy".to_owned(),
                what: "its control thread has ended".to_owned(),
                remedy: "start it anew".to_owned(),
            }]
        };
        let order = Order::Apply(Box::new(config), answer);
        self.orders.send(order).map_err(|_| gone())?;
        self.addresses = answered.recv().map_err(|_| gone())??;
        Ok(())
    }

    /// These are the servers of a backend whose configuration names none.
    pub fn endpoints(&self, backend: &str, endpoints: Vec<Endpoint>) {
        // When the control thread is gone, all is.
        let _ = self
            .orders
            .send(Order::Endpoints(backend.to_owned(), endpoints));
    }

    /// Where its listeners are, by name.
    #[must_use]
    pub const fn addresses(&self) -> &BTreeMap<String, SocketAddr> {
        &self.addresses
    }

    /// What it counted.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.counts
            .iter()
            .fold(Totals::default(), |totals, counts| totals.add(counts))
    }

    /// What there is to be said of routes and backends; nothing more once it has ended.
    #[must_use]
    pub fn told(&self) -> metrics::Told {
        let (answer, answered) = mpsc::channel();
        let _ = self.orders.send(Order::Tell(answer));
        answered.recv().unwrap_or_default()
    }

    /// The entries of the access log, once: from whom they come ends with the proxy.
    pub fn take_access_log(&mut self) -> Option<Receiver<access::Entry>> {
        self.access.take()
    }

    /// True as long as all its threads run.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let mut workers = self.workers.iter();
        !self.control.is_finished() && workers.all(|it| !it.is_finished())
    }

    /// Takes no connection more, and ends those that are open when they have their answers, at the latest after this time.
    pub fn drain(self, time: Duration) {
        self.end(|| Message::Drain(time));
    }

    /// Ends at once.
    pub fn stop(self) {
        self.end(|| Message::Stop);
    }

    fn end(self, message: impl Fn() -> Message) {
        self.mailboxes.iter().for_each(|it| it.send(message()));
        // A thread that panicked has ended, too.
        self.workers.into_iter().for_each(|it| drop(it.join()));
        let _ = self.orders.send(Order::Stop);
        drop(self.control.join());
    }
}
