//! A server that answers as it is told, and remembers what it was asked.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crate::wire::{Message, Wire};

/// What is held back, until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().expect("a gate") = true;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let closed = self.0.0.lock().expect("a gate");
        let opened = self.0.1.wait_while(closed, |is_open| !*is_open);
        drop(opened.expect("a gate"));
    }
}

/// What is done with a connection.
type Serves = dyn Fn(&mut Wire, &Origin) + Send + Sync;

/// A server. It goes on listening until the tests end.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    asked: Mutex<Vec<Message>>,
    pub(crate) connections: AtomicUsize,
    is_closed: AtomicBool,
}

impl Origin {
    /// A server whose connections are served so.
    pub(crate) fn serving(serve: impl Fn(&mut Wire, &Self) + Send + Sync + 'static) -> Arc<Self> {
        Self::inside(Wire::over, serve)
    }

    /// The same, where connections are taken so.
    pub(crate) fn inside(
        take: impl Fn(TcpStream) -> Wire + Send + Sync + 'static,
        serve: impl Fn(&mut Wire, &Self) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let take = Arc::new(take);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = Arc::new(Self {
            address: listener.local_addr().expect("an address"),
            asked: Mutex::default(),
            connections: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
        });
        let serve = Arc::<Serves>::from(Box::new(serve) as Box<Serves>);
        let told = Arc::clone(&origin);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if told.is_closed.load(Ordering::Relaxed) {
                    return;
                }
                told.connections.fetch_add(1, Ordering::Relaxed);
                let (serve, told) = (Arc::clone(&serve), Arc::clone(&told));
                let take = Arc::clone(&take);
                thread::spawn(move || serve(&mut take(stream), &told));
            }
        });
        origin
    }

    /// One that answers each request by this.
    pub(crate) fn answering(
        answer: impl Fn(&Message) -> String + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::serving(move |wire, origin| {
            while let Some(message) = origin.request(wire) {
                wire.say(answer(&message));
                if message.field("connection").is_some_and(|it| it == "close") {
                    return;
                }
            }
        })
    }

    /// One that answers 200 and this text.
    pub(crate) fn text(text: &'static str) -> Arc<Self> {
        Self::answering(move |_| ok(text))
    }

    /// One that answers each request once it may.
    pub(crate) fn waiting(text: &'static str) -> (Arc<Self>, Gate) {
        let gate = Gate::default();
        let held = gate.clone();
        let origin = Self::answering(move |_| {
            held.wait();
            ok(text)
        });
        (origin, gate)
    }

    /// One that is that slow.
    pub(crate) fn slow(text: &'static str, time: Duration) -> Arc<Self> {
        Self::answering(move |_| {
            thread::sleep(time);
            ok(text)
        })
    }

    /// Reads a request, and remembers it.
    pub(crate) fn request(&self, wire: &mut Wire) -> Option<Message> {
        let mut message = wire.head()?;
        if message.field("expect").is_some() {
            wire.say("HTTP/1.1 100 Continue\r\n\r\n");
        }
        wire.body(&mut message, true);
        self.asked.lock().expect("a list").push(message.clone());
        Some(message)
    }

    pub(crate) fn asked(&self) -> Vec<Message> {
        self.asked.lock().expect("a list").clone()
    }

    /// Listens no more.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        crate::until("it listens no more", || {
            TcpStream::connect(self.address).is_err()
        });
    }
}

pub(crate) fn ok(text: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    )
}
