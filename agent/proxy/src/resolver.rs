//! Names of servers, asked for again and again: one thread of its own, since to ask waits.
//!
//! Who cannot be asked, or knows no address, changes nothing: the servers that there were are used on.

use std::collections::BTreeSet;
use std::net::ToSocketAddrs as _;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use synod_balance::Endpoint;

use crate::config::Config;
use crate::control::Order;

/// More addresses of one name are not used.
const ADDRESSES_MAX: usize = 256;

/// Asks for names, and tells what they are.
pub(crate) struct Resolver {
    orders: Sender<Order>,
    asked: Option<Sender<(String, String)>>,
    /// When each backend's name is asked for next: since the proxy began.
    due: Vec<(String, Duration)>,
}

impl Resolver {
    /// A resolver, whose thread begins with the first name.
    pub(crate) const fn new(orders: Sender<Order>) -> Self {
        Self {
            orders,
            asked: None,
            due: Vec::new(),
        }
    }

    /// Asks for what is due. Backends that are new are due at once.
    pub(crate) fn tick(&mut self, config: &Config, since: Duration) {
        let named = |name: &str| {
            let backend = config.backends.iter().find(|it| it.name == name);
            backend.is_some_and(|it| it.dns.is_some())
        };
        self.due.retain(|(name, _)| named(name));
        for backend in &config.backends {
            let Some(dns) = &backend.dns else {
                continue;
            };
            let next = since + Duration::from_millis(dns.interval_ms);
            match self.due.iter_mut().find(|(name, _)| *name == backend.name) {
                Some((_, due)) if *due > since => continue,
                Some((_, due)) => *due = next,
                None => self.due.push((backend.name.clone(), next)),
            }
            let orders = &self.orders;
            let asked = self.asked.get_or_insert_with(|| begin(orders));
            // The thread ends only after this.
            let _ = asked.send((backend.name.clone(), dns.name.clone()));
        }
    }

    /// A backend's name is another one: it is due.
    pub(crate) fn forget(&mut self, backend: &str) {
        self.due.retain(|(name, _)| name != backend);
    }
}

fn begin(orders: &Sender<Order>) -> Sender<(String, String)> {
    let (sender, names) = mpsc::channel::<(String, String)>();
    let orders = orders.clone();
    let builder = thread::Builder::new().name("resolver".to_owned());
    // Without it names stay unknown, and nothing else.
    let _ = builder.spawn(move || {
        for (backend, name) in names {
            let Some(endpoints) = resolved(&backend, &name) else {
                continue;
            };
            let order = Order::Resolved {
                backend,
                name,
                endpoints,
            };
            if orders.send(order).is_err() {
                return;
            }
        }
    });
    sender
}

fn resolved(backend: &str, name: &str) -> Option<Vec<Endpoint>> {
    match name.to_socket_addrs() {
        Ok(addresses) => {
            let addresses = addresses.collect::<BTreeSet<_>>().into_iter();
            let endpoints = addresses.map(|it| Endpoint::new(&it.to_string()));
            let endpoints = endpoints.take(ADDRESSES_MAX).collect::<Vec<_>>();
            (!endpoints.is_empty()).then_some(endpoints)
        }
        Err(error) => {
            tracing::warn!(backend, name, %error, "the name has no address, the servers stay as they are");
            None
        }
    }
}
