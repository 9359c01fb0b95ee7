//! TCP, and the PROXY protocol.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::origin::Origin;
use crate::wire::Wire;
use crate::{backend, nobody, plain, proxy};

pub(crate) fn echo() -> Arc<Origin> {
    Origin::serving(|wire, _| {
        let all = wire.rest();
        wire.say(all);
    })
}

pub(crate) fn tcp(servers: &[SocketAddr]) -> Value {
    json!({
        "listeners": [{"name": "tcp", "address": "127.0.0.1:0", "protocol": "TCP", "backend": "app"}],
        "backends": [backend("app", servers)],
    })
}

#[test]
pub(crate) fn bytes_and_ends_go_both_ways() {
    let (proxy, address) = proxy(tcp(&[echo().address]));
    let long = (0..5_000_000_u32)
        .map(|it| (it % 251) as u8)
        .collect::<Vec<_>>();
    for bytes in [b"hello".as_slice(), b"", &long] {
        let mut wire = Wire::to(address);
        wire.say(bytes);
        wire.end();
        assert!(wire.rest() == bytes, "{} bytes", bytes.len());
    }
    proxy.stop();
}

#[test]
pub(crate) fn a_server_that_speaks_first_is_heard() {
    let origin = Origin::serving(|wire, _| wire.say("220 hello\r\n"));
    let (proxy, address) = proxy(tcp(&[origin.address]));
    assert_eq!(Wire::to(address).rest(), b"220 hello\r\n");
    proxy.stop();
}

#[test]
pub(crate) fn who_does_not_take_it_is_passed_over() {
    let (proxy_one, address) = proxy(tcp(&[nobody(), echo().address, nobody()]));
    for _ in 0..12 {
        let mut wire = Wire::to(address);
        wire.say("hello");
        wire.end();
        assert_eq!(wire.rest(), b"hello");
    }
    proxy_one.stop();
    let (proxy_two, address) = proxy(tcp(&[nobody()]));
    assert_eq!(Wire::to(address).rest(), b"");
    proxy_two.stop();
}

/// A server that has as many connections as it may is no failing one: once it has room, it is asked as before.
#[test]
pub(crate) fn who_is_full_is_not_blamed() {
    let servers = [echo(), echo()];
    let mut config = tcp(&[servers[0].address, servers[1].address]);
    config["backends"][0]["limits"] = json!({"serverConnectionsMax": 1});
    config["backends"][0]["outlier"] = json!({"consecutiveFailures": 1});
    let (proxy, address) = proxy(config);
    let taken = || {
        servers
            .each_ref()
            .map(|it| it.connections.load(Ordering::Relaxed))
    };
    let wires = [Wire::to(address), Wire::to(address)];
    crate::until("both have one", || taken() == [1, 1]);
    assert_eq!(Wire::to(address).rest(), b"", "now both are full");
    drop(wires);
    crate::until("all have ended", || proxy.totals().open == 0);
    // Who is to be ejected is so by now.
    thread::sleep(Duration::from_millis(300));
    for _ in 0..4 {
        let mut wire = Wire::to(address);
        wire.say("hello");
        wire.end();
        assert_eq!(wire.rest(), b"hello");
        crate::until("it has ended", || proxy.totals().open == 0);
    }
    assert_eq!(taken(), [3, 3]);
    proxy.stop();
}

/// The client's address goes through two proxies: one writes the header, the other reads it.
#[test]
pub(crate) fn the_client_is_told_through_proxies() {
    for version in ["V1", "V2"] {
        let origin = Origin::text("hello");
        let mut inner = plain(&[origin.address]);
        inner["listeners"][0]["proxyProtocol"] = json!(true);
        let (inner, inner_address) = proxy(inner);
        let mut outer = tcp(&[inner_address]);
        outer["backends"][0]["proxyProtocol"] = json!(version);
        let (outer, address) = proxy(outer);
        let mut wire = Wire::to(address);
        assert_eq!(wire.get("/").text(), "hello");
        assert_eq!(wire.get("/").text(), "hello");
        let from = origin.asked()[0].field("x-forwarded-for");
        assert_eq!(from, Some(wire.local().ip().to_string()));
        outer.stop();
        // Without a header there is no word to take: the connection ends.
        let mut stranger = Wire::to(inner_address);
        stranger.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(stranger.rest(), b"");
        let mut told = Wire::to(inner_address);
        told.say("PROXY TCP4 9.9.9.9 1.2.3.4 5 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(told.answer().expect("one").text(), "hello");
        let from = origin.asked().pop().expect("one").field("x-forwarded-for");
        assert_eq!(from.as_deref(), Some("9.9.9.9"));
        inner.stop();
    }
}

/// A server that wants the header gets one for each client's requests, and no connection serves two clients.
#[test]
pub(crate) fn http_writes_the_header_too() {
    let origin = Origin::serving(|wire, origin| {
        let line = wire.line().unwrap_or_default();
        while origin.request(wire).is_some() {
            wire.say(crate::origin::ok(&line));
        }
    });
    let mut config = plain(&[origin.address]);
    config["backends"][0]["proxyProtocol"] = json!("V1");
    let (proxy, address) = proxy(config);
    for _ in 0..3 {
        let mut wire = Wire::to(address);
        let line = wire.get("/").text();
        let port = wire.local().port();
        let begin = format!("PROXY TCP4 127.0.0.1 127.0.0.1 {port} ");
        assert!(line.starts_with(&begin), "{line}");
    }
    assert_eq!(proxy.totals().reused, 0);
    proxy.stop();
}
