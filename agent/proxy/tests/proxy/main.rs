//! The proxy over loopback, between small servers and clients of these tests' own.

mod change;
mod failing;
mod forward;
mod headers;
mod mutations;
mod origin;
mod refusing;
mod routing;
mod tcp;
mod tls;
mod upgrade;
mod wire;

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use synod_proxy::config::Config;
use synod_proxy::{Proxy, Settings};

/// A proxy with one listener of HTTP and what else the configuration says.
pub(crate) fn proxy(config: Value) -> (Proxy, SocketAddr) {
    let config = serde_json::from_value::<Config>(config).expect("a configuration");
    let settings = Settings {
        threads: 1,
        seed: 1,
        secret: 7,
        logs_access: true,
    };
    let proxy = Proxy::start(config, &settings).expect("a proxy");
    let address = *proxy.addresses().values().next().expect("a listener");
    (proxy, address)
}

/// Waits until it is so, however long that takes on a machine that has other things to do, within reason.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < wire::patience(), "never: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// All requests to these servers.
pub(crate) fn plain(servers: &[SocketAddr]) -> Value {
    json!({
        "listeners": [listener()],
        "routes": [{"to": [{"backend": "app"}]}],
        "backends": [backend("app", servers)],
    })
}

pub(crate) fn listener() -> Value {
    json!({"name": "http", "address": "127.0.0.1:0"})
}

pub(crate) fn backend(name: &str, servers: &[SocketAddr]) -> Value {
    let servers = servers
        .iter()
        .map(|it| json!({"address": it}))
        .collect::<Vec<_>>();
    json!({"name": name, "servers": servers, "balance": "RoundRobin"})
}

/// An address that nobody listens at, nor will: it is taken.
pub(crate) fn nobody() -> SocketAddr {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&any.into()).expect("a port");
    let address = socket.local_addr().expect("an address");
    std::mem::forget(socket);
    address.as_socket().expect("of IPv4")
}
