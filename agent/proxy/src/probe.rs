//! Probes of backends: a few threads of their own, since a probe waits and an event loop must not.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use synod_balance::Backend;

use crate::config::Probe;
use crate::control::Order;

/// Probes at once. With backends that all hang, so many are done in a time-out.
const THREADS: usize = 4;

/// A probe to be sent.
pub(crate) struct Probing {
    pub(crate) group: Arc<str>,
    pub(crate) backend: Arc<Backend>,
    pub(crate) probe: Probe,
    pub(crate) time_out: Duration,
}

/// Sends probes, and tells what they found.
pub(crate) struct Prober {
    orders: Sender<Order>,
    probes: Option<Sender<Probing>>,
}

impl Prober {
    /// A prober, whose threads begin with the first probe.
    pub(crate) const fn new(orders: Sender<Order>) -> Self {
        Self {
            orders,
            probes: None,
        }
    }

    pub(crate) fn probe(&mut self, probing: Probing) {
        let orders = &self.orders;
        let probes = self.probes.get_or_insert_with(|| begin(orders));
        // The threads end only after this.
        let _ = probes.send(probing);
    }
}

fn begin(orders: &Sender<Order>) -> Sender<Probing> {
    let (sender, receiver) = mpsc::channel();
    let receiver = Arc::new(Mutex::new(receiver));
    for number in 0..THREADS {
        let (receiver, orders) = (Arc::clone(&receiver), orders.clone());
        let builder = thread::Builder::new().name(format!("probe-{number}"));
        // With fewer threads probes take longer, and nothing else.
        let _ = builder.spawn(move || run(&receiver, &orders));
    }
    sender
}

fn run(probes: &Mutex<Receiver<Probing>>, orders: &Sender<Order>) {
    loop {
        let next = probes.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(probing) = next else {
            return;
        };
        let is_good = ask(&probing).unwrap_or(false);
        if orders
            .send(Order::Probed(probing.group, probing.backend, is_good))
            .is_err()
        {
            return;
        }
    }
}

fn ask(probing: &Probing) -> io::Result<bool> {
    let address = probing
        .backend
        .name()
        .parse::<SocketAddr>()
        .map_err(io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&address, probing.time_out)?;
    let Probe::Http(path) = &probing.probe else {
        return Ok(true);
    };
    stream.set_read_timeout(Some(probing.time_out))?;
    stream.set_write_timeout(Some(probing.time_out))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )?;
    let mut line = [0; 12];
    stream.read_exact(&mut line)?;
    Ok(line.starts_with(b"HTTP/1.") && matches!(line[9], b'2' | b'3'))
}
